"""The table of known damage: each entry is complete, and met by the versions and recipes that it names only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unimumer_data.training.doctor import versions
from unimumer_data.training.doctor.findings import Findings
from unimumer_data.training.recipe import Recipe

QWEN25, QWEN3, QWEN35 = "Qwen/Qwen2.5-VL-3B-Instruct", "Qwen/Qwen3-VL-2B-Instruct", "Qwen/Qwen3.5-2B"
OTHER = "google/gemma-3-4b-it"


def found(
    monkeypatch: pytest.MonkeyPatch, model: str, installed: dict[str, str], **values: Any
) -> list[tuple[str, str]]:
    """(level, effect) of what the table says, with these versions installed."""
    monkeypatch.setattr(versions, "_version", installed.get)
    findings = Findings()
    recipe = Recipe(path=Path("r"), values={"model_name_or_path": model, "finetuning_type": "full", **values})
    versions.check_known_bad(recipe, findings)
    return [(finding.level, finding.message) for finding in findings]


@pytest.mark.parametrize(
    ("version", "model", "bad"),
    [
        ("5.2.0", QWEN25, False),
        ("5.3.0", QWEN25, True),
        ("5.5.0", QWEN3, True),
        ("5.5.3", QWEN25, True),
        ("5.5.4", QWEN25, False),
        ("5.6.0", QWEN25, False),
        ("5.5.0", OTHER, False),
    ],
)
def test_positions_of_still_pictures(monkeypatch: pytest.MonkeyPatch, version: str, model: str, bad: bool) -> None:
    said = found(monkeypatch, model, {"transformers": version})
    assert [level for level, text in said if "get_rope_index" in text] == ["error"] * bad


@pytest.mark.parametrize(
    ("model", "installed", "values", "part"),
    [
        (QWEN25, {"transformers": "5.6.0"}, {"flash_attn": "fa2"}, "crashes with flash_attn"),
        (QWEN25, {"transformers": "4.55.0"}, {}, "wrong position ids"),
        (QWEN25, {"transformers": "4.57.0"}, {}, "was withdrawn"),
        (QWEN25, {"transformers": "5.6.0"}, {"predict_with_generate": True}, "figures are too low"),
        (
            QWEN25,
            {"transformers": "5.6.0", "liger-kernel": "0.7"},
            {"enable_liger_kernel": True},
            "mm_token_type_ids",
        ),
        (QWEN3, {"llamafactory": "0.9.5"}, {"enable_liger_kernel": True}, "no liger kernel"),
        (QWEN35, {"llamafactory": "0.9.5"}, {"neat_packing": True}, "one packed record into the next"),
        (QWEN35, {"llamafactory": "0.9.5"}, {"flash_attn": "fa2"}, "stops without it"),
        (QWEN35, {"transformers": "5.6.0"}, {}, "many times slower"),
        (QWEN35, {"transformers": "5.5.4"}, {}, "other names for the vision tower"),
        (QWEN25, {}, {"finetuning_type": "lora", "freeze_vision_tower": False}, "enable_tower_connector_lora"),
    ],
)
def test_met(
    monkeypatch: pytest.MonkeyPatch, model: str, installed: dict[str, str], values: dict[str, Any], part: str
) -> None:
    assert any(part in text for _, text in found(monkeypatch, model, installed, **values))


@pytest.mark.parametrize(
    ("model", "installed", "values"),
    [
        (QWEN25, {"transformers": "5.5.4"}, {"flash_attn": "fa2", "predict_with_generate": False}),
        (QWEN25, {"transformers": "5.5.4", "liger-kernel": "0.8.0"}, {"enable_liger_kernel": True}),
        (QWEN25, {"llamafactory": "0.9.5"}, {"neat_packing": True, "enable_liger_kernel": True}),
        (QWEN35, {"llamafactory": "0.9.5", "flash-linear-attention": "0.4.1"},
         {"flash_attn": "fa2", "neat_packing": True}),
        (QWEN35, {"transformers": "5.6.0"}, {"use_cpu": True}),
        (QWEN25, {}, {"finetuning_type": "lora", "freeze_vision_tower": True}),
        (QWEN25, {}, {}),
    ],
)  # fmt: skip
def test_not_met(
    monkeypatch: pytest.MonkeyPatch, model: str, installed: dict[str, str], values: dict[str, Any]
) -> None:
    assert found(monkeypatch, model, installed, **values) == []


def test_entries_are_complete() -> None:
    for entry in versions.known_bad():
        assert entry.effect and entry.cure and entry.source
        assert entry.level in ("error", "warning", "note")
        assert entry.shown in ("test", "reported")
        assert entry.versions is not None or entry.level == "note"
        trains_wrongly = entry.silent and entry.level != "note" and "too low" not in entry.effect
        assert not trains_wrongly or entry.level == "error"


def test_qwen35_without_its_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"llamafactory": "0.9.5"}
    for template, levels in {"qwen3_5_nothink": ["warning"], "qwen3_5": []}.items():
        said = found(monkeypatch, QWEN35, installed, template=template, use_cpu=True)
        assert [level for level, text in said if "empty thought" in text] == levels
