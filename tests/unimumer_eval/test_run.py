"""The command line: what it prints, what it writes, how it fails."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from unimumer_eval.run import main

ROOT = Path(__file__).resolve().parents[2]


def test_the_published_figures_of_crohme_2014(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = shared_data / "predictions"
    assert main(["engine=replay", f"predictions={published / 'crohme_2014_pred.json'}", f"output={tmp_path}"]) == 0
    printed = capsys.readouterr().out
    for figure in ("82.6572", "90.3651", "93.7120", "96.4503", "96.5522", "89.1164"):
        assert figure in printed
    name = "crohme_2014_results.txt"
    assert (tmp_path / name).read_text(encoding="utf-8") == (published / name).read_text(encoding="utf-8")
    assert json.loads((tmp_path / "crohme_2014_pred.json").read_text(encoding="utf-8")) == json.loads(
        (published / "crohme_2014_pred.json").read_text(encoding="utf-8")
    )


def test_help_lists_every_key_and_loads_no_engine() -> None:
    code = "import sys; from unimumer_eval.run import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print({'torch', 'transformers', 'vllm'} & set(sys.modules), file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "set()"
    from unimumer_eval.config import EvalConfig

    for key in EvalConfig.__dataclass_fields__:
        assert key in result.stdout, key


def test_the_script_runs_from_any_folder(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "eval" / "run.py"), "--help"], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 0
    assert "key=value" in result.stdout


def test_without_the_package_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-S", str(ROOT / "eval" / "run.py")], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 1
    assert "pip install -e '.[eval]'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "data="),
        (["engine=replay"], 2, "predictions="),
        (["engin=vllm"], 2, "did you mean 'engine'"),
        (["engine=vlm"], 2, "engine must be one of vllm"),
        (["data=x"], 2, "model="),
        (["missing.yaml"], 2, "missing.yaml"),
        (["model=owner/m", "data=no_such_set"], 2, "no_such_set"),
        (["model=no_model", "data=x"], 2, "no_model: no such folder"),
        (["model=owner/m", "data=set.json", "vote=5"], 2, "temperature > 0"),
        (["model=owner/m", "data=set.json", "adapter=a"], 2, "llamafactory-cli export"),
        (["engine=replay", "predictions=nowhere"], 1, "nowhere"),
    ],
)
def test_mistakes_end_in_one_sentence(
    words: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == code
    (error,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("settings: ")]
    assert re.match(r"\w+Error: ", error)
    assert message in error


def test_a_prediction_file_is_not_overwritten_by_its_own_replay(tmp_path: Path) -> None:
    source = tmp_path / "toy_pred.json"
    source.write_text('[{"gt": "x", "pred": "x", "img_id": "a"}]')
    before = source.read_bytes()
    assert main(["engine=replay", f"predictions={source}", f"output={tmp_path}"]) == 0
    assert source.read_bytes() == before
