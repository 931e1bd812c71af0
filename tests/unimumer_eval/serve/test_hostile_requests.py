"""Nothing that a request says becomes a path, a program, a connection or markup, and no request breaks the server."""

from __future__ import annotations

import base64
import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra [serve]")

from clients import STROKES, Start, png, text, url

from unimumer_data.ink import read_inkml
from unimumer_data.sources import collected

MARK = "z9mark"
"""Stands in every hostile text, so that it is known wherever it arrives."""
HOSTILE = (
    f"../../{MARK}",
    f"/tmp/{MARK}",
    f"..\\..\\{MARK}",
    f"C:\\{MARK}",
    f"file:///etc/{MARK}",
    f"http://127.0.0.1:9/{MARK}",
    f"//{MARK}/x",
    f"~/{MARK}",
    f"{MARK}\x00.png",
    f"{MARK}\r\nSet-Cookie: a=b",
    f"; touch {MARK}; `touch {MARK}` $(touch {MARK}) | touch {MARK}",
    f"<script>{MARK}</script><img src=x onerror={MARK}>",
    f"\"'>&lt;{MARK}",
    f"]]></annotation><annotation type='consent'>{MARK}",
    f"{MARK}\ud800",
    f"{MARK}\u202e\x1b[2J\x07",
    f"{MARK}{{{{7*7}}}}${{7*7}}%s%n",
    f"{MARK} \\input{{/etc/passwd}} \\write18{{touch {MARK}}} \\href{{javascript:{MARK}}}{{x}}",
    MARK * 20_000,
)
_WATCHED = (
    *("open", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "os.mkdir", "os.rename"),
    *("os.remove", "os.link", "os.symlink", "os.listdir", "os.scandir", "shutil.copyfile", "shutil.rmtree", "import"),
    *(
        "glob.glob",
        "socket.getaddrinfo",
        "socket.connect",
        "socket.gethostbyname",
        "urllib.Request",
        "exec",
        "compile",
    ),
)


class Watch:
    """What this process asked of the system, as far as a hostile text is in it."""

    def __init__(self) -> None:
        self.on, self.seen = False, list[str]()
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and event in _WATCHED and MARK in f"{args!r}":
            self.seen.append(f"{event}{args!r:.200}")


WATCH = Watch()  # one for all: a hook stays for as long as the process does


@pytest.fixture
def watch() -> Iterator[Watch]:
    WATCH.on, WATCH.seen = True, []
    yield WATCH
    WATCH.on = False


def form(fields: dict[str, str], name: str = "file", filename: str = "a.png", kind: str = "image/png") -> bytes:
    def plain(one: str) -> bytes:
        return one.encode("utf-8", "surrogatepass").replace(b"\r\n", b"%0D%0A").replace(b'"', b"%22")

    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n' % key.encode() + plain(value)
        for key, value in fields.items()
    ]
    head = b'Content-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n'
    parts.append(head % (plain(name), plain(filename), plain(kind)) + png())
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def requests_with(evil: str) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """(path, body, headers) of every route, with a text in each place that takes one."""
    picture, b64 = text(png()), base64.b64encode(evil.encode("utf-8", "surrogatepass")).decode()
    for source in (evil, b64, f"data:image/png;base64,{b64}", f"data:{evil};base64,{picture}"):
        yield "/v1/recognize", {"picture": source}, {}
        yield "/v1/keep", {"picture": source, "latex": "x", "consent": True}, {}
        yield "/v3/text", {"src": source}, {}
        content = [{"type": "image_url", "image_url": {"url": source}}]
        yield "/v1/chat/completions", {"messages": [{"role": "user", "content": content}]}, {}
    for key in ("name", "task", "prefix", "include", evil):
        yield "/v1/recognize", {"picture": picture, key: evil}, {}
    yield "/v1/recognize", {"picture": picture, "include": [evil]}, {}
    for point in ([evil, 1], {"x": 1, "y": evil}, evil, {evil: 1}):
        yield "/v1/recognize", {"strokes": [[point]]}, {}
    for key in ("latex", "said", "writer", "picture", "consent", evil):
        yield "/v1/keep", {"strokes": STROKES, "latex": "x", "consent": True, key: evil}, {}
    yield "/v1/formula", {"latex": evil}, {}
    yield "/v1/formula", {"latex": f"\\text {{ {evil} }}"}, {}
    content = [{"type": "text", "text": evil}, {"type": "image_url", "image_url": url(png())}]
    chat = {"model": evil, "user": evil, "messages": [{"role": "user", "content": content}]}
    yield "/v1/chat/completions", chat, {}
    yield "/v1/chat/completions", {**chat, "stream": True}, {}
    for key in ("n", "seed", "temperature", "max_tokens", "stop", "messages"):
        yield "/v1/chat/completions", {**chat, key: evil}, {}
    yield "/v1/chat/completions", {"messages": [*chat["messages"], {"role": "assistant", "content": evil}]}, {}
    yield "/v1/chat/completions", {"messages": [{"role": evil, "content": evil, evil: evil}]}, {}
    options = {"math_inline_delimiters": [evil, evil], "data_options": {f"include_{evil}": True}, "formats": [evil]}
    yield "/v3/text", {"src": url(png()), **options}, {}
    yield "/v3/text", {"src": {"url": evil}}, {}
    yield "/v3/strokes", {"strokes": {"strokes": {"x": [[evil]], "y": [[1]]}}, **options}, {}
    yield "/v3/strokes", {"strokes": {evil: evil}}, {}
    yield "/v3/strokes", {"strokes": evil}, {}
    multipart = {"content_type": "multipart/form-data; boundary=b"}
    for filename, name in ((evil, "file"), ("a.png", evil)):
        yield "/v1/recognize/file", form({}, name, filename), multipart
        yield "/v3/text", form({}, name, filename), multipart
    yield "/v1/recognize/file", form({"name": evil}), multipart
    yield "/v1/recognize/file", form({"task": evil}), multipart
    yield "/v1/recognize/file", form({}, kind=evil), multipart
    yield "/v3/text", form({"options_json": evil}), multipart
    yield "/v3/text", form({"options_json": json.dumps(options)}), multipart
    yield "/v1/recognize", evil.encode("utf-8", "surrogatepass"), {"content_type": "application/json"}


