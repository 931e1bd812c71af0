"""The command line: what it prints, what it writes, how it fails."""

import json
import os
import re
import runpy
import subprocess
import sys
import time
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


@pytest.mark.parametrize(
    ("names", "words", "shared"),
    [
        (("x", "x_tree"), ["task=tree"], "x_tree"),
        (("x", "x_tree"), ["task=tree", "plain=false"], "x_tree"),
        (("x", "x_vote5"), ["vote=5", "temperature=1"], "x_vote5"),
        (("x_can", "x_can_vote5"), ["task=can", "vote=5", "temperature=1"], "x_can_vote5"),
        (("x", "x_three"), ["task=three", "temperature=1"], "x_three"),
        (("x", "x_refine"), ["task=refine"], "x_refine"),
        (("x", "X"), [], "x"),
        (("x", "X_TREE"), ["task=tree"], "x_tree"),
        (("caf\u00e9", "cafe\u0301"), [], "caf\u00e9"),
        (("\u00df", "ss"), [], "ss"),
    ],
)
def test_two_sets_that_would_share_a_file_are_refused_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, str], words: list[str], shared: str
) -> None:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "s.png")
    for number, name in enumerate(names):
        (tmp_path / str(number)).mkdir()
        record = Record.of("s.png", prompts.VANILLA, "x").to_dict()
        (tmp_path / f"{number}/{name}.json").write_text(json.dumps([record]))
    data = ",".join(f"{tmp_path}/{number}/{name}.json" for number, name in enumerate(names))
    assert main(["engine=python:nowhere:read", f"data={data}", *words, f"output={tmp_path / 'out'}"]) == 2
    assert f"two results called '{shared}'" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {".lock"}


def test_prediction_files_whose_names_some_systems_take_for_one_get_their_folders_name(tmp_path: Path) -> None:
    files = [tmp_path / "a/toy_pred.json", tmp_path / "b/TOY_pred.json"]
    for file in files:
        file.parent.mkdir()
        file.write_text('[{"gt": "x", "pred": "x", "img_id": "a"}]')
    words = ["engine=replay", f"predictions={files[0]},{files[1]}", f"output={tmp_path / 'out'}", "cdm=false"]
    assert main(words) == 0
    assert {path.name for path in (tmp_path / "out").glob("*_pred.json")} == {"a_toy_pred.json", "b_TOY_pred.json"}


@pytest.mark.parametrize("key", ["labels", "predictions", "data", "calibration"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "toy_pred.json").write_text('[{"pred": "x", "img_id": "a"}]')
    words = ["engine=replay", f"predictions={tmp_path / 'toy_pred.json'}", f"output={tmp_path / 'out'}"]
    if key == "data":
        words[:2] = ["engine=python:nowhere:read"]
    assert main([*words, f"{key}={tmp_path / 'pipe.json'}"]) in (1, 2)
    (error,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("settings: ")]
    assert "pipe.json" in error and "file" in error


def test_what_a_recogniser_says_moves_no_cursor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rude_reader.py").write_text(
        "def read(picture):\n    raise ValueError('no \\x1b[31m \\x9b \\u202e')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    Image.new("RGB", (40, 30), "white").save(tmp_path / "s.png")
    (tmp_path / "toy.json").write_text(json.dumps([Record.of("s.png", prompts.VANILLA, "x").to_dict()]))
    words = ["engine=python:rude_reader:read", f"data={tmp_path / 'toy.json'}", f"output={tmp_path / 'out'}"]
    assert main(words) == 1
    said = "".join(capsys.readouterr())
    assert "first: s: refused: ValueError: no" in said
    assert not set("\x1b\x9b\u202e") & set(said)


SLOW_READER = """
import os, time
def read(picture):
    with open("asked.txt", "a") as file:
        file.write(f"{os.getpid()}\\n")
    time.sleep(0.1)
    return "%s"
"""


def test_two_runs_in_one_folder_that_are_killed_do_not_mix(tmp_path: Path) -> None:
    for name, text in (("first_reader", "x"), ("second_reader", "y")):
        (tmp_path / f"{name}.py").write_text(SLOW_READER % text)
    Image.new("RGB", (40, 30), "white").save(tmp_path / "s.png")
    records = [Record.of("s.png", prompts.VANILLA, "x").to_dict() for _ in range(12)]
    (tmp_path / "toy.json").write_text(json.dumps(records))

    def begin(name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "unimumer_data", "eval", f"engine=python:{name}:read", "data=toy.json"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
        return subprocess.Popen(
            [*command, "output=out", "cdm=false"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    runs = [begin("first_reader"), begin("second_reader")]
    journal = tmp_path / "out/toy_answers.jsonl.partial"
    end = time.monotonic() + 60
    while not (journal.exists() and journal.read_text().count("\n") >= 2) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    for one in runs:
        one.kill()
        one.communicate()
    texts = {json.loads(line)["outputs"][0]["text"] for line in journal.read_text().splitlines()}
    (begun,) = texts
    mine, other = ("first_reader", "second_reader") if begun == "x" else ("second_reader", "first_reader")
    turned_away = begin(other)
    assert "other settings" in turned_away.communicate()[1] and turned_away.returncode == 1
    resumed = begin(mine)
    said, errors = resumed.communicate()
    assert resumed.returncode == 0, said + errors
    assert "done before" in errors
    rows = json.loads((tmp_path / "out/toy_pred.json").read_text())
    assert [row["pred"] for row in rows] == [begun] * 12
    asked = (tmp_path / "asked.txt").read_text().split()
    assert len(asked) <= 13  # at most the one that was being answered is asked twice
    assert not list((tmp_path / "out").glob("*.partial"))


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
    capsys.readouterr()
    again = [f"predictions={tmp_path / 'all'}", f"media_dir={tmp_path / 'public'}", f"output={tmp_path / 'again'}"]
    assert main(["engine=replay", *again, "cdm=false"]) == 0
    assert "not shown, since they lie outside media_dir" in capsys.readouterr().err
