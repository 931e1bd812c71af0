"""An endpoint that lies, leaks, never ends or sends the client elsewhere."""

from __future__ import annotations

import base64
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.errors import EngineError
from unimumer_data.records.record import Record
from unimumer_data.tasks import prompts
from unimumer_eval.config import AskConfig, Sampling
from unimumer_eval.engines.base import Answer, Request
from unimumer_eval.engines.openai import OpenAIEngine
from unimumer_eval.engines.secrets import Secret
from unimumer_eval.run import main

KEY = "sk-secret-0123456789-abcdefghij"
Act = Callable[[BaseHTTPRequestHandler, dict], None]


class Server:
    """Runs ``act(handler, body)`` for each request, and keeps the headers of all of them."""

    def __init__(self) -> None:
        self.act: Act = lambda handler, body: send(handler, 200, said("x"))
        self.headers: list[dict[str, str]] = []
        self.bodies: list[dict] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                server.headers.append(dict(self.headers))
                server.bodies.append(body)
                with suppress(OSError):
                    server.act(self, body)

            do_POST = do_GET = handle_one

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def send(handler: BaseHTTPRequestHandler, code: int, body: bytes, **headers: str) -> None:
    handler.send_response(code)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def said(content: object, **choice: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}, **choice}]}).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    one = Server()
    yield one
    one.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    Image.new("RGB", (40, 30), "white").save(path)
    return path


def ask(
    server: Server, picture: Path, count: int = 1, sampling: Sampling | None = None, **keys: object
) -> list[Answer]:
    config = AskConfig(engine="openai", model="m", base_url=server.url, **{"retries": 1, "backoff": 0.01, **keys})
    requests = [Request(index=index, image=picture, prompt="q") for index in range(count)]
    return list(OpenAIEngine(config).predict(requests, sampling or Sampling()))


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(code: int, server: Server, picture: Path) -> None:
    other = Server()
    try:
        server.act = lambda handler, body: send(handler, code, b"", Location=f"{other.url}/chat/completions")
        with pytest.raises(EngineError, match=r"sends requests on to 127\.0\.0\.1; set base_url="):
            ask(server, picture)
        assert other.headers == []
    finally:
        other.close()


@pytest.mark.parametrize(
    "leak",
    [
        lambda: (400, b"y" * 280 + KEY.encode()),
        lambda: (400, b"bad " + base64.b64encode(b"user:" + KEY.encode())),
        lambda: (400, b"bad key " + KEY[5:20].encode()),
        lambda: (200, json.dumps({"error": "y" * 185 + KEY}).encode()),
        lambda: (200, said(f"x + {KEY}")),
        lambda: (200, said(None, message={"content": None, "refusal": KEY})),
        lambda: (500, KEY.encode()),
    ],
    ids=["cut", "base64", "part", "no choices", "answer", "refusal", "passing"],
)
def test_no_part_of_the_key_comes_back(leak: Callable[[], tuple[int, bytes]], server: Server, picture: Path) -> None:
    server.act = lambda handler, body: send(handler, *leak())
    text = str(ask(server, picture))
    for secret in (KEY, base64.b64encode(b"user:" + KEY.encode()).decode()):
        assert not [secret[i : i + 12] for i in range(len(secret) - 11) if secret[i : i + 12] in text and i > 6]


