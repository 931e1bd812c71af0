"""The recipe family: what each recipe changes of recipes/unimumer.yaml, in one place.

    python scripts/write_recipes.py

writes the files again, and the table of recipes/README.md. LLaMA-Factory's YAML knows no include; with the shared
values copied by this module instead of by hand, and a test that nothing is out of date, a recipe differs from the
paper's training only where it says so.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unimumer_data.records.registry import TRAINING_SETS
from unimumer_data.support.commandline import parser, run_command
from unimumer_data.support.files import write_whole

FOLDER = Path("recipes")
BASE = "unimumer"
WIDTH = 119
MODEL_ZOO = "model zoo of the published project"
PAPER = "arXiv 2505.23566"
TABLE_MARKS = ("<!-- table: python scripts/write_recipes.py -->\n", "<!-- end of table -->")
NONE_PUBLISHED = "no published figure"

Value = str | int | float | bool | tuple[str, ...] | None  # a tuple is a list of names, one line each; None deletes


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One recipe.

    Args:
        title: what it trains; the first line of its header.
        purpose: what it reproduces or is for, in the table.
        commands: lines that run it.
        hardware: as the header has it.
        gpus: cards in all machines together; 0 for none.
        memory: GB on each card by the doctor's estimate with records of cutoff_len tokens; None where it knows no
            sizes of the model.
        expected: figure with its source.
        notes: further lines of the header.
        changes: keys that differ from unimumer.yaml; None for a file that is written by hand.
    """

    title: str
    purpose: str
    commands: tuple[str, ...]
    hardware: str
    gpus: int
    expected: str
    memory: int | None = None
    notes: tuple[str, ...] = ()
    changes: Mapping[str, Value] | None = field(default_factory=dict)


# Section of the keys that unimumer.yaml does not have.
SECTIONS = {
    "quantization_bit": "model",
    "lora_rank": "method",
    "lora_target": "method",
    "max_steps": "train",
}


def sets(corpora: Iterable[str], suffixes: Sequence[str] | None = None) -> tuple[str, ...]:
    """The `dataset` lines of some corpora, one a line; of all tasks, or only those with these suffixes."""
    lines = []
    for corpus in corpora:
        names = [name for name in TRAINING_SETS[corpus] if suffixes is None or name.endswith(tuple(suffixes))]
        lines.append(", ".join(names if suffixes is None else [corpus, *names]))
    return tuple(lines)


def _torchrun(recipe: str, gpus: int, extra: str = "") -> str:
    return f"FORCE_TORCHRUN=1 NPROC_PER_NODE={gpus} {extra}llamafactory-cli train recipes/{recipe}.yaml"


def _watched(recipe: str) -> str:
    """With ExpRate of a validation set beside the loss."""
    return f"unimumer train recipes/{recipe}.yaml exprate_dataset=crohme_2014"


FOUR = "4 x A100 80G"
CROHME = sets(["crohme_train"])
_ABLATION_STEPS = 90
_EQUAL = (
    f"All five ablations see {_ABLATION_STEPS} x 512 = {_ABLATION_STEPS * 512} records, about one epoch of all tasks "
    "(8,836 training expressions of CROHME, five times), so that more tasks do not mean more training: with fewer "
    "tasks each record is seen more often. The paper may have counted otherwise."
)


def _ablation(name: str, tasks: str, suffixes: Sequence[str] | None, figure: str) -> dict[str, Member]:
    recipe = f"ablation_{name}"
    return {
        recipe: Member(
            title=f"Ablation of the tasks on CROHME: {tasks}.",
            purpose=f"Table 3, {tasks}",
            commands=(_torchrun(recipe, 4),),
            hardware=f"{FOUR}. Effective batch: 4 x 4 x 32 = 512.",
            gpus=4,
            memory=32,
            expected=f"CROHME average {figure} ({PAPER}, Table 3)",
            notes=(_EQUAL,),
            changes={
                "dataset": sets(["crohme_train"], suffixes),
                "output_dir": f"outputs/{recipe}",
                "num_train_epochs": None,
                "max_steps": _ABLATION_STEPS,
            },
        )
    }


def _without(corpus: str, name: str, note: str = "") -> dict[str, Member]:
    recipe = f"leave_out_{name}"
    left_out = {corpus, "mathwriting_symbols"} if corpus == "mathwriting_train" else {corpus}
    return {
        recipe: Member(
            title=f"All tasks on all corpora but one: {corpus} is left out.",
            purpose=f"how much {corpus} gives to the others, and is got from them",
            commands=(_torchrun(recipe, 4),),
            hardware=f"{FOUR}. Effective batch: 4 x 4 x 32 = 512.",
            gpus=4,
            memory=32,
            expected=NONE_PUBLISHED,
            notes=(note,) if note else (),
            changes={
                "dataset": sets(corpus for corpus in TRAINING_SETS if corpus not in left_out),
                "output_dir": f"outputs/{recipe}",
            },
        )
    }


