"""The server's routes, over a real socket and with real engines."""

from __future__ import annotations

import contextlib
import http.client
import math
import socket
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra [serve]")

from clients import STROKES, Start, png, text, url

from unimumer_data.ink import read_inkml
from unimumer_data.sources import collected
from unimumer_eval.serve.command import main
from unimumer_eval.trust.calibrator import Calibrator, Curve, Promise, Weight

HERE = Path(__file__).parent


def bomb() -> bytes:
    """A PNG of a few hundred bytes that would be 10 gigapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def test_a_picture_and_strokes_are_recognised(start: Start) -> None:
    client = start()
    status, said = client.ask("/v1/recognize", {"picture": text(png()), "include": ["picture", "drawing", "copies"]})
    assert (status, said["latex"]) == (200, "x ^ { 6 0 }")
    assert said["copies"]["typst"] == "x^60"
    assert (said["picture"]["width"], said["picture"]["height"]) == (60, 40)
    assert said["drawing"]["formulas"]
    status, said = client.ask("/v1/recognize", {"strokes": STROKES})
    assert status == 200 and said["latex"].startswith("x ^ {")


def test_a_recogniser_of_strokes_gets_the_strokes(start: Start) -> None:
    client = start(engine="python:recognisers:strokes")
    assert client.ask("/v1/recognize", {"strokes": STROKES})[1]["latex"] == "n = 2"
    assert client.ask("/v1/info")[1]["tasks"] == ["vanilla"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "either a picture or strokes"),
        ({"picture": "!!"}, 422, "not base64"),
        ({"picture": text(b"no picture")}, 422, "not a picture"),
        ({"picture": "https://example.com/a.png"}, 422, "not fetched"),
        ({"picture": text(png()), "task": "refine"}, 422, "task"),
        ({"picture": text(png()), "wrong": 1}, 422, "wrong"),
        ({"strokes": [[[1, "a"]]]}, 422, "stroke 0"),
        ({"strokes": []}, 422, "no stroke"),
        (b"{", 422, ""),
    ],
)
def test_what_cannot_be_answered_says_why(start: Start, body: Any, status: int, words: str) -> None:
    got, content = start().ask("/v1/recognize", body, **({"content_type": "application/json"} if body == b"{" else {}))
    assert got == status
    assert words in content["error"]["message"]


def test_a_bomb_and_a_failing_recogniser_are_failures_of_their_own_request(start: Start) -> None:
    client = start(engine="python:recognisers:broken")
    status, said = client.ask("/v1/recognize", {"picture": text(bomb())})
    assert status == 422 and "over 67108864 pixels" in said["error"]["message"]
    status, said = client.ask("/v1/recognize", {"picture": text(png())})
    assert status == 422 and "RuntimeError" in said["error"]["message"]
    assert client.ask("/health")[0] == 200


def test_large_requests_are_turned_away_before_they_have_come(start: Start) -> None:
    client = start(max_bytes=10_000)
    assert client.ask("/v1/recognize", {"picture": "a" * 20_000})[0] == 413
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        answer = b""
        sent = 0
        try:
            while sent < 2**30:  # a gigabyte, as far as it gets
                connection.sendall(b"1000\r\n" + b"a" * 4096 + b"\r\n")
                sent += 4096
        except OSError:
            pass
        with contextlib.suppress(OSError):
            answer = connection.recv(4096)
    assert sent < 2**24
    assert answer == b"" or b" 413 " in answer
    assert client.ask("/v1/recognize", {"strokes": STROKES})[0] == 200


def test_a_slow_client_is_turned_away_while_others_go_on(start: Start) -> None:
    client = start(read_timeout=0.5)
    with (
        socket.create_connection(("127.0.0.1", client.port), timeout=10) as slow,
        socket.create_connection(("127.0.0.1", client.port), timeout=10) as silent,
    ):
        slow.sendall(b"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{")
        assert client.ask("/v1/recognize", {"strokes": STROKES})[0] == 200
        assert b" 408 " in slow.recv(4096)
        assert silent.recv(4096) == b""  # hung up


def test_more_than_the_queue_holds_is_turned_away_and_the_rest_is_answered(start: Start) -> None:
    client = start(engine="python:recognisers:slow", queue=2, max_batch=1)
    with ThreadPoolExecutor(8) as pool:
        body = {"strokes": STROKES}
        statuses = [status for status, _ in pool.map(lambda _: client.ask("/v1/recognize", body), range(8))]
    assert set(statuses) == {200, 429}
    assert 3 <= statuses.count(200) <= 5


def test_an_answer_that_takes_too_long_is_given_up(start: Start) -> None:
    client = start(engine="python:recognisers:slow", answer_timeout=0.1)
    assert client.ask("/v1/recognize", {"strokes": STROKES})[0] == 504


def test_concurrent_requests_get_their_own_answers(start: Start) -> None:
    client = start()
    widths = [40 + n for n in range(64)]
    with ThreadPoolExecutor(32) as pool:
        said = list(pool.map(lambda width: client.ask("/v1/recognize", {"picture": text(png(width))})[1], widths))
    assert [one["latex"] for one in said] == [f"x ^ {{ {' '.join(str(width))} }}" for width in widths]
    status, figures = client.ask("/metrics")
    assert status == 200
    assert 'unimumer_requests_total{route="/v1/recognize",status="200"} 64.0' in figures
    assert "unimumer_batch_size_count" in figures


def test_the_client_of_openai_talks_to_it(start: Start) -> None:
    openai = pytest.importorskip("openai", reason="needs the extra [dev]")
    client = openai.OpenAI(base_url=f"http://localhost:{start().port}/v1", api_key="any", max_retries=0)
    content = [{"type": "text", "text": "Read it."}, {"type": "image_url", "image_url": {"url": url(png())}}]
    messages = [{"role": "system", "content": "You read."}, {"role": "user", "content": content}]
    said = client.chat.completions.create(model="any", messages=messages)
    assert said.choices[0].message.content == "x ^ { 6 0 }"
    assert said.choices[0].finish_reason == "stop"
    pieces = client.chat.completions.create(model="any", messages=messages, stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "x ^ { 6 0 }"
    assert [model.id for model in client.models.list()] == ["width"]
    with pytest.raises(openai.BadRequestError, match="no picture"):
        client.chat.completions.create(model="any", messages=[{"role": "user", "content": "hello"}])
    with pytest.raises(openai.BadRequestError, match="temperature must be"):
        client.chat.completions.create(model="any", messages=messages, temperature=-1)


def test_the_routes_of_mathpix(start: Start) -> None:
    client = start()
    status, said = client.ask("/v3/text", {"src": url(png()), "data_options": {"include_mathml": True}})
    assert status == 200
    assert said["latex_styled"] == "x ^ { 6 0 }" and said["text"] == "\\( x ^ { 6 0 } \\)"
    assert {"confidence", "confidence_rate", "request_id"} <= said.keys()
    assert said["data"][0]["value"].startswith("<math")
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../a.png"\r\n\r\n' + png()
        + b'\r\n--b\r\nContent-Disposition: form-data; name="options_json"\r\n\r\n'
        + b'{"math_inline_delimiters": ["$", "$"]}\r\n--b--\r\n'
    )  # fmt: skip
    status, said = client.ask("/v3/text", body, content_type="multipart/form-data; boundary=b")
    assert (status, said["text"]) == (200, "$x ^ { 6 0 }$")
    ink = {"x": [[10, 40], [40, 10]], "y": [[10, 40], [10, 40]]}
    status, said = client.ask("/v3/strokes", {"strokes": {"strokes": ink}})
    assert status == 200 and said["latex_styled"]
    status, said = client.ask("/v3/strokes", {"strokes": {"strokes": {"x": [[1]], "y": [[1, 2]]}}})
    assert status == 422 and "same lengths" in said["error_info"]["message"]


def test_a_token_opens_everything_but_the_page(start: Start) -> None:
    client = start(token="sesame")
    assert client.ask("/v1/recognize", {"strokes": STROKES})[0] == 401
    assert client.ask("/v1/recognize", {"strokes": STROKES}, authorization="Bearer wrong")[0] == 401
    assert client.ask("/v1/recognize", {"strokes": STROKES}, authorization="Bearer sesame")[0] == 200
    assert client.ask("/v3/text", {"src": url(png())}, app_key="sesame")[0] == 200
    assert client.ask("/metrics")[0] == 401
    assert client.ask("/")[0] == client.ask("/health")[0] == client.ask("/assets/app.js")[0] == 200


def test_an_address_that_others_reach_needs_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host=0.0.0.0", "engine=python:recognisers:width"]) == 2
    assert "UNIMUMER_TOKEN" in capsys.readouterr().err


def test_an_address_that_is_taken_is_told_before_the_model_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main([f"port={port}", "engine=python:recognisers:width"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"ConfigError: port={port}: another program listens there; write another port="


def test_a_model_that_cannot_be_loaded_is_told_in_one_sentence(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert main(["model=nobody/nothing", "engine=transformers"]) == 1
    said = capfd.readouterr().err.splitlines()
    assert said[-1].startswith("EngineError: model=nobody/nothing: ")
    assert not any("Traceback" in line for line in said)


def test_refinement_is_for_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["task=refine", "engine=python:recognisers:width"]) == 2
    assert "all others would wait" in capsys.readouterr().err


def test_pages_of_other_sites_cannot_use_it(start: Start) -> None:
    client = start()
    assert client.ask("/v1/recognize", {"strokes": STROKES}, origin="https://evil.example")[0] == 403
    assert client.ask("/v1/info", host="evil.example")[0] == 421
    assert client.ask("/v1/info", host=f"localhost:{client.port}", origin=f"http://localhost:{client.port}")[0] == 200


def test_the_page_loads_nothing_from_elsewhere(start: Start) -> None:
    client = start()
    connection = http.client.HTTPConnection("127.0.0.1", client.port)
    connection.request("GET", "/")
    response = connection.getresponse()
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    pages = response.read().decode() + "".join(client.ask(f"/assets/{name}")[1] for name in ("app.js", "app.css"))
    assert "https://" not in pages and "http://" not in pages.replace("http://www.w3.org", "")
    assert client.ask("/assets/../app.py")[0] in (400, 404)
    assert client.ask("/assets/%2e%2e/app.py")[0] in (400, 404)


def test_what_is_kept_lies_in_one_whole_file_with_what_the_model_had_said(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    client = start(collect=folder)
    evil = "../../<script>alert(1)</script>\u0007"
    sample = {"strokes": STROKES, "latex": "x^2", "said": "x ^ 3", "writer": evil, "consent": True}
    status, said = client.ask("/v1/keep", sample)
    assert (status, said["kept"], said["corrected"]) == (200, 1, 1)
    [path] = folder.iterdir()
    assert path.stem == said["id"] and path.suffix == ".inkml"
    ink = read_inkml(path)
    assert ink.label == "x ^ { 2 }"
    assert ink.annotations["said"] == "x ^ { 3 }"
    assert ink.annotations["writer"] == "../../<script>alert(1)</script>"
    assert list(ink.traces.values()) == [[10, 10, 40, 40], [40, 10, 10, 40]]
    status, said = client.ask("/v1/keep", {"picture": text(png()), "latex": "y", "said": "y", "consent": True})
    assert (status, said["kept"], said["corrected"]) == (200, 2, 1)
    assert collected.read_notes(folder / f"{said['id']}.png")["truth"] == "y"
    info = client.ask("/v1/info")[1]
    assert (info["kept"], info["corrected"]) == (2, 1)


@pytest.mark.parametrize(
    ("change", "status"),
    [({"consent": False}, 422), ({"consent": None}, 422), ({"latex": "x ^ {"}, 422), ({"latex": " "}, 422)],
)
def test_nothing_is_kept_without_consent_or_that_cannot_be_trained_on(
    start: Start, tmp_path: Path, change: dict[str, Any], status: int
) -> None:
    client = start(collect=tmp_path / "kept")
    assert client.ask("/v1/keep", {"strokes": STROKES, "latex": "x", "consent": True, **change})[0] == status
    assert not (tmp_path / "kept").exists()


def test_a_stopping_server_answers_what_it_has_begun(start: Start) -> None:
    client = start(engine="python:recognisers:slow")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.ask, "/v1/recognize", {"strokes": STROKES})
        time.sleep(0.2)
        client.server.should_exit = True
        assert answer.result(20)[0] == 200


def test_the_routes_are_documented(start: Start) -> None:
    client = start()
    paths = client.ask("/openapi.json")[1]["paths"]
    assert {"/v1/recognize", "/v1/chat/completions", "/v3/text", "/v3/strokes", "/v1/keep"} <= paths.keys()
    assert client.ask("/docs")[0] == 200


def test_answers_say_whether_they_can_be_trusted(start: Start, tmp_path: Path) -> None:
    curve = Curve(weights=(Weight(name="logprob", weight=1, mean=-1, scale=1, low=-9, high=0),), intercept=0)
    promise = Promise(target=0.9, confidence=0.9, threshold=0.6, bound="", n=99, accepted=60, right=60, at_least=0.95)
    calibrator = Calibrator(
        set="val", form="strict", method="platt", curve=curve, promise=promise, measured={}, settings={}
    )
    (tmp_path / "calibration.json").write_text(calibrator.to_json())
    client = start(engine="python:recognisers:sure", calibration=str(tmp_path / "calibration.json"))
    found = [client.ask("/v1/recognize", {"picture": text(png(width))})[1] for width in (90, 30)]
    assert [one["accept"] for one in found] == [True, False]
    assert found[0]["confidence"] == pytest.approx(1 / (1 + math.exp(-0.75)))
    assert client.ask("/v1/recognize", {"picture": text(png()), "task": "tree"})[1]["accept"] is None
