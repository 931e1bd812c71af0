"""What may change an answer is among the settings of a run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from unimumer_eval.config import AskConfig
from unimumer_eval.engines import Request
from unimumer_eval.inference.settings import picture_digests, settings_of_model


def asked(**keys: Any) -> dict[str, Any]:
    return settings_of_model(AskConfig(**{"engine": "openai", "model": "m", "base_url": "http://a/v1", **keys}))


@pytest.mark.parametrize("change", [{"base_url": "http://b/v1"}, {"model": "n"}])
def test_another_endpoint_or_model_is_another_run(change: dict[str, str]) -> None:
    assert asked(**change) != asked() == asked()


def test_the_endpoint_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://c/v1")
    assert asked(base_url=None)["endpoint"] == "http://c/v1"


def test_no_password_of_an_address_is_stored() -> None:
    assert "secret" not in json.dumps(asked(base_url="http://user:secret@a/v1"))


@pytest.mark.parametrize("name", ["model.safetensors", "adapter_config.json", "preprocessor_config.json"])
def test_files_of_an_adapter_or_model_count(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    keys = {"engine": "transformers", "model": str(tmp_path), "adapter": tmp_path}
    before = asked(**keys)
    (tmp_path / name).write_text("1")
    after = asked(**keys)
    assert before["model_sha256"] != after["model_sha256"]
    assert before["adapter_sha256"] != after["adapter_sha256"]


@pytest.mark.parametrize("name", ["all_results.json", "trainer_state.json", "training_args.bin", "README.md"])
def test_a_model_that_is_trained_again_to_the_same_weights_is_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / "model.safetensors").write_text("weights")
    before = asked(model=str(tmp_path))
    (tmp_path / name).write_text("with the time that training took")
    assert asked(model=str(tmp_path)) == before


def test_pictures_are_known_by_their_content(tmp_path: Path) -> None:
    picture, pipe = tmp_path / "a.png", tmp_path / "pipe.png"
    os.mkfifo(pipe)
    paths = (picture, pipe, tmp_path / "none.png", Path("a\0.png"))
    requests = [Request(index=index, image=path, prompt="q") for index, path in enumerate(paths)]
    picture.write_bytes(b"one")
    before = picture_digests(requests)
    picture.write_bytes(b"two")
    after = picture_digests(requests)
    assert before[0] != after[0] and len(after[0]) == 16
    assert [after[index] for index in (1, 2, 3)] == ["", "", ""]
