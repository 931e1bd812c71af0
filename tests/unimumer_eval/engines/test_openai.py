"""The endpoint engine against a small real HTTP server that misbehaves on purpose."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.errors import EngineError
from unimumer_eval.config import EvalConfig, Sampling
from unimumer_eval.engines.base import Answer, Request, Step
from unimumer_eval.engines.openai import OpenAIEngine, Pace
from unimumer_eval.engines.replies import answer_of, read_reply

KEY = "sk-not-a-real-key"
Reply = Callable[[dict, int], tuple[int, bytes] | None]


def completion(text: str | None = "x", n: int = 1) -> bytes:
    logprobs = {"content": [{"token": text, "logprob": -0.25}]}
    choice = {"message": {"content": text}, "finish_reason": "stop", "logprobs": logprobs}
    return json.dumps({"choices": [choice] * n, "usage": {"prompt_tokens": 11, "completion_tokens": 3 * n}}).encode()


class Endpoint:
    """A server whose answers are made by ``reply(body, attempt)``; None closes the connection without an answer."""

    def __init__(self) -> None:
        self.reply: Reply = lambda body, attempt: (200, completion())
        self.asked: list[dict] = []
        self.keys: set[str] = set()
        self.headers: dict[str, str] = {}
        attempts: dict[str, int] = {}
        lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                prompt = body["messages"][-1]["content"][1]["text"]
                with lock:
                    endpoint.asked.append(body)
                    endpoint.keys.add(self.headers.get("Authorization", ""))
                    attempts[prompt] = attempts.get(prompt, 0) + 1
                    attempt = attempts[prompt]
                answer = endpoint.reply(body, attempt)
                if answer is None:
                    return
                self.send_response(answer[0])
                for name, value in endpoint.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer[1])

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = Endpoint()
    yield server
    server.close()


@pytest.fixture
def requests(tmp_path: Path) -> list[Request]:
    path = tmp_path / "a.png"
    Image.new("RGB", (40, 30), "white").save(path)
    return [Request(index=i, image=path, prompt=f"question {i}") for i in range(5)]


def answers(url: str, requests: list[Request], sampling: Sampling | None = None, **settings: object) -> list[Answer]:
    config = EvalConfig(
        engine="openai", model="m", data=("d",), base_url=url, **{"retries": 2, "backoff": 0.01, **settings}
    )
    return sorted(OpenAIEngine(config).predict(requests, sampling or Sampling()), key=lambda answer: answer.index)


def test_every_request_is_answered_once(endpoint: Endpoint, requests: list[Request]) -> None:
    found = answers(endpoint.url, requests)
    assert [answer.index for answer in found] == [0, 1, 2, 3, 4]
    assert len(endpoint.asked) == 5
    assert endpoint.keys == {f"Bearer {KEY}"}
    output = found[0].outputs[0]
    assert (output.text, output.tokens, output.logprob, found[0].prompt_tokens) == ("x", 3, -0.25, 11)
    content = endpoint.asked[0]["messages"][0]["content"]
    assert content[0]["image_url"]["url"].startswith("data:image/png;base64,")


def test_an_endpoint_tells_its_tokens_where_it_can(endpoint: Endpoint, requests: list[Request]) -> None:
    likely = [{"token": "x", "logprob": -0.25}, {"token": "y", "logprob": -2}]
    places = [
        {"token": "x", "logprob": -0.25, "top_logprobs": likely},
        {"token": "<|im_end|>", "logprob": -0.5},
    ]
    choice = {"message": {"content": "x"}, "logprobs": {"content": places}}
    endpoint.reply = lambda body, attempt: (200, json.dumps({"choices": [choice]}).encode())
    (answer,) = answers(endpoint.url, requests[:1], Sampling(steps=True, alternatives=2))
    assert endpoint.asked[0]["top_logprobs"] == 2
    assert answer.outputs[0].steps == (Step("x", -0.25, (("x", -0.25), ("y", -2))), Step("", -0.5))


@pytest.mark.parametrize(
    "content",
    [
        "x",
        ["x"],
        {"type": "text", "text": "x"},
        [{"type": "text", "text": "x"}],
        [{"type": "output_text", "text": {"value": "x"}}],
        [{"type": "reasoning", "text": "a letter"}, {"type": "text", "text": "x"}],
        [{"type": "thinking", "thinking": "a letter"}, {"type": "text", "text": "x"}],
        [{"type": "image_url", "image_url": {"url": "u"}}, {"type": "text", "text": "x"}],
    ],
)
def test_text_in_parts(content: Any) -> None:
    reply = read_reply(json.dumps({"choices": [{"message": {"content": content}}]}))
    assert answer_of(0, reply, Sampling()).outputs[0].text == "x"


def test_several_samples_count_their_tokens_once(endpoint: Endpoint, requests: list[Request]) -> None:
    endpoint.reply = lambda body, attempt: (200, completion(n=body["n"]))
    (answer,) = answers(endpoint.url, requests[:1], Sampling(n=4, temperature=1.0))
    assert len(answer.outputs) == 4
    assert sum(output.tokens for output in answer.outputs) == 12


@pytest.mark.parametrize(
    "fault",
    [
        (429, b"slow down"),
        (500, b""),
        (503, b"busy"),
        (200, b"<html>garbage"),
        (200, b""),
        (200, b"[]"),
        (200, b"{}"),
        None,
    ],
    ids=["429", "500", "503", "garbage", "empty", "array", "no choices", "nothing"],
)
def test_a_passing_fault_is_asked_again(
    fault: tuple[int, bytes] | None, endpoint: Endpoint, requests: list[Request]
) -> None:
    endpoint.reply = lambda body, attempt: fault if attempt < 3 else (200, completion())
    found = answers(endpoint.url, requests)
    assert [answer.failure for answer in found] == [None] * 5
    assert len(endpoint.asked) == 15


@pytest.mark.parametrize("fault", [(429, b"slow down"), (500, b"oops"), (200, b"<html>garbage"), None])
def test_a_lasting_fault_is_a_failed_answer(
    fault: tuple[int, bytes] | None, endpoint: Endpoint, requests: list[Request]
) -> None:
    endpoint.reply = lambda body, attempt: fault
    found = answers(endpoint.url, requests)
    assert all((answer.failure or "").startswith("endpoint: ") for answer in found)
    assert "3 attempts" in (found[0].failure or "")


def test_a_refused_request_is_not_repeated(endpoint: Endpoint, requests: list[Request]) -> None:
    endpoint.reply = lambda body, attempt: (400, f"no {KEY}".encode())
    found = answers(endpoint.url, requests)
    assert len(endpoint.asked) == 5
    assert found[0].failure == "refused: HTTP 400 Bad Request: no ***"


def test_no_text_is_a_refusal(endpoint: Endpoint, requests: list[Request]) -> None:
    endpoint.reply = lambda body, attempt: (200, completion(None))
    assert [answer.failure for answer in answers(endpoint.url, requests)] == ["refused: the model gave no text"] * 5


def test_a_wrong_key_stops_the_run_and_stays_hidden(endpoint: Endpoint, requests: list[Request]) -> None:
    endpoint.reply = lambda body, attempt: (401, f"bad key {KEY}".encode())
    with pytest.raises(EngineError, match="set OPENAI_API_KEY") as caught:
        answers(endpoint.url, requests)
    assert KEY not in str(caught.value)


def test_the_pauses_between_attempts_grow(endpoint: Endpoint, requests: list[Request]) -> None:
    times: list[float] = []

    def reply(body: dict, attempt: int) -> tuple[int, bytes]:
        times.append(time.monotonic())
        return 500, b""

    endpoint.reply = reply
    answers(endpoint.url, requests[:1], backoff=0.2)
    first, second = times[1] - times[0], times[2] - times[1]
    assert 0.1 <= first < second < 1


def test_the_endpoint_may_name_the_pause(endpoint: Endpoint, requests: list[Request]) -> None:
    endpoint.headers = {"Retry-After": "0"}
    endpoint.reply = lambda body, attempt: (429, b"") if attempt == 1 else (200, completion())
    begun = time.monotonic()
    answers(endpoint.url, requests, backoff=30.0)
    assert time.monotonic() - begun < 10


def test_a_missing_picture_fails_alone(endpoint: Endpoint, requests: list[Request]) -> None:
    missing = Request(index=9, image=Path("nowhere.png"), prompt="q")
    found = answers(endpoint.url, [*requests, missing])
    assert (
        found[-1].failure == "image: nowhere.png: no such file; correct the path, or take the sample out of the list"
    )
    assert [answer.failure for answer in found[:-1]] == [None] * 5


def test_requests_are_drawn_as_they_are_needed(endpoint: Endpoint, requests: list[Request]) -> None:
    drawn = 0

    def many() -> Iterator[Request]:
        nonlocal drawn
        for index in range(100):
            drawn += 1
            yield Request(index=index, image=requests[0].image, prompt=f"question {index}")

    config = EvalConfig(engine="openai", model="m", data=("d",), base_url=endpoint.url, concurrency=2)
    next(OpenAIEngine(config).predict(many(), Sampling()))
    assert drawn <= 4


def test_nothing_listening_is_told_at_once() -> None:
    config = EvalConfig(engine="openai", model="m", data=("d",), base_url="http://127.0.0.1:9/v1")
    with pytest.raises(EngineError, match="nothing listens at"):
        OpenAIEngine(config)


@pytest.mark.parametrize("url", [None, "localhost:8000"])
def test_the_address_must_be_whole(url: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(EngineError, match="base_url"):
        OpenAIEngine(EvalConfig(engine="openai", model="m", data=("d",), base_url=url))


def test_the_pace_spreads_requests() -> None:
    async def five(pace: Pace) -> None:
        for _ in range(5):
            await pace.wait()

    begun = time.monotonic()
    asyncio.run(five(Pace(per_minute=1200)))
    assert 0.2 <= time.monotonic() - begun < 2
