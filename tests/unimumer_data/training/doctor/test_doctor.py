"""A sound recipe passes; a broken copy of each kind is caught with its own message."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.records.registry import file_entry
from unimumer_data.training.doctor.command import DoctorConfig, main
from unimumer_data.training.doctor.data import check_data, check_images
from unimumer_data.training.doctor.findings import Findings
from unimumer_data.training.doctor.recipe import check_disk, check_recipe
from unimumer_data.training.doctor.versions import check_versions
from unimumer_data.training.recipe import read_recipe

RECIPE: dict[str, Any] = {
    "model_name_or_path": "Qwen/Qwen2.5-VL-3B-Instruct",
    "image_max_pixels": 262144,
    "stage": "sft",
    "do_train": True,
    "finetuning_type": "full",
    "deepspeed": "zero2.json",
    "dataset_dir": ".",
    "dataset": "mine",
    "template": "qwen2_vl",
    "cutoff_len": 2048,
    "output_dir": "out",
    "save_strategy": "no",
    "per_device_train_batch_size": 1,
    "learning_rate": 0.0001,
    "bf16": True,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound recipe, registry, two records and their pictures; the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    for number in range(2):
        Image.new("RGB", (120, 60), (250, 250, 250 - number)).save(f"images/{number}.png")
    write_records([record(0), record(1)])
    Path("zero2.json").write_text('{"zero_optimization": {"stage": 2}}')
    Path("dataset_info.json").write_text(json.dumps({"mine": file_entry("mine.json")}))
    return tmp_path


def record(number: int, answer: str | None = "x ^ { 2 }", prompt: str = "<image>Read.") -> dict[str, Any]:
    return {
        "images": [f"images/{number}.png"],
        "messages": [{"from": "human", "value": prompt}, {"from": "gpt", "value": answer}],
    }


def write_records(records: Any) -> None:
    Path("mine.json").write_text(json.dumps(records))


def kinds(**overrides: Any) -> dict[str, str]:
    """kind -> message of all warnings and errors, by every check that needs no model."""
    Path("recipe.yaml").write_text(json.dumps({**RECIPE, **overrides}))  # JSON is YAML
    recipe = read_recipe(Path("recipe.yaml"))
    findings = Findings()
    check_recipe(recipe, findings)
    sets = check_data(recipe, findings)
    check_images(sets, recipe, findings, sample=None)
    return {finding.kind: finding.message for finding in findings if finding.level != "note"}


def test_a_sound_recipe_has_no_faults(project: Path) -> None:
    assert kinds() == {}


@pytest.mark.parametrize(
    ("overrides", "kind", "message"),
    [
        ({"learning_rate": "1e-5"}, "not_a_number", "learning_rate is the text '1e-5'"),
        ({"cutoff_len": "512"}, "not_a_number", "cutoff_len is the text '512'"),
        ({"max_steps": 2.5}, "not_a_number", "max_steps must be an integer"),
        ({"eval_dataset": "mien"}, "unknown_set", "did you mean 'mine'"),
        ({"per_device_train_batch_size": 0}, "not_positive", "is 0"),
        ({"stage": "sftt"}, "unknown_stage", "did you mean 'sft'"),
        ({"save_strategy": False}, "yaml_boolean", "the boolean false"),
        ({"image_max_pixels": 3000}, "tiny_images", "4 image tokens"),
        ({"bf16": False}, "full_precision", "twice the memory"),
        ({"tokenized_path": "images"}, "old_tokens", "tokenized_path images exists"),
        ({"dataset": "mine, mine"}, "set_twice", "listed twice"),
        ({"dataset": ""}, "no_data", "names no data set"),
        ({"dataset": "mien"}, "unknown_set", "did you mean 'mine'"),
        ({"dataset_dir": "data"}, "registry", "dataset_info.json"),
        ({"model_name_or_path": ""}, "no_model", "names no model"),
        ({"model_name_or_path": "outputs/tyni/x"}, "model_missing", "no config.json there"),
        ({"template": "qwen3_vl_nothink"}, "template", "does not fit"),
        ({"deepspeed": "zero9.json"}, "deepspeed_missing", "no such file"),
        ({"deepspeed": "recipe.yaml"}, "deepspeed_stage", "stage is None"),
        ({"media_dir": "elsewhere"}, "image_elsewhere", "without a warning"),
    ],
)
def test_a_broken_recipe(project: Path, overrides: dict[str, Any], kind: str, message: str) -> None:
    found = kinds(**overrides)
    assert message in found[kind]


def test_broken_deepspeed_json(project: Path) -> None:
    Path("zero2.json").write_text("{")
    assert "cannot be read as JSON" in kinds()["deepspeed_broken"]


def test_zero3_on_cpu(project: Path) -> None:
    Path("zero2.json").write_text('{"zero_optimization": {"stage": 3}}')
    assert "one process" in kinds(use_cpu=True)["zero3_on_cpu"]


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"tags": {"role_tag": "from"}}, "registry_entry", "lacks content_tag"),
        ({"columns": {"images": "images"}}, "registry_entry", '"columns" lacks "messages"'),
        ({"formatting": None}, "registry_entry", "alpaca"),
        ({"fiel_name": "x"}, "registry_key", "did you mean 'file_name'"),
        ({"file_name": "gone.json"}, "file_missing", "gone.json does not exist"),
    ],
)
def test_a_broken_registry(project: Path, change: dict[str, Any], kind: str, message: str) -> None:
    entry = {key: value for key, value in {**file_entry("mine.json"), **change}.items() if value is not None}
    Path("dataset_info.json").write_text(json.dumps({"mine": entry}))
    assert message in kinds()[kind]


@pytest.mark.parametrize(
    ("records", "kind", "message"),
    [
        ({"images": []}, "no_messages", "record 0 has no 'messages'"),
        ("x", "file_broken", "a JSON array is needed"),
        ([], "set_empty", "holds no record"),
        (["x"], "record", "record 0 is no object but a str"),
        ([{"images": []}], "no_messages", "has no 'messages'"),
        ([{**record(0), "messages": record(0)["messages"][:1]}], "odd_turns", "has 1 turns"),
        ([{**record(0), "messages": record(0)["messages"][::-1]}], "role", "turn 0 is by 'gpt'"),
        ([record(0, answer=None)], "null_text", "turn 1 is None"),
        ([record(0, answer=" ")], "empty_answer", "empty answer"),
        ([record(0, prompt="Read.")], "image_marks", "has 0 <image> for 1 images"),
        ([record(0, answer="<image> x")], "image_marks", "has 2 <image> for 1 images"),
        ([record(0, answer="<|image_pad|>")], "special_token", "<|image_pad|>"),
        ([record(0), record(0)], "duplicate", "record 1 is in 'mine' already"),
        ([record(7)], "image_missing", "images/7.png does not exist"),
    ],
)
def test_broken_records(project: Path, records: Any, kind: str, message: str) -> None:
    write_records(records)
    assert message in kinds()[kind]


def test_text_only_records_beside_images(project: Path) -> None:
    text = {"images": [], "messages": record(0, prompt="Say x.")["messages"]}
    Path("text.json").write_text(json.dumps([text]))
    entries = {"mine": file_entry("mine.json"), "text": file_entry("text.json")}
    Path("dataset_info.json").write_text(json.dumps(entries))
    assert "text hold no images" in kinds(dataset="mine, text")["text_only_mix"]


@pytest.mark.parametrize("listed", [True, False])
def test_test_samples_in_training(project: Path, listed: bool) -> None:
    entries = {"mine": file_entry("mine.json"), "crohme_2014": file_entry("test.json")}
    Path("dataset_info.json").write_text(json.dumps(entries))
    Path("test.json").write_text(json.dumps([record(1)]))
    if listed:
        assert "'crohme_2014' is among the training sets" in kinds(dataset="mine, crohme_2014")["test_set"]
    else:
        assert "images/1.png of the test set 'crohme_2014' is in 'mine'" in kinds()["leak"]


def _truncate() -> None:
    Path("images/0.png").write_bytes(Path("images/0.png").read_bytes()[:60])


def _transparent() -> None:
    Image.new("RGBA", (80, 40), (0, 0, 0, 0)).save("images/0.png")


def _turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40)).save("images/0.png", exif=exif)


def _sliver() -> None:
    Image.new("RGB", (3000, 10)).save("images/0.png")


def _bomb() -> None:
    Image.new("1", (20000, 20000)).save("images/0.png")


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (_truncate, "image_broken", "damaged or truncated"),
        (_transparent, "image_transparent", "black on black"),
        (_turned, "image_turned", "EXIF"),
        (_sliver, "image_broken", "sides over 200:1"),
        (_bomb, "image_broken", "scale it down first"),
    ],
)
def test_broken_pictures(project: Path, spoil: Callable[[], None], kind: str, message: str) -> None:
    spoil()
    assert message in kinds()[kind]


def test_byte_order_mark(project: Path) -> None:
    Path("mine.json").write_bytes(b"\xef\xbb\xbf" + Path("mine.json").read_bytes())
    assert "byte order mark" in kinds()["file_broken"]
    Path("mine.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(record(0)).encode())
    assert kinds() == {}  # LLaMA-Factory reads JSON lines with one


def test_a_number_that_only_yaml_1_1_takes_for_text(project: Path) -> None:
    Path("recipe.yaml").write_text(json.dumps(RECIPE).replace('"learning_rate": 0.0001', '"learning_rate": 1e-5'))
    findings = Findings()
    check_recipe(read_recipe(Path("recipe.yaml")), findings)
    assert findings.count("error") == 0


@pytest.mark.parametrize("lines", [True, False])
def test_shapes_of_files_that_llamafactory_reads(project: Path, lines: bool) -> None:
    records = [record(0), record(1)]
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records, indent=1)
    Path("mine.json").write_text(text)
    assert kinds() == {}


def test_broken_json_lines_say_which_line(project: Path) -> None:
    Path("mine.json").write_text(json.dumps(record(0)) + "\n{\n")
    assert "mine.json, line 2: broken JSON" in kinds()["file_broken"]


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        ([record(1)], None),
        ([record(7)], "image_missing"),
        ([record(1, prompt="Read.")], "image_marks"),
        (None, "file_missing"),
    ],
)
def test_evaluation_sets_are_examined_like_training_sets(project: Path, records: Any, kind: str | None) -> None:
    entries = {"mine": file_entry("mine.json"), "held": file_entry("held.json")}
    Path("dataset_info.json").write_text(json.dumps(entries))
    write_records([record(0)])
    if records is not None:
        Path("held.json").write_text(json.dumps(records))
    assert set(kinds(eval_dataset="held")) - {"set_empty"} == ({kind} if kind else set())


def test_a_mistake_on_the_command_line_is_not_blamed_on_the_file(project: Path) -> None:
    pytest.importorskip("llamafactory")
    Path("recipe.yaml").write_text(json.dumps({**RECIPE, "cutof_len": 1}))
    findings = Findings()
    check_recipe(read_recipe(Path("recipe.yaml"), ["learning_rat=1"]), findings)
    cures = {finding.cure for finding in findings if finding.kind == "unknown_key"}
    assert cures == {
        "Correct or delete learning_rat=... on the command line",
        "Correct or delete the line cutof_len: ... in recipe.yaml",
    }


def test_the_sets_that_are_there_are_named_first(project: Path) -> None:
    entries = {"sample": file_entry("data/sample/sample.json"), "mine": file_entry("mine.json")}
    Path("dataset_info.json").write_text(json.dumps(entries))
    findings = Findings()
    Path("recipe.yaml").write_text(json.dumps({**RECIPE, "dataset": "nosuch"}))
    check_data(read_recipe(Path("recipe.yaml")), findings)
    assert [finding.cure for finding in findings] == ["Built: mine; or: unimumer build"]


def test_unknown_keys_where_llamafactory_is_there(project: Path) -> None:
    pytest.importorskip("llamafactory")
    assert "did you mean 'cutoff_len'" in kinds(cutof_len=512)["unknown_key"]
    assert "unknown_key" not in kinds(exprate_dataset="mine")


def test_disk_and_versions(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("recipe.yaml").write_text(json.dumps({**RECIPE, "save_strategy": "steps"}))
    findings = Findings()
    check_disk(read_recipe(Path("recipe.yaml")), 10**15, findings)
    monkeypatch.setattr(
        "unimumer_data.training.doctor.versions.KNOWN_VERSIONS", {"pillow": ("1.0", "1.1"), "no-such": ("1", "2")}
    )
    check_versions(findings)
    assert {finding.kind for finding in findings} == {"disk", "version", "not_installed"}


def test_adapters_need_little_disk(project: Path) -> None:
    Path("recipe.yaml").write_text(json.dumps({**RECIPE, "save_strategy": "steps", "finetuning_type": "lora"}))
    findings = Findings()
    check_disk(read_recipe(Path("recipe.yaml")), 10**11, findings)
    assert "30.0 GB" in next(iter(findings)).message


def test_findings_count_what_they_do_not_show(capsys: pytest.CaptureFixture[str]) -> None:
    findings = Findings(keep=2)
    for number in range(5):
        findings.add("error", "role", f"record {number}", place="mine")
    assert findings.count("error") == 5
    findings.show()
    shown = capsys.readouterr().out
    assert "record 1" in shown and "record 2" not in shown
    assert "and 3 more of this kind" in shown


def test_findings_wrap_on_a_terminal_and_stay_whole_lines_in_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = Findings()
    findings.add("error", "role", "a [red]long[/red] message " * 5, "the cure")
    findings.add("note", "steps", "3 steps")
    findings.show()
    log = capsys.readouterr().out
    assert log.splitlines()[0] == "note    steps: 3 steps"
    assert len(log.splitlines()) == 3
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for name, value in {"COLUMNS": "60", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    findings.show()
    screen = capsys.readouterr().out
    assert "\x1b[31merror" in screen and "[red]long[/red]" in screen
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line).rstrip()) for line in screen.splitlines()) <= 60


def test_command(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("recipe.yaml").write_text(json.dumps(RECIPE))
    assert main(["recipe.yaml", "images=all", "dataset=mien"]) == 1
    assert "did you mean 'mine'" in capsys.readouterr().out
    assert main(["gone.yaml"]) == 2
    assert "no such file" in capsys.readouterr().err
    assert main(["recipe.yaml", "images=few"]) == 2
    assert DoctorConfig().images == 200
