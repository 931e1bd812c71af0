"""What can be wrong with a recipe before LLaMA-Factory starts; tests/slow lets LLaMA-Factory itself read them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DATA_RECIPES = sorted((ROOT / "recipes" / "data").glob("*.yaml"))  # of unimumer_data.build; see test_build.py
RECIPES = sorted(set((ROOT / "recipes").glob("**/*.yaml")) - set(DATA_RECIPES))
DEEPSPEED = sorted((ROOT / "recipes" / "deepspeed").glob("*.json"))
REGISTRY = json.loads((ROOT / "dataset_info.json").read_text(encoding="utf-8"))
HEADINGS = ["model", "method", "dataset", "output", "train"]

CORPORA = ("crohme_train", "crohme2023", "hme100k_train", "im2latex_v2_train", "mathwriting_train")
TEST_SETS = (
    "crohme_2014 crohme_2016 crohme_2019 crohme2023_test hme100k_test im2latexv2_test mathwriting_test "
    "mne_n1 mne_n2 mne_n3"
).split()


def published_names() -> set[str]:
    """The 26 data sets of the published training."""
    names = {"mathwriting_symbols"}
    for corpus in CORPORA:
        short = corpus.removesuffix("_train") if corpus in ("hme100k_train", "im2latex_v2_train") else corpus
        names |= {corpus, f"{corpus}_tree", f"{corpus}_can", f"{short}_error_find", f"{short}_error_fix"}
    return names


def read(path: Path) -> dict[str, Any]:
    recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(recipe, dict)
    return recipe


def names_of(recipe: dict[str, Any]) -> list[str]:
    keys = ("dataset", "eval_dataset")
    return [name.strip() for key in keys if key in recipe for name in recipe[key].split(",")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, paths in {"recipe": RECIPES, "deepspeed": DEEPSPEED}.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, paths, ids=[path.name for path in paths])


def test_some_were_found() -> None:
    assert {"unimumer.yaml", "smoke.yaml"} <= {path.name for path in RECIPES}
    assert {"zero2.json", "zero3.json", "zero3_offload.json"} <= {path.name for path in DEEPSPEED}


def test_names_registered_data_sets_once_each(recipe: Path) -> None:
    names = names_of(read(recipe))
    assert names and not set(names) - set(REGISTRY)
    assert len(names) == len(set(names))  # LLaMA-Factory would load it once, without a word


def test_opens_with_its_command_and_keeps_the_headings(recipe: Path) -> None:
    text = recipe.read_text(encoding="utf-8")
    assert f"llamafactory-cli train {recipe.relative_to(ROOT).as_posix()}" in text.split("\n### ")[0]
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE)[:5] == HEADINGS


def test_numbers_are_numbers(recipe: Path) -> None:
    """PyYAML reads 1e-5 as text, and LLaMA-Factory does not check."""
    text_values = {key: value for key, value in read(recipe).items() if isinstance(value, str)}
    assert not [key for key, value in text_values.items() if re.fullmatch(r"[-+]?\d[-+.\de]*", value)]


def test_paths_are_inside_the_project(recipe: Path) -> None:
    values = read(recipe)
    assert values["dataset_dir"] == "."
    assert not [value for value in values.values() if str(value).startswith(("/", "~", ".."))]
    if "deepspeed" in values:
        assert (ROOT / values["deepspeed"]).is_file()


def test_trains_all_parts_on_the_published_template(recipe: Path) -> None:
    values = read(recipe)
    assert values["template"] == "qwen2_vl"
    assert values["freeze_vision_tower"] is False
    assert values["freeze_multi_modal_projector"] is False


def test_deepspeed_leaves_sizes_and_precision_to_the_recipe(deepspeed: Path) -> None:
    config = json.loads(deepspeed.read_text(encoding="utf-8"))
    assert {config["bf16"]["enabled"], config["train_micro_batch_size_per_gpu"]} == {"auto"}
    assert config["zero_optimization"]["stage"] == int(deepspeed.stem.removeprefix("zero")[0])
    assert ("offload" in deepspeed.stem) == ("offload_param" in config["zero_optimization"])
    if config["zero_optimization"]["stage"] == 3:  # without it the saved checkpoint is empty
        assert config["zero_optimization"]["stage3_gather_16bit_weights_on_model_save"] is True


def test_unimumer_is_the_training_of_the_paper() -> None:
    recipe = read(ROOT / "recipes" / "unimumer.yaml")
    assert set(names_of(recipe)) == published_names()
    assert len(published_names()) == 26
    gpus = 4
    assert gpus * recipe["per_device_train_batch_size"] * recipe["gradient_accumulation_steps"] == 512
    expected = {
        "finetuning_type": "full",
        "num_train_epochs": 1.0,
        "learning_rate": 1.0e-5,
        "lr_scheduler_type": "cosine",
        "warmup_ratio": 0.1,
        "bf16": True,
        "cutoff_len": 2048,
        "image_max_pixels": 262144,
        "deepspeed": "recipes/deepspeed/zero2.json",
    }
    assert {key: recipe[key] for key in expected} == expected


def test_registry_holds_the_published_names_built_and_from_the_hub() -> None:
    assert published_names() | set(TEST_SETS) | {"sample", "sample_tree", "sample_can"} <= set(REGISTRY)
    hub = {name.removeprefix("hub_"): entry for name, entry in REGISTRY.items() if "hf_hub_url" in entry}
    assert published_names() <= set(hub)
    for name, entry in hub.items():
        assert entry["subset"] == name
        assert entry["columns"] == {"messages": "conversations", "images": "image"}


@pytest.mark.parametrize("name", REGISTRY)
def test_registry_entry_is_complete(name: str) -> None:
    """LLaMA-Factory reads an entry without one of these as another format, in silence."""
    entry = REGISTRY[name]
    assert entry["formatting"] == "sharegpt"
    assert set(entry["columns"]) == {"messages", "images"}
    assert entry["tags"] == {
        "role_tag": "from",
        "content_tag": "value",
        "user_tag": "human",
        "assistant_tag": "gpt",
    }
    if "hf_hub_url" not in entry:
        assert entry["columns"] == {"messages": "messages", "images": "images"}
        assert re.fullmatch(rf"data/\w+/{name}\.json", entry["file_name"])
