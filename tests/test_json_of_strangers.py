"""No JSON, whatever is in it, ends a command in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.__main__ import main


def record(image: Any = "a.png", answer: Any = "x") -> dict[str, Any]:
    turns = [{"from": "human", "value": "<image>q"}, {"from": "gpt", "value": answer}]
    return {"images": [image], "messages": turns}


HALF = {key: "\ud800" for key in ("pred", "gt", "img_id", "failure", "image_path")}
TEXTS = {
    "arrays": "[" * 100_000,
    "objects": '[{"a":' * 50_000,
    "digits": '[{"pred": "x", "gt": "x", "n": ' + "9" * 5000 + "}]",
    "half prediction": json.dumps([HALF]),
    "half record": json.dumps([record("\ud800.png", "\ud800")]),
    "long path": json.dumps([record("a" * 5000 + ".png"), record("a/" * 3000)]),
    "NUL": json.dumps([record("a\0.png", "x\0")]),
    "other types": json.dumps([record(1, 2), record([], {}), record(None, None), {"images": {}, "messages": "x"}]),
    "null": "null",
    "number": "5",
    "text": '"a"',
    "empty": "",
    "nothing in it": "[null]",
    "no number": "[NaN, Infinity, 1e999]",
    "no UTF-8": b'["\xff"]',
    "UTF-16": "[]".encode("utf-16"),
    "mark": "\ufeff[]",
    "twice": '{"a": 1, "a": 2}',
    "comma": '[{"pred": "x", "gt": "x"},]',
    "behind": '[{"pred": "x", "gt": "x"}] x',
}


def table(folder: Path) -> list[str]:
    Image.new("L", (50, 40), 255).save(folder / "a.png")
    (folder / "t.tsv").write_text("a.png\tx\n")
    return ["build", "source=table", f"path={folder / 't.tsv'}", "name=s", "workers=1", f"output={folder}"]


def predictions(folder: Path) -> str:
    (folder / "a_pred.json").write_text('[{"img_id": "a", "pred": "x"}]')
    return f"predictions={folder / 'a_pred.json'}"


COMMANDS: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "lint": ("x.json", lambda folder: ["lint", f"{folder / 'x.json'}"]),
    "lint lines": ("x.jsonl", lambda folder: ["lint", f"{folder / 'x.jsonl'}"]),
    "overlap": ("x.json", lambda folder: ["overlap", f"{folder / 'x.json'}", f"{folder / 'x.json'}"]),
    "card": ("x.json", lambda folder: ["card", f"{folder / 'x.json'}"]),
    "confusions": ("x.json", lambda folder: ["confusions", f"{folder / 'x.json'}"]),
    "published": ("x.json", lambda f: ["build", "source=published-json", f"path={f / 'x.json'}", f"output={f}"]),
    "conversations": ("x.json", lambda f: ["build", "source=conversations", f"path={f / 'x.json'}", f"output={f}"]),
    "label studio": ("x.json", lambda f: ["build", "source=label-studio", f"path={f / 'x.json'}", f"output={f}"]),
    "captions": ("x.json", lambda f: ["build", "source=captions", f"path={f / 'x.json'}", f"output={f}"]),
    "registry": ("dataset_info.json", table),
    "replay": (
        "x_pred.json",
        lambda folder: ["eval", "engine=replay", f"predictions={folder / 'x_pred.json'}", f"output={folder}"],
    ),
    "labels": (
        "l.json",
        lambda f: ["eval", "engine=replay", predictions(f), f"labels={f / 'l.json'}", f"output={f / 'out'}"],
    ),
    "data": (
        "x.json",
        lambda f: ["eval", "engine=python:answers:read", f"data={f / 'x.json'}", f"output={f / 'out'}", "cdm=false"],
    ),
    "media_dir": (
        "x.json",
        lambda f: ["eval", "engine=python:answers:read", f"data={f / 'x.json'}", f"media_dir={f}", "output=out"],
    ),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(("name", "words"), COMMANDS.values(), ids=COMMANDS)
def test_it_ends_with_a_code(
    tmp_path: Path,
    name: str,
    words: Callable[[Path], list[str]],
    text: str | bytes,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "answers.py").write_text("def read(picture):\n    return 'x'\n")
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    code = main(words(tmp_path))
    said = capsys.readouterr().err.strip().splitlines()
    assert code in (0, 1, 2)
    assert code == 0 or any("Error: " in line or "failed" in line or "finding" in line for line in said) or said == []


def test_what_a_terminal_cannot_show_ends_no_command(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps([record("\ud800é.png", "\ud800 \\frac é \u202e\x1b[31m")]))
    done = subprocess.run(
        [sys.executable, "-m", "unimumer_data", "lint", "x.json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
    )
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stderr and b"\x1b" not in done.stdout + done.stderr
