// The server's routes; asks for a token where the server wants one.

const key = "unimumer-token";

export async function api(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const token = sessionStorage.getItem(key);
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body), signal } : { headers, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is it still running?");
  }
  if (response.status === 401) {
    await askToken();
    return api(path, body, signal);
  }
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(content.error?.message || `The server answered with ${response.status}.`);
  return content;
}

let asking = null;

function askToken() {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("token-dialog");
    const input = document.getElementById("token");
    dialog.addEventListener("close", () => {
      sessionStorage.setItem(key, input.value.trim());
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}
