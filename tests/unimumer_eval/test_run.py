"""The command line: what it prints, what it writes, how it fails."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.records.record import Record
from unimumer_data.tasks import prompts
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


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("module", ["run", "compare", "leaderboard", "train"])
def test_a_module_run_without_its_packages_names_the_cure(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)  # as in a base installation
    with pytest.raises(SystemExit, match=r"not installed .*numpy; run: .*\[eval\]"):
        runpy.run_module(f"unimumer_eval.{module}", run_name="__main__")


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
        (["model=owner/m", "data=set.json", "adapter=a", "scale=ray"], 2, "llamafactory-cli export"),
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


RECOGNISER = "def read(picture):\n    return '```latex\\nx ^ { %d }\\n```' % picture.width\n"


def test_a_folder_of_pictures_is_predicted_and_not_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder_reader.py").write_text(RECOGNISER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    photos = tmp_path / "my photos" / "é"
    photos.mkdir(parents=True)
    for width in range(30, 40):
        Image.new("RGB", (width, 20), "white").save(photos / f"{width}.png")
    (photos / "text.png").write_text("no picture")
    assert main(["engine=python:folder_reader:read", f"data={photos.parent}"]) == 0
    said = capsys.readouterr().out
    assert "my photos: no labels, nothing scored; 11 predictions are in my photos_pred.json" in said
    assert "1 of 11 failed; first: text: image: " in said
    assert "unwrapped: 10" in said
    latest = tmp_path / "results" / "latest"
    rows = json.loads((latest / "my photos_pred.json").read_text())
    assert [row["pred"] for row in rows[:2]] == ["x ^ { 30 }", "x ^ { 31 }"]
    assert "gt" not in rows[0]
    assert not (latest / "scores.json").exists()


def test_records_without_answers_are_predicted_beside_those_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "record_reader.py").write_text("def read(picture):\n    return 'x'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    Image.new("RGB", (40, 30), "white").save(tmp_path / "s.png")
    records = [Record.of("s.png", prompts.VANILLA, "x").to_dict() for _ in range(3)]
    del records[1]["messages"][1]
    (tmp_path / "toy.json").write_text(json.dumps(records))
    words = ["engine=python:record_reader:read", f"data={tmp_path / 'toy.json'}", f"output={tmp_path / 'out'}"]
    assert main(words) == 0
    assert "toy: 1 of 3 have no label and are not scored" in capsys.readouterr().out
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())["sets"][0]
    assert (scores["n"], scores["forms"]["strict"]["exprate"]["value"]) == (2, 100.0)


@pytest.mark.parametrize("rows", [[{"pred": "x"}], [{"pred": "x", "gt": ""}, {"pred": "y", "gt": ""}]])
def test_predictions_without_labels_are_not_scored(
    rows: list[dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "toy_pred.json"
    source.write_text(json.dumps(rows))
    assert main(["engine=replay", f"predictions={source}", f"output={tmp_path / 'out'}"]) == 0
    assert "toy: no labels, nothing scored" in capsys.readouterr().out
    assert not (tmp_path / "out" / "scores.json").exists()


def test_a_replay_does_not_replace_other_predictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("one", "x"), ("two", "y")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "toy_pred.json").write_text(json.dumps([{"gt": "x", "pred": text, "img_id": "a"}]))
    words = ["engine=replay", f"output={tmp_path / 'out'}", "cdm=false"]
    assert main([*words, f"predictions={tmp_path / 'one'}"]) == 0
    assert main([*words, f"predictions={tmp_path / 'one'}"]) == 0
    assert main([*words, f"predictions={tmp_path / 'two'}"]) == 1
    assert "overwrite=true" in capsys.readouterr().err
    assert main([*words, f"predictions={tmp_path / 'two'}", "overwrite=true"]) == 0


def test_a_report_of_other_sets_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / f"{name}_pred.json" for name in ("one", "two")]
    for file in files:
        file.write_text(json.dumps([{"gt": "x", "pred": "x", "img_id": "a"}]))
    words = ["engine=replay", f"output={tmp_path / 'out'}", "cdm=false"]
    assert main([*words, f"predictions={files[0]}"]) == 0
    report = (tmp_path / "out/report.html").read_text()
    capsys.readouterr()
    assert main([*words, f"predictions={files[1]}"]) == 1
    assert "the report of one, which this run does not score" in capsys.readouterr().err
    assert (tmp_path / "out/report.html").read_text() == report
    assert not (tmp_path / "out/two_pred.json").exists()
    assert main([*words, f"predictions={files[0]},{files[1]}"]) == 0
    assert main([*words, f"predictions={files[1]}", "overwrite=true"]) == 0


def test_two_sets_that_would_share_a_file_are_refused_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "s.png")
    for name in ("x", "x_tree"):
        (tmp_path / f"{name}.json").write_text(json.dumps([Record.of("s.png", prompts.VANILLA, "x").to_dict()]))
    data = f"data={tmp_path / 'x.json'},{tmp_path / 'x_tree.json'}"
    assert main(["engine=python:nowhere:read", data, "task=tree", f"output={tmp_path / 'out'}"]) == 2
    assert "two results called 'x_tree'" in capsys.readouterr().err


def test_a_picture_outside_media_dir_is_neither_asked_nor_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "any_reader.py").write_text("def read(picture):\n    return 'x'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("public", "private"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (40, 30), "white").save(tmp_path / name / f"{name}.png")
    (tmp_path / "public" / "link").symlink_to(tmp_path / "private")
    paths = ["public.png", "../private/private.png", str(tmp_path / "private/private.png"), "link/private.png"]
    records = [Record.of(path, prompts.VANILLA, "x").to_dict() for path in paths]
    (tmp_path / "toy.json").write_text(json.dumps(records))
    words = ["engine=python:any_reader:read", f"data={tmp_path / 'toy.json'}", f"media_dir={tmp_path / 'public'}"]
    assert main([*words, f"output={tmp_path / 'out'}", "cdm=false"]) == 1
    rows = json.loads((tmp_path / "out" / "toy_pred.json").read_text())
    assert [("failure" in row, row["image_path"]) for row in rows] == [(False, "public.png")] + [(True, "")] * 3
    assert ["absolute_paths=true" in row.get("failure", "") for row in rows] == [False, False, True, False]
    assert main([*words, "absolute_paths=true", f"output={tmp_path / 'all'}", "cdm=false"]) == 1
    rows = json.loads((tmp_path / "all" / "toy_pred.json").read_text())
    assert [("failure" in row, row["image_path"]) for row in rows] == [
        *[(False, "public.png"), (True, ""), (False, paths[2]), (True, "")]
    ]