def _model(recipe: str, model: str, expected: str, memory: int | None = None, **changes: Value) -> dict[str, Member]:
    return {
        recipe: Member(
            title=f"Uni-MuMER's training with {model}.",
            purpose=f"the paper's training with {model.split('/')[1]}",
            commands=(_torchrun(recipe, 4),),
            hardware=f"{FOUR}. Effective batch: 4 x 4 x 32 = 512.",
            gpus=4,
            memory=memory,
            expected=expected,
            changes={"model_name_or_path": model, "output_dir": f"outputs/{recipe}", **changes},
        )
    }


_LORA: Mapping[str, Value] = {
    "finetuning_type": "lora",
    "lora_rank": 16,
    "lora_target": "all",
    "deepspeed": None,
    "dataset": CROHME,
    "learning_rate": 1.0e-4,
}

MEMBERS: Mapping[str, Member] = {
    BASE: Member(
        title="",
        purpose="the paper's training: Qwen2.5-VL-3B, five tasks, 26 data sets, 1 epoch, ZeRO-2",
        commands=(_torchrun(BASE, 4),),
        hardware=FOUR,
        gpus=4,
        memory=32,
        expected=f"CROHME 2014 82.05, 2016 77.94, 2019 79.23, 2023 69.52, HME100K 69.50 ({PAPER})",
        changes=None,
    ),
    "crohme": Member(
        title="Uni-MuMER-3B on CROHME alone: all tasks, no external data.",
        purpose="all tasks on CROHME alone",
        commands=(_torchrun("crohme", 4), f"FORCE_TORCHRUN=1 NPROC_PER_NODE=4 {_watched('crohme')}"),
        hardware=f"{FOUR}. Effective batch: 4 x 4 x 32 = 512.",
        gpus=4,
        memory=32,
        expected=f"CROHME average 73.29 ({PAPER}, Table 3)",
        notes=("The second command logs ExpRate of CROHME 2014 beside the loss (docs/training.md).",),
        changes={"dataset": CROHME, "output_dir": "outputs/crohme"},
    ),
    **_ablation("vanilla", "vanilla", (), "68.64"),
    **_ablation("tree", "vanilla + Tree-CoT", ("_tree",), "70.85"),
    **_ablation("edl", "vanilla + error-driven learning", ("_error_find", "_error_fix"), "70.30"),
    **_ablation("sc", "vanilla + symbol counting", ("_can",), "69.86"),
    **_ablation("all", "all tasks", None, "73.29"),
    **_without(
        "crohme_train",
        "crohme",
        "CROHME 2023 stays; 212 of its 12,204 training samples are CROHME's too (docs/corpora.md).",
    ),
    **_without("crohme2023", "crohme2023"),
    **_without("hme100k_train", "hme100k"),
    **_without("im2latex_v2_train", "im2latex_v2"),
    **_without("mathwriting_train", "mathwriting", "With it goes mathwriting_symbols, which is of the same corpus."),
    **_model("qwen2.5-vl-7b", "Qwen/Qwen2.5-VL-7B-Instruct", NONE_PUBLISHED, memory=58),
    **_model(
        *("qwen3-vl-2b", "Qwen/Qwen3-VL-2B-Instruct", f"CROHME 2023 70.96, MNE N1 79.63 ({MODEL_ZOO})"),
        template="qwen3_vl_nothink",
    ),
    **_model("qwen3-vl-4b", "Qwen/Qwen3-VL-4B-Instruct", NONE_PUBLISHED, template="qwen3_vl_nothink"),
    **_model(
        *("qwen3.5-2b", "Qwen/Qwen3.5-2B", f"CROHME 2014 83.98, MNE N3 56.83 ({MODEL_ZOO})"),
        template="qwen3_5_nothink",
    ),
    **_model("qwen3.5-4b", "Qwen/Qwen3.5-4B", f"MathWriting 54.32 ({MODEL_ZOO})", template="qwen3_5_nothink"),
    "zero3": Member(
        title="Uni-MuMER-3B with ZeRO-3: the weights too are shared among the GPUs.",
        purpose="the paper's training on cards of less memory",
        commands=(_torchrun("zero3", 4),),
        hardware="4 GPUs. Effective batch: 4 x 2 x 64 = 512.",
        gpus=4,
        memory=22,
        expected="as unimumer.yaml: the same optimizer steps",
        changes={
            "deepspeed": "recipes/deepspeed/zero3.json",
            "output_dir": "outputs/zero3",
            "per_device_train_batch_size": 2,
            "gradient_accumulation_steps": 64,
        },
    ),
    "zero3_offload": Member(
        title="Uni-MuMER-3B with ZeRO-3, weights and optimizer states in the memory of the host.",
        purpose="the paper's training on few small cards, slowly",
        commands=(_torchrun("zero3_offload", 2),),
        hardware="2 GPUs. Effective batch: 2 x 1 x 256 = 512.",
        gpus=2,
        memory=8,
        expected="as unimumer.yaml: the same optimizer steps",
        changes={
            "deepspeed": "recipes/deepspeed/zero3_offload.json",
            "output_dir": "outputs/zero3_offload",
            "per_device_train_batch_size": 1,
            "gradient_accumulation_steps": 256,
        },
    ),
    "lora_24gb": Member(
        title="LoRA on one card of 24 GB: all tasks on CROHME.",
        purpose="LoRA on CROHME",
        commands=("llamafactory-cli train recipes/lora_24gb.yaml",),
        hardware="1 GPU of 24 GB. Effective batch: 2 x 32 = 64.",
        gpus=1,
        memory=14,
        expected=NONE_PUBLISHED,
        notes=("Afterwards: recipes/merge_lora.yaml.",),
        changes={
            **_LORA,
            "output_dir": "outputs/lora_24gb",
            "per_device_train_batch_size": 2,
        },
    ),
    "qlora_8gb": Member(
        title="QLoRA on one card of 8 GB: all tasks on CROHME, the frozen weights in 4 bits.",
        purpose="QLoRA on CROHME",
        commands=("pip install bitsandbytes", "llamafactory-cli train recipes/qlora_8gb.yaml"),
        hardware="1 NVIDIA GPU of 8 GB. Effective batch: 1 x 64 = 64.",
        gpus=1,
        memory=5,
        expected=NONE_PUBLISHED,
        notes=("Afterwards: recipes/merge_lora.yaml with adapter_name_or_path=outputs/qlora_8gb.",),
        changes={
            **_LORA,
            "quantization_bit": 4,
            "output_dir": "outputs/qlora_8gb",
            "per_device_train_batch_size": 1,
            "gradient_accumulation_steps": 64,
        },
    ),
    "finetune_own": Member(
        title="Go on from the published checkpoint with one's own pictures, about 1,000 of them.",
        purpose="the published checkpoint, tuned to one's own folder",
        commands=(
            "unimumer build source=table path=FOLDER name=own split=train",
            "llamafactory-cli train recipes/finetune_own.yaml dataset=own,own_tree,own_can",
        ),
        hardware="1 GPU of 24 GB. Effective batch: 2 x 8 = 16.",
        gpus=1,
        memory=14,
        expected=NONE_PUBLISHED,
        notes=(
            "Without dataset= it trains on the bundled sample. Pictures that are kept apart, built as name=own_test, "
            "show when to stop: unimumer train with the same words and exprate_dataset=own_test.",
            "Afterwards: recipes/merge_lora.yaml.",
        ),
        changes={
            **_LORA,
            "model_name_or_path": "phxember/Uni-MuMER-Qwen2.5-VL-3B",
            "dataset": ("sample, sample_tree, sample_can",),
            "output_dir": "outputs/finetune_own",
            "per_device_train_batch_size": 2,
            "gradient_accumulation_steps": 8,
            "num_train_epochs": 3.0,
        },
    ),
    "multinode": Member(
        title="Uni-MuMER-3B on two machines of four GPUs.",
        purpose="the paper's training on several machines",
        commands=tuple(
            _torchrun("multinode", 4, f"NNODES=2 NODE_RANK={rank} MASTER_ADDR=node0 MASTER_PORT=29500 ")
            for rank in (0, 1)
        ),
        hardware="2 x 4 x A100 80G. Effective batch: 2 x 4 x 4 x 16 = 512; on N machines keep the product.",
        gpus=8,
        memory=26,
        expected="as unimumer.yaml: the same optimizer steps",
        notes=(
            "One line on each machine; node0 is the address of the first. Data, model and output_dir lie at the same "
            "paths on all of them. Elastic: RDZV_ID=NAME MIN_NNODES=1 MAX_NNODES=2 instead of NODE_RANK.",
        ),
        changes={"output_dir": "outputs/multinode", "gradient_accumulation_steps": 16},
    ),
    "hub": Member(
        title="Uni-MuMER-3B on the published data from the hub, nothing built.",
        purpose="the paper's training on the published records",
        commands=(_torchrun("hub", 4),),
        hardware=f"{FOUR}. Effective batch: 4 x 4 x 32 = 512. LLaMA-Factory downloads phxember/Uni-MuMER-Data.",
        gpus=4,
        memory=32,
        expected="as unimumer.yaml",
        changes={
            "dataset": tuple(re.sub(r"(\w+)", r"hub_\1", line) for line in sets(TRAINING_SETS)),
            "output_dir": "outputs/hub",
        },
    ),
    "merge_lora": Member(
        title="",
        purpose="an adapter and its base become one checkpoint",
        commands=("llamafactory-cli export recipes/merge_lora.yaml",),
        hardware="CPU",
        gpus=0,
        expected="the adapter's",
        changes=None,
    ),
    "serve": Member(
        title="",
        purpose="an OpenAI-style endpoint",
        commands=("API_PORT=8000 llamafactory-cli api recipes/serve.yaml infer_backend=vllm",),
        hardware="1 GPU",
        gpus=1,
        expected="the checkpoint's",
        changes=None,
    ),
    "smoke": Member(
        title="",
        purpose="a tiny random model learns the bundled sample",
        commands=("llamafactory-cli train recipes/smoke.yaml",),
        hardware="any CPU",
        gpus=0,
        expected="above 90 on the 48 pictures learned by heart, about 0 on the others (tests/slow)",
        changes=None,
    ),
}


