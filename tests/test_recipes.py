"""What can be wrong with a recipe before LLaMA-Factory starts; tests/slow lets LLaMA-Factory read and run them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import write_recipes as recipes
import yaml

from unimumer_data.errors import ConfigError
from unimumer_data.training.doctor.findings import Findings
from unimumer_data.training.doctor.memory import check_memory, shape_of
from unimumer_data.training.doctor.packing import is_packed
from unimumer_data.training.recipe import read_recipe

ROOT = Path(__file__).resolve().parents[1]
DATA_RECIPES = sorted((ROOT / "recipes" / "data").glob("*.yaml"))  # of unimumer_data.build; see test_build.py
MEMBERS = recipes.read_family(ROOT / "recipes")
ALL = [ROOT / "recipes" / f"{name}.yaml" for name in MEMBERS]  # a user's own recipes beside them are not ours to judge
RECIPES = [path for path in ALL if "do_train: true" in path.read_text(encoding="utf-8")]
DEEPSPEED = sorted((ROOT / "recipes" / "deepspeed").glob("*.json"))
REGISTRY = json.loads((ROOT / "dataset_info.json").read_text(encoding="utf-8"))
HEADINGS = ["model", "method", "dataset", "output", "train"]

CORPORA = ("crohme_train", "crohme2023", "hme100k_train", "im2latex_v2_train", "mathwriting_train")
FULL = [name for name, member in MEMBERS.items() if member.gpus > 1 and name != "fast"]  # the paper's batch of 512
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
    for name, paths in {"recipe": RECIPES, "any_recipe": ALL, "deepspeed": DEEPSPEED}.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, paths, ids=[path.name for path in paths])


def test_some_were_found() -> None:
    assert len(ALL) > 20
    assert {path.stem for path in ALL} - {path.stem for path in RECIPES} == {"merge_lora", "serve"}
    assert {"zero2.json", "zero3.json", "zero3_offload.json"} <= {path.name for path in DEEPSPEED}


def test_names_registered_data_sets_once_each(recipe: Path) -> None:
    names = names_of(read(recipe))
    assert names and not set(names) - set(REGISTRY)
    assert len(names) == len(set(names))  # LLaMA-Factory would load it once, without a word


def test_written_files_are_up_to_date() -> None:
    """After a change of unimumer.yaml or of family.yaml: python scripts/write_recipes.py."""
    files = recipes.written(ROOT / "recipes")
    assert len(files) > 20
    assert [path.name for path, text in files.items() if path.read_text(encoding="utf-8") != text] == []


def test_a_recipe_of_ones_own_needs_no_entry(tmp_path: Path) -> None:
    for path in (*ALL, ROOT / "recipes" / "README.md", ROOT / "recipes" / recipes.FAMILY):
        shutil.copy(path, tmp_path)
    shutil.copy(ROOT / "recipes" / "crohme.yaml", tmp_path / "mine.yaml")
    assert tmp_path / "mine.yaml" not in recipes.written(tmp_path)
    assert all(path.read_text(encoding="utf-8") == text for path, text in recipes.written(tmp_path).items())


def test_an_entry_with_a_wrong_key_is_named(tmp_path: Path) -> None:
    (tmp_path / recipes.FAMILY).write_text("recipes: {mine: {gpus: 1, purpsoe: x, hardware: x, expected: x}}")
    with pytest.raises(ConfigError, match=r"family\.yaml: mine: .*'purpsoe' \(did you mean 'purpose'"):
        recipes.read_family(tmp_path)


@pytest.mark.parametrize("name", [name for name, member in MEMBERS.items() if member.changes is not None])
def test_differs_from_the_paper_only_where_it_says_so(name: str) -> None:
    base, own = (read(ROOT / "recipes" / f"{recipe}.yaml") for recipe in ("unimumer", name))
    changes = MEMBERS[name].changes or {}
    assert {key for key in base | own if base.get(key) != own.get(key)} == set(changes)
    header = (ROOT / "recipes" / f"{name}.yaml").read_text(encoding="utf-8").split("\n###")[0]
    assert all(key in header for key in changes if key != "output_dir")


def test_opens_with_its_command(any_recipe: Path) -> None:
    header = any_recipe.read_text(encoding="utf-8").split("\n### ")[0]
    assert re.search(rf"llamafactory-cli (train|api|export) recipes/{re.escape(any_recipe.name)}", header)
    for word in ("Hardware: ", "Expected") if any_recipe.stem != "smoke" else ("Hardware: ",):
        assert word in header


def test_keeps_the_headings(recipe: Path) -> None:
    assert re.findall(r"^### (\w+)$", recipe.read_text(encoding="utf-8"), re.MULTILINE) == HEADINGS


def test_readme_tells_command_and_figure_of_each() -> None:
    table = (ROOT / "recipes" / "README.md").read_text(encoding="utf-8")
    for name, member in MEMBERS.items():
        row = next(line for line in table.splitlines() if line.startswith(f"| [{name}.yaml]"))
        assert member.expected in row
        assert f"recipes/{name}.yaml" in row


@pytest.mark.parametrize("name", [name for name, member in MEMBERS.items() if member.memory])
def test_memory_is_the_doctors_estimate(name: str) -> None:
    recipe = read_recipe(ROOT / "recipes" / f"{name}.yaml")
    member, findings = MEMBERS[name], Findings()
    shape = shape_of(recipe.values["model_name_or_path"].replace("uni-mumer-", ""), None)
    assert shape is not None and member.memory
    tokens = recipe.number("cutoff_len", 2048) if is_packed(recipe) else 2048
    check_memory(recipe, shape, findings, gpus=member.gpus, tokens=tokens, gpu_memory=None)
    estimate = re.search(r"about ([\d.]+) GB", next(iter(findings)).message)
    assert estimate and abs(float(estimate[1]) - member.memory) < 1


@pytest.mark.parametrize("name", FULL)
def test_effective_batch_is_the_papers(name: str) -> None:
    recipe = read(ROOT / "recipes" / f"{name}.yaml")
    batch = recipe["per_device_train_batch_size"] * recipe["gradient_accumulation_steps"]
    assert batch * MEMBERS[name].gpus == 512


def test_ablations_see_equally_many_records() -> None:
    ablations = [read(path) for path in RECIPES if path.stem.startswith("ablation_")]
    assert len(ablations) == 5
    assert (
        len({(a["max_steps"], a["per_device_train_batch_size"], a["gradient_accumulation_steps"]) for a in ablations})
        == 1
    )
    assert not any("num_train_epochs" in ablation for ablation in ablations)
    names = {frozenset(name.removeprefix("crohme_train") for name in names_of(ablation)) for ablation in ablations}
    edl = {"_error_find", "_error_fix"}
    assert names == {
        frozenset(suffixes)
        for suffixes in ([""], ["", "_tree"], ["", *edl], ["", "_can"], ["", "_tree", "_can", *edl])
    }


def test_each_corpus_is_left_out_once() -> None:
    left_out = [
        published_names() - set(names_of(read(path))) for path in RECIPES if path.stem.startswith("leave_out_")
    ]
    assert len(left_out) == len(CORPORA)
    assert set.union(*left_out) == published_names()
    assert sum(map(len, left_out)) == 26  # no set twice


def test_models_come_with_their_template(any_recipe: Path) -> None:
    values = read(any_recipe)
    templates = {
        "Qwen2.5-VL": "qwen2_vl",
        "Qwen3-VL": "qwen3_vl_nothink",
        "Qwen3.5": "qwen3_5",
        "GLM-OCR": "glm_ocr",
        "outputs/crohme": "qwen2_vl",
        "tiny": "qwen2_vl",
    }
    (expected,) = (template for part, template in templates.items() if part in values["model_name_or_path"])
    assert values["template"] == expected


def test_merge_starts_from_what_lora_trained() -> None:
    merge, lora = (read(ROOT / "recipes" / f"{name}.yaml") for name in ("merge_lora", "lora_24gb"))
    assert merge["adapter_name_or_path"] == lora["output_dir"]
    assert merge["model_name_or_path"] == lora["model_name_or_path"]


def test_numbers_are_numbers(any_recipe: Path) -> None:
    """LLaMA-Factory does not check; tools that read YAML 1.1 would take 1e-5 for text."""
    text_values = {key: value for key, value in read(any_recipe).items() if isinstance(value, str)}
    assert not [key for key, value in text_values.items() if re.fullmatch(r"[-+]?\d[-+.\de]*", value)]


def test_paths_are_inside_the_project(any_recipe: Path) -> None:
    values = read(any_recipe)
    assert values.get("dataset_dir", ".") == "."
    assert not [value for value in values.values() if str(value).startswith(("/", "~", ".."))]
    if "deepspeed" in values:
        assert (ROOT / values["deepspeed"]).is_file()


def test_each_writes_to_a_folder_of_its_own() -> None:
    folders = [read(path)["output_dir"] for path in RECIPES]
    assert len(folders) == len(set(folders))


def test_trains_all_parts(recipe: Path) -> None:
    values = read(recipe)
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
    assert set(entry["columns"]) - {"chosen", "rejected", "kto_tag"} == {"messages", "images"}
    assert ("chosen" in entry["columns"]) == ("rejected" in entry["columns"]) == entry.get("ranking", False)
    assert entry["tags"] == {
        "role_tag": "from",
        "content_tag": "value",
        "user_tag": "human",
        "assistant_tag": "gpt",
    }
    if "hf_hub_url" not in entry:
        assert entry["columns"].items() >= {"messages": "messages", "images": "images"}.items()
        assert re.fullmatch(rf"data/\w+/{name}\.json", entry["file_name"])
