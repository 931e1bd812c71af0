"""Where a checkpoint is, and what its folder says about itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.errors import ConfigError, EngineError
from unimumer_eval.config import AskConfig
from unimumer_eval.engines import open_engine
from unimumer_eval.engines.checkpoints import check_place, other_bounds, resolve


def folder(path: Path, **files: object) -> Path:
    path.mkdir()
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return path


def test_an_adapter_given_as_a_model_goes_on_with_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = folder(tmp_path / "base", config={})
    adapter = folder(tmp_path / "adapter", adapter_config={"base_model_name_or_path": str(base)})
    found = resolve(AskConfig(engine="transformers", model=str(adapter)))
    assert (found.model, found.adapter) == (str(base), adapter)
    assert f"loaded onto its model: model={base} adapter={adapter}" in capsys.readouterr().err
    assert resolve(found) == found


def test_an_adapter_for_an_engine_without_adapters_says_what_to_do(tmp_path: Path) -> None:
    base = folder(tmp_path / "base", config={})
    adapter = folder(tmp_path / "adapter", adapter_config={"base_model_name_or_path": str(base)})
    with pytest.raises(ConfigError, match=r"is a LoRA adapter of .*llamafactory-cli export"):
        resolve(AskConfig(engine="vllm", scale="ray", model=str(adapter)))


def test_an_adapter_that_does_not_name_its_model(tmp_path: Path) -> None:
    adapter = folder(tmp_path / "adapter", adapter_config={})
    with pytest.raises(ConfigError, match=r"write model=\.\.\. adapter="):
        resolve(AskConfig(engine="transformers", model=str(adapter)))
    (adapter / "adapter_config.json").write_text("[")
    with pytest.raises(EngineError, match=r"adapter_config\.json cannot be read"):
        resolve(AskConfig(engine="transformers", model=str(adapter)))


@pytest.mark.parametrize(("pixels", "warns"), [(16_384, False), (262_144, True)])
def test_other_pixel_bounds_than_in_training_are_told(pixels: int, warns: bool, tmp_path: Path) -> None:
    bounds = {"image_max_pixels": 16_384, "image_min_pixels": 1_024, "template": "qwen2_vl"}
    model = folder(tmp_path / "model", config={}, unimumer=bounds)
    said = other_bounds(AskConfig(engine="transformers", model=str(model), image_max_pixels=pixels))
    assert (said is not None) == warns
    if warns:
        assert "was trained with image_max_pixels=16384" in str(said)


def test_a_model_without_stored_bounds_is_not_warned_about(tmp_path: Path) -> None:
    assert other_bounds(AskConfig(engine="transformers", model=str(folder(tmp_path / "m", config={})))) is None


def test_a_model_of_a_hub_that_is_silent_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries would ask for minutes."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # discard: nobody listens there
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(EngineError, match=r"model=nobody/nothing: not on this machine.*hf download nobody/nothing"):
        open_engine(AskConfig(model="nobody/nothing", engine="transformers"))


def test_a_model_in_the_cache_is_used_without_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    snapshot = tmp_path / "models--somebody--something" / "snapshots" / "0"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("0")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    check_place(AskConfig(model="somebody/something", engine="transformers"))
    assert constants.HF_HUB_OFFLINE is True