def write_recipe(name: str, base: str) -> str:
    """The text of a recipe.

    Args:
        name: a member whose `changes` are not None.
        base: the text of recipes/unimumer.yaml.
    """
    member = MEMBERS[name]
    assert member.changes is not None
    lines = _header(member)
    left = dict(member.changes)
    for section, entries in _sections(base).items():
        lines += ["", f"### {section}"]
        for key, text in entries.items():
            lines += _entry(key, left.pop(key)) if key in left else [text]
        for key in [key for key in left if SECTIONS.get(key) == section]:
            lines += _entry(key, left.pop(key))
    assert not left, f"{name}: SECTIONS lacks {', '.join(left)}"
    return "\n".join(lines) + "\n"


def _header(member: Member) -> list[str]:
    changed = [key for key in member.changes or {} if key != "output_dir"]
    prose = (
        f"Hardware: {member.hardware}",
        f"Expected: {member.expected}.",
        *member.notes,
        f"Differs from unimumer.yaml in: {', '.join(changed) or 'the output folder'}. "
        "Written by python scripts/write_recipes.py.",
    )
    commands = [f"  {command}" for command in member.commands]
    lines = [member.title, "", *commands, "", *(line for text in prose for line in textwrap.wrap(text, WIDTH - 2))]
    return [f"# {line}".rstrip() for line in lines]


