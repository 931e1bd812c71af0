// The routes of /openapi.json, without anything from a network.
import { api } from "./api.js";
import { element } from "./formula.js";

const main = document.getElementById("routes");
try {
  const { paths, components } = await api("/openapi.json");
  main.replaceChildren(...Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, route]) => card(path, method, route, components))));
} catch (error) {
  main.replaceChildren(element("p", { class: "fault" }, error.message));
}

function card(path, method, route, components) {
  const name = route.requestBody?.content?.["application/json"]?.schema?.$ref?.split("/").at(-1);
  const schema = name ? components.schemas[name] : null;
  const fields = Object.entries(schema?.properties ?? {}).flatMap(([field, about]) => [element("dt", {}, field), element("dd", {}, about.description ?? about.type ?? about.title ?? "")]);
  const text = route.description ?? schema?.description ?? route.summary ?? "";
  return element("section", { class: "card" }, element("h2", {}, element("b", {}, method.toUpperCase()), ` ${path}`), element("p", { class: "about" }, text), fields.length ? element("dl", {}, ...fields) : "");
}