@pytest.mark.parametrize("evil", HOSTILE, ids=[f"{evil[:24]!a}" for evil in HOSTILE])
def test_no_text_of_a_request_reaches_the_system_or_breaks_the_server(
    start: Start, watch: Watch, tmp_path: Path, evil: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept" / "here"
    client = start(collect=folder)
    for path, body, headers in requests_with(evil):
        status, said = client.ask(path, body, **headers)
        assert status in (200, 400, 413, 422), (path, body, said)
        if status != 200:
            assert len(said["error"]["message"]) < 1000
    assert client.ask("/health")[0] == 200
    client.close()
    assert watch.seen == []
    assert {file.name for file in tmp_path.iterdir()} <= {"kept"}
    assert [file.name for file in (tmp_path / "kept").glob("*")] in ([], ["here"])
    for file in folder.glob("*"):
        assert re.fullmatch(r"\d{8}T\d{6}_[0-9a-f]{8}\.(inkml|png)", file.name)
        notes = read_inkml(file).annotations if file.suffix == ".inkml" else collected.read_notes(file)
        assert set(notes) <= {"truth", "said", "writer", "model", "consent"} and notes["consent"] == "yes"
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    "body",
    [
        b'{"strokes": [[[1' + b"0" * 400 + b", 1]]]}",
        b'{"strokes": [[[1' + b"0" * 5000 + b", 1]]]}",
        b'{"strokes": [[[NaN, Infinity]]]}',
        b'{"strokes": [[[1e308, -1e308]]]}',
        b'{"strokes": ' + b"[" * 100_000,
        b'{"strokes": [[' + b"[" * 900 + b"1" + b"]" * 900 + b"]]}",
        b'{"strokes": [[{"x": {}, "y": []}]], "strokes": null}',
        b'{"picture": null, "strokes": null}',
        b"[]",
        b"null",
        b"",
        b"\xff\xfe{\x00}\x00",
        b'{"latex": "x", "consent": true, "strokes": [[[0, 0]]], "writer": "\\ud800"}',
        b'{"temperature": NaN, "n": 1e999, "seed": 1e400, "messages": [{}]}',
        b'{"messages": [{"role": "user", "content": [[[{"type": "text"}]]]}]}',
        b'{"messages": [{"role": {}, "content": {"a": 1}}]}',
        b'{"strokes": {"strokes": {"x": [[1' + b"0" * 400 + b']], "y": [[1]]}}}',
        b'{"strokes": {"strokes": {"x": ["abc"], "y": [{"a": 1, "b": 2, "c": 3}]}}}',
        b'{"strokes": {"strokes": {"x": [null], "y": [5]}}}',
    ],
)
def test_no_json_breaks_a_route(start: Start, body: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    client = start()
    routes = ("/v1/recognize", "/v1/keep", "/v1/formula", "/v1/chat/completions", "/v3/text", "/v3/strokes")
    for path in routes:
        status, said = client.ask(path, body, content_type="application/json")
        assert status in (200, 400, 422), (path, said)
    sampled = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": url(png())}]}]}
    for key, value in itertools.product(
        ("temperature", "top_p", "n", "seed", "max_tokens"), ("NaN", "1e999", "1" * 400)
    ):
        crafted = json.dumps(sampled)[:-1] + f', "{key}": {value}}}'
        assert client.ask("/v1/chat/completions", crafted.encode(), content_type="application/json")[0] == 400, (
            key,
            value,
        )
    client.close()
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2fapp.py",
        "/assets//etc/passwd",
        "/assets/%00",
        "/assets/..%5c..%5capp.py",
        "/assets/%2fetc%2fpasswd",
        f"/<script>{MARK}</script>",
        f"/v1/info?{MARK}=<b>",
    ],
)
def test_no_address_leads_out_of_the_pages(start: Start, watch: Watch, path: str) -> None:
    client = start()
    status, said = client.ask(path)
    assert status in (200, 400, 404) and "root:" not in str(said) and "import " not in str(said)
    assert f"<script>{MARK}" not in str(said)
    assert watch.seen == []


def test_what_a_model_says_comes_as_data_and_drawings_hold_no_markup_of_it(start: Start) -> None:
    client = start(engine="python:recognisers:hostile")
    status, said = client.ask("/v1/recognize", {"picture": text(png()), "include": ["drawing", "copies"]})
    assert status == 200
    for shown in (json.dumps(said.get("drawing")), said.get("copies", {}).get("mathml", "")):
        assert "<script" not in shown and "<img" not in shown
