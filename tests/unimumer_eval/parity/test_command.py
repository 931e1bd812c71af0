"""The command: what it refuses, and two traces compared from their files."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unimumer_data.errors import ConfigError
from unimumer_eval.parity.command import ParityConfig, main, training_keys
from unimumer_eval.parity.trace import Look, Question, Trace, read_trace, write_trace


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give engines= to trace, or traces="),
        (["engines=vlm", "model=m", "data=d"], "unknown engine 'vlm' (did you mean 'vllm'"),
        (["engines=vllm,transformers,openai", "model=m", "data=d"], "engines= takes one or two"),
        (["engines=vllm", "model=m", "data=d"], "output=<file>.npz"),
        (["engines=vllm,transformers", "data=d"], "name the model"),
        (["engines=vllm,transformers", "model=m"], "name the pictures"),
        (["traces=a.npz"], "takes two files"),
        (["traces=a.npz,b.npz"], "a.npz: no such trace"),
    ],
)
def test_mistakes_end_in_one_sentence(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_two_files_are_compared_and_the_exit_code_says_whether_they_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = Question(id="a", image=tmp_path / "a.png", label="x")
    for name, ids in {"one": [1, 2, 3], "same": [1, 2, 3], "other": [1, 9, 3]}.items():
        looks = (Look(question=question, text="x", ids=np.array(ids), tokens=("s", str(ids[1]), "x"), start=2),)
        write_trace(Trace(name=name, looks=looks), tmp_path / f"{name}.npz")

    def compared(other: str) -> int:
        return main([f"traces={tmp_path}/one.npz,{tmp_path}/{other}.npz", f"output={tmp_path}/{other}"])

    assert compared("same") == 0
    assert "no difference (prompt, text)" in capsys.readouterr().out
    assert compared("other") == 1
    assert "first difference: prompt of a: token 1: 's2x' and 's9x'" in capsys.readouterr().out
    content = json.loads((tmp_path / "other" / "parity.json").read_text(encoding="utf-8"))
    assert content["first"] == {"stage": "prompt", "id": "a", "place": "token 1: 's2x' and 's9x'"}


@pytest.fixture
def endpoint() -> Iterator[str]:
    """An endpoint that reads x in every picture."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            choice = {"message": {"content": "x"}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 1, "completion_tokens": 1}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"choices": [choice], "usage": usage}).encode())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_an_endpoint_shows_its_texts(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    for name in ("one", "two"):
        Image.new("RGB", (60, 40), "white").save(tmp_path / f"{name}.png")
    words = [f"data={tmp_path}", "model=m", f"base_url={endpoint}"]
    assert main(["engines=openai", *words, f"output={tmp_path}/openai.npz"]) == 0
    assert "openai.npz: 2 pictures as openai (m) sees them" in capsys.readouterr().out
    looks = read_trace(tmp_path / "openai.npz").looks
    assert [(look.question.id, look.text, look.ids) for look in looks] == [("one", "x", None), ("two", "x", None)]


def test_training_takes_the_keys_of_its_recipe(tmp_path: Path) -> None:
    pytest.importorskip("omegaconf")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("template: qwen2_vl\nlora_rank: 4\n")
    asked = {"engines": ("llamafactory",), "data": ("d",), "output": Path("a.npz"), "model": "somebody/unknown"}
    with_recipe = ParityConfig(**asked, recipe=recipe, train_args={"lora_rank": 8})
    assert training_keys(with_recipe) == {"template": "qwen2_vl", "lora_rank": 8}
    with pytest.raises(ConfigError, match="which template"):
        training_keys(ParityConfig(**asked))
    trained = tmp_path / "model"
    trained.mkdir()
    stored = {"image_max_pixels": 1, "image_min_pixels": 1, "template": "glm_ocr"}
    (trained / "unimumer.json").write_text(json.dumps(stored))
    assert training_keys(ParityConfig(**{**asked, "model": str(trained)}))["template"] == "glm_ocr"
    fitting = training_keys(ParityConfig(**{**asked, "model": "Qwen/Qwen3-VL-2B-Instruct"}))
    assert fitting["template"] == "qwen3_vl_nothink"