def test_a_short_key_is_no_secret() -> None:
    assert Secret("EMPTY").hide(r"\EMPTY") == r"\EMPTY"
    assert Secret(KEY).hide(f"a {KEY} b") == "a *** b"


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (said([{"type": "text", "text": "x ^"}, {"type": "text", "text": " 2"}]), "x ^ 2"),
        (b'{"choices": [{"message": {"content": "x \\ud83d"}}]}', "x \ufffd"),
        (b'{"choices": [{"message": {"content": "x"}}], "usage": {"completion_tokens": 1e999}}', "x"),
        (b'{"choices": [{"message": {"content": "x"}}], "usage": {"completion_tokens": NaN}}', "x"),
        (
            b'{"choices": [{"message": {"content": "x"}}], "usage": {"completion_tokens": -5, "prompt_tokens": -7}}',
            "x",
        ),
        (b'{"choices": [{"message": {"content": "x"}}], "usage": [1]}', "x"),
        (b'\xef\xbb\xbf{"choices": [{"message": {"content": "x"}}]}', "x"),
        (said("x", logprobs={"content": [{"token": "x", "logprob": math.nan}]}), "x"),
        (said("x", logprobs={"content": [{"token": "x", "logprob": 700}]}), "x"),
        (said("x", logprobs=[1]), "x"),
        (json.dumps({"choices": [{"message": {"content": "x"}}] * 50}).encode(), "x"),
    ],
)
def test_a_strange_reply_is_read_for_what_can_be_true(reply: bytes, text: str, server: Server, picture: Path) -> None:
    server.act = lambda handler, body: send(handler, 200, reply)
    (answer,) = ask(server, picture)
    (output,) = answer.outputs
    assert (output.text, output.tokens, output.logprob, answer.prompt_tokens) == (text, 0, None, 0)


@pytest.mark.parametrize(
    "reply",
    [
        b'{"choices": ' + b"[" * 100_000,
        b'{"choices": [{"message": {"content": "x"}}], "n": ' + b"9" * 5000 + b"}",
        b'{"choices": {"a": 1}}',
        b'{"choices": ["abc"]}',
        b'{"choices": []}',
        b"\xff\xfe",
        b"<html>log in</html>",
        said("x " * 200_000),
    ],
)
def test_no_reply_breaks_the_run(reply: bytes, server: Server, picture: Path) -> None:
    server.act = lambda handler, body: send(handler, 200, reply)
    answers = ask(server, picture, 3)
    assert all(answer.failure and len(answer.failure) < 500 for answer in answers)


@pytest.mark.parametrize("pause", ["-5", "nan", "inf", "Wed, 21 Oct 2065 07:28:00 GMT", "soon"])
def test_a_pause_that_cannot_be_is_not_kept(pause: str, server: Server, picture: Path) -> None:
    def act(handler: BaseHTTPRequestHandler, body: dict) -> None:
        send(handler, 429, b"") if len(server.bodies) == 1 else send(handler, 200, said("x"))

    server.act = act
    if pause != "inf":  # that one is cut to a minute
        assert ask(server, picture)[0].outputs[0].text == "x"


def test_a_body_without_end_is_cut(server: Server, picture: Path) -> None:
    def endless(handler: BaseHTTPRequestHandler, body: dict) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b" " * 2**20)

    server.act = endless
    (answer,) = ask(server, picture, retries=0)
    assert answer.failure == "endpoint: a reply of more than 16 MiB (1 attempts)"


def test_a_body_that_drips_ends_with_the_timeout(server: Server, picture: Path) -> None:
    def drip(handler: BaseHTTPRequestHandler, body: dict) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)

    server.act = drip
    begun = time.monotonic()
    (answer,) = ask(server, picture, retries=0, timeout=1.0)
    assert time.monotonic() - begun < 3
    assert "no answer within timeout=1.0 s" in (answer.failure or "")


def refusal(parameter: str, advice: str = "") -> bytes:
    text = f"Unsupported parameter: '{parameter}' is not supported with this model. {advice}"
    return json.dumps({"error": {"message": text, "param": parameter, "code": "unsupported_parameter"}}).encode()


