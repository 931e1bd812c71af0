"""LLaMA-Factory reads every recipe, and trains two steps of each on CPU, with a tiny model of its family and the
bundled data.

Start-up takes longer than two steps, so one process reads or trains them all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from workshop import ROOT, Workshop

from scripts.write_recipes import read_family
from unimumer_data.training.doctor.model import family_of
from unimumer_data.training.recipe import read_recipe

RECIPES = {name: ROOT / "recipes" / f"{name}.yaml" for name in read_family(ROOT / "recipes")}
VALUES = {name: dict(read_recipe(path).values) for name, path in RECIPES.items()}
FAMILIES = {name: family_of(read_recipe(path)) for name, path in RECIPES.items()}
# dpo and kto read records of other kinds: test_after_sft.py
TRAINING = [name for name, values in VALUES.items() if values.get("stage") == "sft"]
# DeepSpeed is refused without the variables of torchrun.
SINGLE = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29521"}
TINY = {
    "model_name_or_path": "outputs/tiny",
    "image_max_pixels": 16384,
    "dataset": "sample,sample_tree,sample_can",  # LLaMA-Factory's launcher splits words at blanks
    "preprocessing_num_workers": 1,
    "dataloader_num_workers": 0,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 1,
    "use_cpu": True,
    "bf16": False,
    "max_steps": 2,
    "warmup_steps": 0,
    "logging_steps": 1,
    "plot_loss": False,
}

HERE = {"use_cpu": True, "enable_liger_kernel": False, "output_dir": "outputs/unused"}  # what this machine lacks
PARSE = """
import json, sys
from llamafactory.data.parser import get_dataset_list
from llamafactory.hparams import get_infer_args, get_train_args
found = {}
for name, values in json.load(open(sys.argv[1])).items():
    if values.get("do_train"):
        model, data, training, *_ = get_train_args({**values, **json.loads(sys.argv[3])})
        found[name] = [len(get_dataset_list(data.dataset, data.dataset_dir)), training.learning_rate]
    else:
        model, *_ = get_infer_args(values)
        found[name] = [model.model_name_or_path]
json.dump(found, open(sys.argv[2], "w"))
"""

MAKE = """
import json, sys
from pathlib import Path
from unimumer_data.training.tiny import TinyConfig, make_tiny
for family, output in json.loads(sys.argv[1]).items():
    make_tiny(TinyConfig(family=family, output=Path(output), records=(Path("data/sample/sample.json"),)))
"""

RUN = """
import json, sys
from llamafactory.train.tuner import run_exp
for values in json.load(open(sys.argv[1])).values():
    run_exp(values)
"""


def ask(
    workshop: Workshop,
    script: str,
    recipes: dict[str, Any],
    changes: dict[str, Any] | None = None,
    cwd: Path | None = None,
    **environment: str,
) -> Any:
    """Run a script that takes the recipes in a file, changes of all of them, and may leave findings in a file."""
    taken, found = workshop.folder / "recipes.json", workshop.folder / "found.json"
    taken.write_text(json.dumps(recipes), encoding="utf-8")
    found.unlink(missing_ok=True)
    workshop.run(sys.executable, "-c", script, taken, found, json.dumps(changes or {}), cwd=cwd, **environment)
    return json.loads(found.read_text(encoding="utf-8")) if found.exists() else None


def losses(workshop: Workshop, output: str) -> list[float]:
    lines = (workshop.folder / output / "trainer_log.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry["loss"] for entry in map(json.loads, lines) if "loss" in entry]


@pytest.fixture(scope="module")
def parsed(workshop: Workshop) -> dict[str, list[Any]]:
    return ask(workshop, PARSE, VALUES, HERE, cwd=ROOT, **SINGLE)


@pytest.mark.parametrize("name", VALUES)
def test_llamafactory_parses(parsed: dict[str, list[Any]], name: str) -> None:
    values = VALUES[name]
    if values.get("do_train"):
        assert parsed[name] == [len(values["dataset"].split(",")), values["learning_rate"]]
    else:
        assert parsed[name] == [values["model_name_or_path"]]


@pytest.fixture(scope="module")
def trained(workshop: Workshop) -> dict[str, str]:
    """Recipe -> output folder, after two steps of each without DeepSpeed, 4-bit weights and kernels for GPUs."""
    outputs = {name: f"outputs/two_steps/{name}" for name in TRAINING}
    others = {family for family in FAMILIES.values() if family not in (None, "qwen2.5-vl")}
    models = {family: f"outputs/tiny-{family}" for family in others}
    workshop.python("-c", MAKE, json.dumps(models))
    without = {"deepspeed": None, "quantization_bit": None, "enable_liger_kernel": False}
    recipes = {}
    for name in TRAINING:
        model = models.get(FAMILIES[name], TINY["model_name_or_path"])
        own = {"model_name_or_path": model, "output_dir": outputs[name]}
        recipes[name] = {**VALUES[name], **TINY, **without, **own}
    ask(workshop, RUN, recipes)
    return outputs


@pytest.mark.parametrize("name", TRAINING)
def test_trains_two_steps(workshop: Workshop, trained: dict[str, str], name: str) -> None:
    found = losses(workshop, trained[name])
    assert len(found) == 2
    assert all(loss > 0 for loss in found)
    weights = "adapter_model" if VALUES[name]["finetuning_type"] == "lora" else "model"
    assert (workshop.folder / trained[name] / f"{weights}.safetensors").is_file()


@pytest.mark.parametrize(("name", "processes"), [("unimumer", 2), ("zero3", 1)])
def test_trains_two_steps_with_its_own_deepspeed(workshop: Workshop, name: str, processes: int) -> None:
    """Not ZeRO-3 with two processes: DeepSpeed 0.18.4 refuses it on CPU, or corrupts the weights in silence. Nor
    offload, which compiles an optimizer of its own for minutes; run by hand it trains, too."""
    output = f"outputs/two_steps/{name}_{processes}"
    words = {**TINY, "deepspeed": ROOT / VALUES[name]["deepspeed"], "output_dir": output}
    workshop.train(
        f"recipes/{name}.yaml",
        *(f"{key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in words.items()),
        FORCE_TORCHRUN="1",
        NPROC_PER_NODE=str(processes),
        MASTER_PORT="29522",
    )
    assert len(losses(workshop, output)) == 2


def test_four_bit_weights(workshop: Workshop) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("bitsandbytes", reason="QLoRA needs bitsandbytes")
    if not torch.cuda.is_available():
        pytest.skip("bitsandbytes trains 4-bit weights on a GPU only")
    output = "outputs/two_steps/four_bits"
    ask(workshop, RUN, {"qlora": {**VALUES["qlora_8gb"], **TINY, "use_cpu": False, "output_dir": output}})
    assert len(losses(workshop, output)) == 2


def test_adapter_is_merged(workshop: Workshop, trained: dict[str, str]) -> None:
    words = ("model_name_or_path=outputs/tiny", f"adapter_name_or_path={trained['lora_24gb']}")
    workshop.run(
        "llamafactory-cli", "export", ROOT / "recipes" / "merge_lora.yaml", *words, "export_dir=outputs/merged"
    )
    assert (workshop.folder / "outputs" / "merged" / "model.safetensors").is_file()
