from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unimumer_data.build import command as build
from unimumer_data.build.error_sets import read_candidates
from unimumer_data.error_driven.corpus import main
from unimumer_data.records import registry
from unimumer_data.records.record import Record
from unimumer_data.records.sets import name_of
from unimumer_data.tasks import prompts
from unimumer_data.tasks.corrections import apply, strip
from unimumer_data.tasks.prompts import VANILLA

LABELS = {"a": "x ^ { 2 }", "b": "a + b + c + d", "c": r"\frac { 1 } { 2 }", "d": "z"}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A set as build leaves it."""
    records = [Record.of(f"./data/toy/images/{id}.png", VANILLA, label).to_dict() for id, label in LABELS.items()]
    folder = tmp_path / "data/toy"
    folder.mkdir(parents=True)
    (folder / "toy.json").write_text(json.dumps(records), encoding="utf-8")
    registry.update(tmp_path / "dataset_info.json", {"toy": registry.file_entry("data/toy/toy.json")})
    return tmp_path


def predicted(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(exist_ok=True)
    content = [{"gt": LABELS.get(row["img_id"], ""), "image_path": "", **row} for row in rows]
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def run(root: Path, *words: str) -> int:
    return main([f"output={root}", *words])


def read(root: Path, name: str) -> Any:
    return json.loads((root / f"data/toy/{name}.json").read_text(encoding="utf-8"))


def outcomes(root: Path, file: str) -> dict[str, int]:
    counts = read(root, "toy_errors_manifest")["candidates"][file]["outcomes"]
    return {name: count for name, count in counts.items() if count}


def test_every_candidate_is_accounted_for(toy):
    first = predicted(
        toy / "one/toy_pred.json",
        {"img_id": "a", "pred": "x ^ { 3 }", "samples": ["x ^ { 3 }", "x ^ { 2 }", "x ^ { 3 }", "x^3", r"x ^ 2"]},
        {"img_id": "b", "pred": ""},
        {"img_id": "c", "pred": "q w e r t y u i o p"},
        {"img_id": "d", "pred": "z " * 120},
        {"img_id": "e", "pred": "x"},
    )
    second = predicted(
        toy / "two/toy_pred.json",
        {"img_id": "a", "pred": "x ^ { 3 }"},
        {"img_id": "b", "gt": "n", "pred": "n"},
        {"img_id": "c", "pred": r"\frac { 1 } { z }", "failure": None},
        {"img_id": "d", "pred": None},
    )
    assert run(toy, "data=toy", f"predictions={first},{second}") == 0
    assert outcomes(toy, "one_toy") == {
        "taken": 1,
        "repeated": 2,  # x^3 is written as the labels are
        "right": 2,
        "empty": 1,
        "hopeless": 1,
        "runaway": 1,
        "unknown_id": 1,
    }
    assert outcomes(toy, "two_toy") == {"repeated": 1, "other_label": 1, "taken": 1, "failed": 1}
    refused = (toy / "data/toy/toy_errors_refused.jsonl").read_text(encoding="utf-8").splitlines()
    assert [(row["img_id"], row["reason"]) for row in map(json.loads, refused)] == [
        *(("b", "empty"), ("c", "hopeless"), ("d", "runaway"), ("e", "unknown_id")),
        *(("b", "other_label"), ("d", "failed")),
    ]
    assert read_candidates(toy / "data/toy/toy_errors.json") == {"a": ["x ^ { 3 }"], "c": [r"\frac { 1 } { z }"]}
    assert read(toy, "toy_errors")[0]["times"] == 4


def test_corpus_and_records(toy, capsys):
    file = predicted(toy / "toy_pred.json", {"img_id": "a", "pred": "x ^ { 3 }"}, {"img_id": "d", "pred": "z"})
    assert run(toy, "data=toy", f"predictions={file}") == 0
    (row,) = read(toy, "toy_errors")
    assert (strip(row["marked"]), apply(row["marked"], row["log"])) == (row["pred"], row["gt"])
    (find,), (fix,) = read(toy, "toy_error_find"), read(toy, "toy_error_fix")
    assert find["images"] == fix["images"] == ["./data/toy/images/a.png"]
    marked = "x ^ { <error_start> 3 <error_end> }"
    assert find["messages"][0]["value"] == "<image>" + prompts.ERROR_FIND.format(candidate="x ^ { 3 }")
    assert find["messages"][1]["value"] == marked
    assert fix["messages"][0]["value"] == "<image>" + prompts.ERROR_FIX.format(marked=marked)
    assert fix["messages"][1]["value"] == "REPLACE:3 -> 2\nx ^ { 2 }"
    entries = registry.read_registry(toy / "dataset_info.json")
    assert entries["toy_error_find"] == registry.file_entry("data/toy/toy_error_find.json")
    output = capsys.readouterr().out
    assert "1 errors for 4 samples, 4 wanted" in output
    assert "sample more predictions" in output


def test_broken_latex_keeps_its_tokens(toy):
    file = predicted(toy / "toy_pred.json", {"img_id": "a", "pred": "x^{ 2 \\  {  }"}, {"img_id": "d", "pred": "z }"})
    assert run(toy, "data=toy", f"predictions={file}") == 0
    rows = read(toy, "toy_errors")
    assert [row["pred"] for row in rows] == ["x ^ { 2 \\ { }", "z }"]
    assert all((strip(row["marked"]), apply(row["marked"], row["log"])) == (row["pred"], row["gt"]) for row in rows)


def test_balanced_over_pictures_before_depth(toy):
    rows = [
        {"img_id": "a", "pred": "x", "samples": [f"x ^ {{ {k} }}" for k in "3345678"]},
        {"img_id": "b", "pred": "x", "samples": ["a + b + c + 0", "a + b + c + o", "a + b + c + 0"]},
    ]
    file = predicted(toy / "toy_pred.json", *rows)
    assert run(toy, "data=toy", f"predictions={file}", "share=0.5") == 0
    assert {row["pred"]: row["times"] for row in read(toy, "toy_errors")} == {"x ^ { 3 }": 2, "a + b + c + 0": 2}
    assert outcomes(toy, "toy")["surplus"] == 6
    assert run(toy, "data=toy", f"predictions={file}") == 0
    assert [row["img_id"] for row in read(toy, "toy_errors")].count("b") == 2


def test_same_seed_same_bytes(toy):
    rows = [{"img_id": "a", "pred": "x", "samples": [f"x ^ {{ {k} }}" for k in "345678"]}]
    file = predicted(toy / "toy_pred.json", *rows)
    found = []
    for seed in (1, 1, 2, 3, 4):
        assert run(toy, "data=toy", f"predictions={file}", "share=0.5", f"seed={seed}") == 0
        found.append((toy / "data/toy/toy_errors.json").read_bytes())
    assert found[0] == found[1]
    assert len(set(found)) > 1


def test_lines_of_llamafactory_are_matched_with_the_set_they_bear_the_labels_of(toy, capsys):
    part = [Record.of(f"./data/toy/images/{id}.png", VANILLA, LABELS[id]).to_dict() for id in "cd"]
    (toy / "data/toy/toy_fold1.json").write_text(json.dumps(part))
    registry.update(toy / "dataset_info.json", {"toy_fold1": registry.file_entry("data/toy/toy_fold1.json")})
    prompt = f"system\nYou are a helpful assistant.\nuser\n{VANILLA}\nassistant\n"
    lines = [
        {"prompt": prompt, "predict": text, "label": LABELS[id]}
        for id, text in (("c", r"\frac { 1 } { z }"), ("d", "2"))
    ]
    file = toy / "generated_predictions.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert run(toy, "data=toy", f"predictions={file}") == 0
    assert read_candidates(toy / "data/toy/toy_errors.json") == {"c": [r"\frac { 1 } { z }"], "d": ["2"]}
    file.write_text("\n".join(map(json.dumps, lines[::-1])), encoding="utf-8")
    assert run(toy, "data=toy", f"predictions={file}") == 1
    assert "have no ids" in capsys.readouterr().err


def test_synthetic_errors(toy):
    assert run(toy, "data=toy", "synthetic=look-alikes") == 0
    assert {row["img_id"] for row in read(toy, "toy_errors")} == set(LABELS)
    table = predicted(toy / "learn_pred.json", {"img_id": "a", "pred": "x ^ { z }"})
    assert run(toy, "data=toy", f"synthetic={table}") == 0
    assert {row["pred"] for row in read(toy, "toy_errors")} == {"x ^ { z }", r"\frac { 1 } { z }"}


def test_without_a_set_labels_are_those_of_the_files(toy, capsys):
    file = predicted(toy / "toy_pred.json", {"img_id": "a", "pred": "x ^ { 3 }", "image_path": "./a.png"})
    assert run(toy, "name=other", f"predictions={file}") == 0
    (record,) = json.loads((toy / "data/other/other_error_find.json").read_text(encoding="utf-8"))
    assert record["images"] == ["./a.png"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["data=toy"], 2, "give predictions=<files> or synthetic=look-alikes"),
        (["synthetic=look-alikes"], 2, "needs data="),
        (["data=toy", "predictions=none.json"], 1, "none.json"),
        (["data=toys", "synthetic=look-alikes"], 2, "(did you mean 'toy'?)"),
        (["data=toy", "synthetic=none.json"], 2, "none.json: no such file"),
        (["data=toy", "synthetic=look-alikes", "rate=2"], 2, "rate must be"),
    ],
)
def test_what_cannot_be_done_is_said(toy, words, status, message, capsys):
    assert run(toy, *words) == status
    assert message in capsys.readouterr().err


def test_names_are_the_published_ones():
    published = {name for names in registry.TRAINING_SETS.values() for name in names if "_error_" in name}
    sets = ("crohme_train", "crohme2023", "hme100k_train", "im2latex_v2_train", "mathwriting_train")
    assert {name_of(one, suffix) for one in sets for suffix in ("_error_find", "_error_fix")} == published


def test_every_published_prediction_is_usable_or_refused_with_a_reason(shared_data, tmp_path, capsys):
    words = [f"predictions={shared_data / 'predictions'}", "name=published"]
    assert run(tmp_path, *words, "max_edit_share=1") == 0
    manifest = json.loads((tmp_path / "data/published/published_errors_manifest.json").read_text(encoding="utf-8"))
    totals: dict[str, int] = {}
    for counts in manifest["candidates"].values():
        for name, count in counts["outcomes"].items():
            totals[name] = totals.get(name, 0) + count
    assert sum(totals.values()) == 15468
    assert sum(totals.get(name, 0) for name in ("taken", "notation", "repeated", "runaway")) == 6593


def test_build_writes_error_records_with_the_others(tmp_path, capsys):
    corpus = ["source=crohme-inkml", f"path={build.SAMPLE / 'test'}", "name=mine", f"output={tmp_path}"]
    assert build.main([*corpus, "tasks=vanilla"]) == 0
    assert run(tmp_path, "data=mine", "synthetic=look-alikes") == 0
    folder = tmp_path / "data/mine"
    made = {name: (folder / name).read_bytes() for name in ("mine_error_find.json", "mine_error_fix.json")}
    for name in made:
        (folder / name).unlink()
    tasks = "tasks=vanilla,tree,can,error_find,error_fix"
    assert build.main([*corpus, tasks, f"errors={folder / 'mine_errors.json'}"]) == 0
    assert {name: (folder / name).read_bytes() for name in made} == made
    assert {"mine", "mine_tree", "mine_error_find"} <= set(registry.read_registry(tmp_path / "dataset_info.json"))
    assert build.main([*corpus, tasks]) == 2
    assert "needs wrong predictions" in capsys.readouterr().err


def test_a_name_that_something_else_has_is_not_written_over(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(toy, "data=toy", "synthetic=look-alikes", "name=c") == 0
    corpus = (toy / "data/c/c_errors.json").read_bytes()
    for other in ("data=toy_tree", "data=more"):
        name = other.removeprefix("data=")
        (toy / f"data/toy/{name}.json").write_bytes((toy / "data/toy/toy.json").read_bytes())
        registry.update(toy / "dataset_info.json", {name: registry.file_entry(f"data/toy/{name}.json")})
        assert run(toy, other, "synthetic=look-alikes", "name=c") == 2
        assert "of the data set 'toy' has this name" in capsys.readouterr().err
    assert (toy / "data/c/c_errors.json").read_bytes() == corpus
    assert run(toy, "data=toy", "synthetic=look-alikes", "name=c", "seed=1") == 0  # the same corpus again


def test_a_data_set_that_is_called_like_the_records_stays(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = registry.file_entry("data/mine/toy_error_find.json")
    registry.update(toy / "dataset_info.json", {"toy_error_find": mine})
    assert run(toy, "data=toy", "synthetic=look-alikes") == 2
    assert "'toy_error_find' is a data set already (data/mine/toy_error_find.json)" in capsys.readouterr().err
    assert registry.read_registry(toy / "dataset_info.json")["toy_error_find"] == mine
