"""The command: what it refuses, and two traces compared from their files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from unimumer_eval.parity.command import main
from unimumer_eval.parity.trace import Look, Question, Trace, write_trace


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give engines= to trace, or traces="),
        (["engines=vlm", "model=m", "data=d"], "unknown engine ['vlm']"),
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
