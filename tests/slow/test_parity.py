"""Every model family learns twelve pictures by heart through LLaMA-Factory, the engines read them back, and each side
sees the same on the way; faults that are planted are found at their place.

One process of each environment writes all traces: starting one takes longer than most of them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps
from workshop import Workshop

from unimumer_data.training.recipe import read_recipe
from unimumer_eval.parity.differences import Parity, compare_traces
from unimumer_eval.parity.trace import read_trace

ROOT = Path(__file__).resolve().parents[2]
STEPS = 160
# How LLaMA-Factory is told to train each family; qwen2.5-vl learns in test_by_heart.py.
TRAINED = {
    "qwen2.5-vl": {"template": "qwen2_vl"},
    "qwen3-vl": {"template": "qwen3_vl_nothink"},
    "qwen3.5": {"template": "qwen3_5", "enable_thinking": False},
    "glm-ocr": {"template": "glm_ocr"},
}
LEARNED = [name for name in TRAINED if name != "qwen2.5-vl"]
THOUGHTLESS = "template_args={enable_thinking: false}"
HALF = "dtype=bfloat16"

PREPARE = """
import torch, shutil
from pathlib import Path
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText
from unimumer_data.training.tiny import TinyConfig, make_tiny
from unimumer_data.training.tiny_families import FAMILIES
for family in FAMILIES:
    make_tiny(TinyConfig(family=family, output=Path(f"tiny/{family}"), records=(Path("data/sample/sample.json"),)))
model = AutoModelForImageTextToText.from_pretrained("tiny/qwen2.5-vl")
linear = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
chosen = [name for name in linear if "lm_head" not in name and "merger" not in name]
torch.manual_seed(0)
adapted = get_peft_model(model, LoraConfig(r=8, target_modules=chosen, init_lora_weights=False))
adapted.save_pretrained("adapter")
AutoModelForImageTextToText.from_pretrained("tiny/qwen2.5-vl", dtype=torch.bfloat16).save_pretrained("stored_half")
for path in Path("tiny/qwen2.5-vl").iterdir():
    if not (Path("stored_half") / path.name).exists():
        shutil.copy(path, "stored_half")
shutil.copytree("tiny/qwen2.5-vl", "four_bits")
weights = load_file("four_bits/model.safetensors")
for name, weight in weights.items():
    if weight.dim() == 2:
        step = weight.abs().amax(dim=1, keepdim=True) / 7
        weights[name] = (weight / step).round() * step
save_file(weights, "four_bits/model.safetensors", metadata={"format": "pt"})
Path("other").mkdir()
Path("other/config.json").write_text(
    '{"model_type": "llava_onevision", "architectures": ["LlavaOnevisionForConditionalGeneration"]}'
)
"""
LEARN = """
import json, sys
from llamafactory.train.tuner import run_exp
for values in json.load(open(sys.argv[1])):
    run_exp(values)
"""
TRACE = """
import json, sys
from unimumer_eval.parity.command import main
for words in json.load(open(sys.argv[1])):
    print(words[-1], main(words), flush=True)
