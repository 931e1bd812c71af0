"""Which template fits a model, and where its files are; no hub is asked for a name that it cannot have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unimumer_data.training.doctor.findings import Findings
from unimumer_data.training.doctor.model import family_of
from unimumer_data.training.doctor.recipe import _check_model
from unimumer_data.training.hub import can_be_on_the_hub, find_model
from unimumer_data.training.recipe import Recipe


def errors(model: str, template: str | None) -> list[str]:
    findings = Findings()
    _check_model(Recipe(path=Path("r"), values={"model_name_or_path": model, "template": template}), findings)
    return [finding.cure for finding in findings if finding.level == "error"]


@pytest.mark.parametrize(
    ("model", "template", "cures"),
    [
        ("Qwen/Qwen2.5-VL-3B-Instruct", "qwen2_vl", []),
        ("phxember/Uni-MuMER-Qwen2.5-VL-3B", "qwen2_vl", []),
        ("Qwen/Qwen2.5-VL-3B-Instruct", "qwen3_vl_nothink", ["template: qwen2_vl"]),
        ("Qwen/Qwen3-VL-2B-Instruct", "qwen3_vl_nothink", []),
        ("Qwen/Qwen3-VL-2B-Instruct", "qwen3_vl", ["template: qwen3_vl_nothink"]),
        ("Qwen/Qwen3-VL-2B-Thinking", "qwen3_vl", []),
        ("Qwen/Qwen3-VL-2B-Thinking", "qwen3_vl_nothink", ["template: qwen3_vl"]),
        ("Qwen/Qwen3.5-2B", "qwen3_5", []),
        ("Qwen/Qwen3.5-2B", "qwen3_5_nothink", []),
        ("Qwen/Qwen3.5-2B-Base", "qwen3_5", []),
        ("zai-org/GLM-OCR", "glm_ocr", []),
        ("Qwen/Qwen2.5-VL-3B-Instruct", None, ["template: qwen2_vl"]),
    ],
)
def test_template(model: str, template: str | None, cures: list[str]) -> None:
    assert errors(model, template) == cures


def test_every_registered_template_is_taken() -> None:
    constants = pytest.importorskip("llamafactory.extras.constants", reason="needs the training environment")
    checked = 0
    for title, template in constants.DEFAULT_TEMPLATE.items():
        for source in constants.SUPPORTED_MODELS[title].values():
            if title in constants.MULTIMODAL_SUPPORTED_MODELS:
                assert errors(source, template) == [], source
                checked += 1
    assert checked > 100


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("qwen2_5_vl", "qwen2.5-vl"),
        ("qwen3_vl", "qwen3-vl"),
        ("qwen3_5", "qwen3.5"),
        ("glm_ocr", "glm-ocr"),
        ("x", None),
    ],
)
def test_family_of_a_folder_is_that_of_its_config(tmp_path: Path, kind: str, family: str | None) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    assert family_of(Recipe(path=Path("r"), values={"model_name_or_path": str(tmp_path)})) == family
    assert find_model(str(tmp_path)) == "local"


@pytest.mark.parametrize("name", ["outputs/nothere", "./a/b", "/a/b", "a", "a/b/c", "~/a", "../x", "a b/c"])
def test_no_request_for_what_is_no_name_of_the_hub(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a request was made")

    monkeypatch.chdir(tmp_path)
    Path("outputs").mkdir()
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    assert not can_be_on_the_hub(name)
    assert find_model(name) == "missing"
    assert errors(name, "qwen2_vl") == ["Correct model_name_or_path, or make the tiny model: unimumer tiny"]


def test_a_hub_that_cannot_be_reached_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # discard: nobody listens there
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert find_model("nobody/no-such-model") == "unreachable"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_ENDPOINT", "no address")
    assert find_model("nobody/no-such-model") == "unreachable"
