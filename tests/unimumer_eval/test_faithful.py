"""Over-correction from changed inks to scores."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import unimumer_data
from unimumer_data.build.faithful import main as make
from unimumer_eval.run import main


def test_answers_that_repair_the_formula_are_counted(tmp_path: Path, monkeypatch, capsys) -> None:
    sample = Path(unimumer_data.__file__).parent / "sample"
    assert make([f"set={sample}", f"output={tmp_path}/changed", "limit=10"]) == 0
    (tmp_path / "reader.py").write_text("def read(picture):\n    return 'x'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "reader", raising=False)
    assert main(["engine=python:reader:read", "data=changed", "output=out", "cdm=false"]) == 0
    rows = json.loads((tmp_path / "out/changed_pred.json").read_text())
    assert len(rows) == 10 and all(row["plausible"] and row["gt"] != row["plausible"] for row in rows)
    for number, row in enumerate(rows):
        row["pred"] = row["plausible"] if number < 3 else row["gt"] if number < 7 else "z z z"
    (tmp_path / "again_pred.json").write_text(json.dumps(rows))
    capsys.readouterr()
    assert main(["engine=replay", "predictions=again_pred.json", "output=scored", "cdm=false"]) == 0
    assert "10 changed formulas: read as written 40.00 %" in capsys.readouterr().out
    found = json.loads((tmp_path / "scored/scores.json").read_text())["sets"][0]["faithful"]
    assert (found["n"], found["right"]["value"], found["plausible"]["value"]) == (10, 40, 30)