"""
Trace = Callable[[Path | str, str, list[list[str]]], str]


@pytest.fixture(scope="module")
def pictures(workshop: Workshop) -> None:
    """Twelve records of the bundled sample, all pictures of one size, as the data set ``twelve``; tiny models."""
    by_label = {record["messages"][1]["value"]: record for record in workshop.read("data/sample/sample.json")}
    records = []
    for number, record in enumerate(list(by_label.values())[::3][:12]):
        with Image.open(workshop.folder / record["images"][0]) as picture:
            padded = ImageOps.pad(picture.convert("RGB"), (160, 96), color="white")
        padded.save(workshop.folder / f"data/twelve_{number}.png")
        records.append({**record, "images": [f"./data/twelve_{number}.png"]})
    workshop.register("twelve", records)
    workshop.python("-c", PREPARE)


@pytest.fixture(scope="module")
def models(workshop: Workshop, pictures: None) -> dict[str, str]:
    """Family -> model: trained ones, and the random one of qwen2.5-vl."""
    values = dict(read_recipe(ROOT / "recipes" / "smoke.yaml").values)
    folders = {name: f"outputs/learned/{name}" for name in LEARNED}
    runs = [
        {
            **values,
            **TRAINED[name],
            "model_name_or_path": f"tiny/{name}",
            "dataset": "twelve",
            "output_dir": folders[name],
            "max_steps": STEPS,
            "preprocessing_num_workers": 1,
            "plot_loss": False,
        }
        for name in LEARNED
    ]
    (workshop.folder / "runs.json").write_text(json.dumps(runs), encoding="utf-8")
    workshop.python("-c", LEARN, "runs.json")
    return {**folders, "qwen2.5-vl": "tiny/qwen2.5-vl"}


@pytest.fixture(scope="module")
def trace(workshop: Workshop) -> Trace:
    """Write traces with one interpreter; takes lists of ``key=value`` words."""

    def write(python: Path | str, name: str, calls: list[list[str]], **environment: str) -> str:
        (workshop.folder / name).write_text(json.dumps(calls), encoding="utf-8")
        return workshop.run(python, "-c", TRACE, name, **environment)

    return write


def words(engine: str, model: str, *more: str, output: str) -> list[str]:
    few = () if "learned" in model else ("limit=3", "max_tokens=8")
    common = (f"engines={engine}", f"model={model}", "data=twelve", "limit=12", "max_tokens=128", *few, *more)
    pixels = () if any(word.startswith("image_max_pixels") for word in more) else ("image_max_pixels=16384",)
    return [*common, *pixels, f"output={output}.npz"]


def training(family: str, model: str, *, output: str, **change: Any) -> list[str]:
    return words("llamafactory", model, f"train_args={json.dumps({**TRAINED[family], **change})}", output=output)


@pytest.fixture(scope="module")
def trained_side(workshop: Workshop, models: dict[str, str], trace: Trace) -> None:
    """All traces of the training environment."""
    calls = []
    for family, model in models.items():
        calls.append(training(family, model, output=f"{family}.llamafactory"))
        calls.append(words("transformers", model, THOUGHTLESS, output=f"{family}.transformers"))
    tiny = models["qwen2.5-vl"]
    calls += [
        [*training("qwen3.5", models["qwen3.5"], output="half.llamafactory"), HALF],
        training("qwen2.5-vl", "stored_half", output="stored_half.llamafactory"),
        words("transformers", "stored_half", output="stored_half.transformers"),
        words("transformers", tiny, "image_max_pixels=8192", output="bound"),
        training("qwen2.5-vl", tiny, template="qwen3_vl_nothink", output="template"),
        training("qwen3.5", models["qwen3.5"], template="qwen3_5_nothink", output="thought"),
        words("transformers", tiny, "adapter=adapter", output="adapter.transformers"),
        words("transformers", "four_bits", output="four_bits"),
    ]
    trace(sys.executable, "training.json", calls)


@pytest.fixture(scope="module")
def said_by_vllm(workshop: Workshop, models: dict[str, str], vllm_python: Path, trace: Trace) -> str:
    """All traces of the vLLM environment; what the commands printed."""
    calls = [words("vllm", "other", "adapter=adapter", output="refused")]
    calls += [words("vllm", models[family], THOUGHTLESS, output=f"{family}.vllm") for family in TRAINED]
    without_tower = "engine_args={enable_tower_connector_lora: false}"
    calls += [
        words("vllm", models["qwen2.5-vl"], "adapter=adapter", output="adapter.vllm"),
        words("vllm", models["qwen2.5-vl"], "adapter=adapter", without_tower, output="adapter.without_tower"),
        words("vllm", models["qwen3.5"], THOUGHTLESS, "dtype=float32", output="float32"),
    ]
    return trace(vllm_python, "vllm.json", calls)


def compared(workshop: Workshop, first: str, second: str) -> Parity:
    return compare_traces(*(read_trace(workshop.folder / f"{name}.npz") for name in (first, second)))


def assert_clean(parity: Parity) -> None:
    assert parity.first is None
    assert all(stage.compared == parity.n for stage in parity.stages)


@pytest.mark.parametrize("family", LEARNED)
def test_transformers_gives_every_label_back(workshop: Workshop, trained_side: None, family: str) -> None:
    looks = read_trace(workshop.folder / f"{family}.transformers.npz").looks
    assert [look.text for look in looks] == [look.question.label for look in looks]
    assert len(looks) == 12


@pytest.mark.parametrize("family", LEARNED)
def test_vllm_gives_every_label_back(workshop: Workshop, said_by_vllm: str, family: str) -> None:
    looks = read_trace(workshop.folder / f"{family}.vllm.npz").looks
    assert [look.text for look in looks] == [look.question.label for look in looks]


@pytest.mark.parametrize("family", TRAINED)
def test_training_and_transformers_see_the_same(workshop: Workshop, trained_side: None, family: str) -> None:
    assert_clean(compared(workshop, f"{family}.llamafactory", f"{family}.transformers"))


@pytest.mark.parametrize("family", TRAINED)
def test_training_and_vllm_see_the_same(
    workshop: Workshop, trained_side: None, said_by_vllm: str, family: str
) -> None:
    assert_clean(compared(workshop, f"{family}.llamafactory", f"{family}.vllm"))


def test_both_sides_in_bfloat16_see_the_same(workshop: Workshop, trained_side: None, said_by_vllm: str) -> None:
    assert_clean(compared(workshop, "half.llamafactory", "qwen3.5.vllm"))
    label = compared(workshop, "qwen3.5.llamafactory", "half.llamafactory").stages[3]
    assert label.stage == "label"
    assert label.largest is not None and label.largest > 0  # the training path did run in another format


def test_a_checkpoint_stored_in_bfloat16_is_traced_in_float32(workshop: Workshop, trained_side: None) -> None:
    """LLaMA-Factory itself would run it in bfloat16, whatever the recipe says."""
    assert_clean(compared(workshop, "stored_half.llamafactory", "stored_half.transformers"))


def test_an_adapter_of_the_vision_tower_is_applied(workshop: Workshop, trained_side: None, said_by_vllm: str) -> None:
    assert_clean(compared(workshop, "adapter.transformers", "adapter.vllm"))


@pytest.mark.parametrize(
    ("fault", "right", "stage", "place"),
    [
        ("bound", "qwen2.5-vl.llamafactory", "picture", "patches and"),
        ("template", "qwen2.5-vl.transformers", "prompt", "token 1: '<|im_start|>"),
        ("thought", "qwen3.5.transformers", "prompt", "<think>"),
        ("four_bits", "qwen2.5-vl.transformers", "label", "log-probability of token 0"),
    ],
)
def test_a_planted_fault_is_found(
    workshop: Workshop, trained_side: None, fault: str, right: str, stage: str, place: str
) -> None:
    first = compared(workshop, right, fault).first
    assert first is not None
    assert first.stage == stage
    assert place in first.place


def test_an_adapter_without_its_vision_part_is_found(
    workshop: Workshop, trained_side: None, said_by_vllm: str
) -> None:
    first = compared(workshop, "adapter.transformers", "adapter.without_tower").first
    assert first is not None and first.stage == "label"


def test_wrong_positions_are_found(
    workshop: Workshop, trained_side: None, old_transformers: Path, trace: Callable[..., str]
) -> None:
    """Those of transformers 5.5.0, which LLaMA-Factory's collator asks for positions."""
    call = training("qwen2.5-vl", "tiny/qwen2.5-vl", output="positions")
    path = f"{old_transformers}{os.pathsep}{ROOT}"
    trace(sys.executable, "positions.json", [call], PYTHONPATH=path, DISABLE_VERSION_CHECK="1")
    first = compared(workshop, "qwen2.5-vl.transformers", "positions").first
    assert first is not None and first.stage == "positions"
    assert first.place.startswith("time of token")


def test_what_vllm_cannot_do_ends_in_one_sentence(said_by_vllm: str) -> None:
    assert (
        "it adapts the vision tower, which vllm would leave out in silence for other; merge it first" in said_by_vllm
    )
    assert "vllm stopped: CPU GDN attention requires BF16." in said_by_vllm
    assert 'Traceback (most recent call last):\n  File "<string>"' not in said_by_vllm
