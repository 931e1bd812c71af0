"""Write the recipe family: each recipe is unimumer.yaml with the differences that recipes/family.yaml lists.

    python scripts/write_recipes.py

writes the files again, and the table of recipes/README.md. A test fails when one is out of date.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unimumer_data.support.commandline import parser, run_command
from unimumer_data.support.config import make_config
from unimumer_data.support.files import write_whole

FOLDER = Path("recipes")
FAMILY = "family.yaml"
BASE = "unimumer"
WIDTH = 119
TABLE_MARKS = ("<!-- table: python scripts/write_recipes.py -->\n", "<!-- end of table -->")

# Section of the keys that unimumer.yaml does not have.
SECTIONS = {
    "quantization_bit": "model",
    "lora_rank": "method",
    "lora_target": "method",
    "pref_beta": "method",
    "flash_attn": "method",
    "enable_liger_kernel": "method",
    "neat_packing": "dataset",
    "pref_loss": "method",
    "pref_ftx": "method",
    "enable_thinking": "dataset",
    "mix_strategy": "dataset",
    "interleave_probs": "dataset",
    "max_steps": "train",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An entry of recipes/family.yaml, which says what each field means."""

    purpose: str
    hardware: str
    gpus: int
    expected: str
    title: str = ""
    commands: tuple[str, ...] = ()
    memory: int | None = None
    notes: tuple[str, ...] = ()
    changes: dict[str, Any] | None = field(default=None)


def read_family(folder: Path = FOLDER) -> dict[str, Member]:
    """Recipe name -> its entry, in the order of the table.

    Raises:
        ConfigError: an entry with a wrong key or value.
    """
    from omegaconf import OmegaConf

    content: Any = OmegaConf.to_container(OmegaConf.load(folder / FAMILY), resolve=True)
    return {
        name: make_config(Member, _completed(name, entry), origin=f"{folder / FAMILY}: {name}")
        for name, entry in content["recipes"].items()
    }


def _completed(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """With what is the same for all: the command, and a folder of one's own for the output."""
    command = f"llamafactory-cli train recipes/{name}.yaml"
    if entry["gpus"] > 1:
        command = f"FORCE_TORCHRUN=1 NPROC_PER_NODE={entry['gpus']} {command}"
    completed = {"commands": [command], **entry}
    if "changes" in entry:
        completed["changes"] = {**entry["changes"], "output_dir": f"outputs/{name}"}
    return completed


def write_recipe(name: str, member: Member, base: str) -> str:
    """The text of a recipe.

    Args:
        name: of the recipe.
        member: whose `changes` are not None.
        base: the text of recipes/unimumer.yaml.
    """
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


def _entry(key: str, value: Any) -> list[str]:
    """Lines of a key; none for None."""
    if value is None:
        return []
    if isinstance(value, list):
        if len(value) == 1:
            return [f"{key}: {value[0]}"]
        return [f"{key}: >-", *(f"  {line}," for line in value[:-1]), f"  {value[-1]}"]
    if isinstance(value, bool):
        return [f"{key}: {str(value).lower()}"]
    if isinstance(value, float) and value < 0.001:
        return [f"{key}: {value:.1e}".replace("e-0", "e-")]  # PyYAML reads 1e-4 as text, 1.0e-4 as a number
    return [f"{key}: {value}"]


def write_table(members: Mapping[str, Member]) -> str:
    """The table of recipes/README.md."""
    rows = ["| recipe | what it is for | command | GPUs | GB a GPU | expected ExpRate, source |", "| --- " * 6 + "|"]
    for name, member in members.items():
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
    members = read_family(folder)
    files = {
        folder / f"{name}.yaml": write_recipe(name, member, base)
        for name, member in members.items()
        if member.changes is not None
    }
    readme = folder / "README.md"
    start, end = TABLE_MARKS
    before, _, rest = readme.read_text(encoding="utf-8").partition(start)
    return files | {readme: before + start + write_table(members) + end + rest.partition(end)[2]}


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    parser("python scripts/write_recipes.py", __doc__).parse_args(argv)
    return run_command(_write)


def _write() -> None:
    files = written()
    for path, text in files.items():
        write_whole(path, text)
    print(f"{FOLDER}: {len(files)} files")


if __name__ == "__main__":
    sys.exit(main())