def _sections(base: str) -> dict[str, dict[str, str]]:
    """Section -> key -> its text, with the lines that continue it."""
    found: dict[str, dict[str, str]] = {}
    key = section = ""
    for line in base.splitlines():
        if line.startswith("### "):
            section = line.removeprefix("### ")
            found[section] = {}
        elif match := re.match(r"(\w+):", line):
            key = match[1]
            found[section][key] = line
        elif line.startswith(" "):
            found[section][key] += f"\n{line}"
    return found


def _entry(key: str, value: Value) -> list[str]:
    """Lines of a key; none for None."""
    if value is None:
        return []
    if isinstance(value, tuple):
        if len(value) == 1:
            return [f"{key}: {value[0]}"]
        return [f"{key}: >-", *(f"  {line}," for line in value[:-1]), f"  {value[-1]}"]
    if isinstance(value, bool):
        return [f"{key}: {str(value).lower()}"]
    if isinstance(value, float) and value < 0.001:
        return [f"{key}: {value:.1e}".replace("e-0", "e-")]  # PyYAML reads 1e-4 as text, 1.0e-4 as a number
    return [f"{key}: {value}"]


def write_table() -> str:
    """The table of recipes/README.md."""
    rows = ["| recipe | what it is for | command | GPUs | GB a GPU | expected ExpRate, source |", "| --- " * 6 + "|"]
    for name, member in MEMBERS.items():
        command = next(line for line in member.commands if "llamafactory-cli" in line)
        cells = (
            f"[{name}.yaml]({name}.yaml)",
            member.purpose,
            f"`{command}`",
            str(member.gpus or "none"),
            str(member.memory or "-"),
            member.expected,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def written(folder: Path = FOLDER) -> dict[Path, str]:
    """Each file that this module writes, with its text as it should be."""
    base = (folder / f"{BASE}.yaml").read_text(encoding="utf-8")
    files = {
        folder / f"{name}.yaml": write_recipe(name, base)
        for name, member in MEMBERS.items()
        if member.changes is not None
    }
    readme = folder / "README.md"
    start, end = TABLE_MARKS
    before, _, rest = readme.read_text(encoding="utf-8").partition(start)
    return files | {readme: before + start + write_table() + end + rest.partition(end)[2]}


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    parser("python scripts/write_recipes.py", __doc__).parse_args(argv)
    return run_command(_write)


def _write() -> None:
    for path, text in written().items():
        write_whole(path, text)
    print(f"{FOLDER}: {len(MEMBERS)} recipes")


if __name__ == "__main__":
    sys.exit(main())