def test_an_endpoint_that_takes_fewer_parameters_gets_fewer(
    server: Server, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def act(handler: BaseHTTPRequestHandler, body: dict) -> None:
        for name in ("max_tokens", "temperature", "seed", "logprobs"):
            if name in body:
                return send(
                    handler, 400, refusal(name, "Use 'max_completion_tokens' instead." if "max" in name else "")
                )
        return send(handler, 200, said("x"))

    server.act = act
    answers = ask(server, picture, 6, Sampling(max_tokens=77), concurrency=3)
    assert [answer.outputs[0].text for answer in answers] == ["x"] * 6
    assert server.bodies[-1]["max_completion_tokens"] == 77
    said_so = capsys.readouterr().err
    assert said_so.count("max_tokens: sent as max_completion_tokens") == 1
    assert said_so.count("temperature: left out") == 1


def test_a_value_that_only_the_default_replaces(server: Server, picture: Path) -> None:
    text = b"temperature does not support 0 with this model. Only the default (1) value is supported."
    server.act = lambda handler, body: send(handler, *((400, text) if "temperature" in body else (200, said("x"))))
    assert ask(server, picture)[0].outputs[0].text == "x"


def test_pydantic_refusals_name_their_parameter(server: Server, picture: Path) -> None:
    text = (
        b'{"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}'
    )
    server.act = lambda handler, body: send(handler, *((422, text) if "seed" in body else (200, said("x"))))
    assert ask(server, picture)[0].outputs[0].text == "x"


def test_a_request_that_is_wrong_otherwise_stays_refused(server: Server, picture: Path) -> None:
    server.act = lambda handler, body: send(handler, 400, b"this model does not read images")
    (answer,) = ask(server, picture)
    assert answer.failure == "refused: HTTP 400 Bad Request: this model does not read images"
    assert len(server.bodies) == 1


def record_file(folder: Path, count: int = 3) -> Path:
    Image.new("RGB", (40, 30), "white").save(folder / "s.png")
    path = folder / "toy.json"
    path.write_text(json.dumps([Record.of("s.png", prompts.VANILLA, "x").to_dict() for _ in range(count)]))
    return path


@pytest.mark.parametrize("reply", [(500, b"oops"), (200, b"<html>log in</html>"), (400, b"no")])
def test_a_run_in_which_most_fails_ends_with_code_1(
    reply: tuple[int, bytes], server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.act = lambda handler, body: send(handler, *reply)
    words = ["engine=openai", "model=m", f"base_url={server.url}", f"data={record_file(tmp_path)}", "retries=0"]
    assert main([*words, f"output={tmp_path / 'out'}", "cdm=false"]) == 1
    assert "3 of 3 samples failed, over max_failures=0.2" in capsys.readouterr().err
    assert (tmp_path / "out" / "toy_pred.json").exists()
    server.act = lambda handler, body: send(handler, 200, said("x"))
    assert main([*words, f"output={tmp_path / 'out'}", "cdm=false", "retry_failures=true"]) == 0


def test_no_file_and_no_output_holds_the_key(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    replies = iter([(400, b"z" * 190 + KEY.encode()), (200, said(f"x {KEY}")), (500, KEY.encode() * 20)])
    server.act = lambda handler, body: send(handler, *next(replies))
    words = ["engine=openai", "model=m", f"base_url={server.url}", f"data={record_file(tmp_path)}", "retries=0"]
    main([*words, f"output={tmp_path / 'out'}", "cdm=false", "concurrency=1"])
    texts = ["".join(capfd.readouterr())]
    texts += [path.read_text(errors="replace") for path in (tmp_path / "out").iterdir() if path.is_file()]
    parts = {KEY[i : i + 12] for i in range(len(KEY) - 11)}
    assert not [part for part in parts for text in texts if part in text]


def test_ctrl_c_ends_within_two_seconds(server: Server, tmp_path: Path) -> None:
    server.act = lambda handler, body: time.sleep(60)
    words = ["engine=openai", "model=m", f"base_url={server.url}", f"data={record_file(tmp_path, 30)}"]
    run = subprocess.Popen(
        [sys.executable, "-m", "unimumer_eval.run", *words, f"output={tmp_path / 'out'}"],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    while len(server.bodies) < 8:
        assert run.poll() is None
        time.sleep(0.05)
    begun = time.monotonic()
    run.send_signal(signal.SIGINT)
    _, said_last = run.communicate(timeout=20)
    assert time.monotonic() - begun < 2
    assert run.returncode == 130
    assert "stopped; run the same command again" in said_last
    assert "Traceback" not in said_last
