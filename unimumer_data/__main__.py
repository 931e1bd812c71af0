"""One command for everything: ``unimumer COMMAND ...``, the same as ``python -m unimumer_data COMMAND ...``.

`COMMANDS` is the whole list. A command is a module with ``main(argv) -> int``, imported only when it is asked for,
so that ``unimumer --help`` is quick and needs no package at all.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from unimumer_data import __version__
from unimumer_data.errors import suggestion
from unimumer_data.support.start import note_other_checkout, require

BASE = ("PIL", "filelock", "pylatexenc", "rich", "yaml")
RECIPES = ("omegaconf",)
EVAL = ("nltk", "numpy", "rapidfuzz", "scipy")
SERVE = (*EVAL, "fastapi", "uvicorn", "multipart", "prometheus_client")


@dataclass(frozen=True)
class Command:
    """One command.

    Args:
        module: has ``main(argv)``, which returns the exit code.
        about: one line for the list of commands.
        words: words to put in front of the user's own, where several commands share a module.
        needs: modules that must be installed, besides those of the base installation.
        extra: of setup.cfg, brings ``needs``.
    """

    module: str
    about: str
    words: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    extra: str = ""


COMMANDS: dict[str, Command] = {
    "build": Command("unimumer_data.build.command", "turn a corpus, or your own pictures, into training records"),
    "bank": Command("unimumer_data.build.bank", "collect symbols of handwriting, for formulas written by hand"),
    "join": Command("unimumer_data.build.join", "join the shards of a set into one set"),
    "export": Command("unimumer_data.export.command", "write a data set in the format of another tool"),
    "preview": Command("unimumer_data.build.preview", "draw a contact sheet of ink or picture files"),
    "faithful": Command("unimumer_data.build.faithful", "make unusual or false formulas, to test for over-correction"),
    "lint": Command("unimumer_data.health.command", "find broken labels", words=("lint",)),
    "overlap": Command("unimumer_data.health.command", "count the samples that data sets share", words=("overlap",)),
    "guard": Command("unimumer_data.health.command", "find test samples in training sets", words=("guard",)),
    "remove": Command("unimumer_data.records.removal", "remove a data set with its entries in dataset_info.json"),
    "card": Command(
        "unimumer_data.stats.command", "write a data card as Markdown and HTML", needs=("jinja2",), extra="[card]"
    ),
    "latex": Command("unimumer_data.latex.command", "write the canonical form, tree or counts of formulas"),
    "folds": Command(
        "unimumer_data.error_driven.folds",
        "split a data set into folds, with a recipe for each",
        needs=RECIPES,
        extra="[recipes]",
    ),
    "errors": Command("unimumer_data.error_driven.corpus", "turn wrong predictions into training records"),
    "confusions": Command("unimumer_data.error_driven.show_confusions", "count which symbols a model confuses"),
    "practise": Command("unimumer_data.error_driven.practise", "draw formulas by what a model gets wrong"),
    "doctor": Command(
        "unimumer_data.training.doctor.command",
        "check a training recipe before it runs",
        needs=RECIPES,
        extra="[recipes]",
    ),
    "tiny": Command("unimumer_data.training.tiny", "make a tiny random model for runs without a GPU"),
    "train": Command("unimumer_eval.train", "train with LLaMA-Factory and log ExpRate", needs=EVAL, extra="[eval]"),
    "grpo": Command(
        "unimumer_eval.grpo",
        "train with verifiable rewards by TRL's GRPO",
        needs=(*RECIPES, *EVAL, "trl", "peft"),
        extra="[rl,eval,recipes]",
    ),
    "recognize": Command("unimumer_eval.recognize.command", "read pictures, write LaTeX", needs=EVAL, extra="[eval]"),
    "serve": Command("unimumer_eval.serve.command", "serve a model and its page", needs=SERVE, extra="[eval,serve]"),
    "eval": Command("unimumer_eval.run", "predict with a model and score the predictions", needs=EVAL, extra="[eval]"),
    "compare": Command("unimumer_eval.compare", "compare runs on the same samples", needs=EVAL, extra="[eval]"),
    "parity": Command(
        "unimumer_eval.parity.command",
        "check that training and prediction, or two engines, read alike",
        needs=EVAL,
        extra="[eval]",
    ),
    "power": Command("unimumer_eval.power", "say what n samples can show", needs=EVAL, extra="[eval]"),
    "calibrate": Command(
        "unimumer_eval.calibrate",
        "learn which answers can be trusted",
        needs=(*EVAL, "sklearn"),
        extra="[eval,calibrate]",
    ),
    "completion": Command(
        "unimumer_data.support.completion",
        "print a completion script for your shell",
        needs=("shtab",),
        extra="[completion]",
    ),
    "leaderboard": Command("unimumer_eval.leaderboard", "write the table of results", needs=EVAL, extra="[eval]"),
}

OTHER_WORDS = {
    "recognize": ("predict", "inference", "infer", "recognise", "ocr", "read", "transcribe", "run"),
    "eval": ("evaluate", "score", "test", "benchmark", "metrics"),
    "card": ("stats", "statistics", "describe", "report"),
    "train": ("finetune", "fine-tune", "sft", "fit"),
    "serve": ("api", "server", "studio", "web", "demo"),
    "build": ("synth", "import", "convert", "prepare", "data"),
    "lint": ("check", "validate"),
    "remove": ("delete", "rm"),
    "compare": ("diff",),
}
"""What other tools call these commands."""


def usage() -> str:
    """The list of commands, as ``unimumer --help`` prints it."""
    lines = [f"  {name:<12} {command.about}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "Data, training recipes and evaluation for handwritten mathematical expression recognition.",
            "",
            "usage: unimumer COMMAND [words ...]",
            "       unimumer COMMAND --help",
            "       unimumer --version",
            "",
            "commands:",
            *lines,
            "",
            "example:",
            "  unimumer build source=table path=my/folder name=mine split=train",
        ]
    )


def check(name: str) -> None:
    """End with one sentence where a command's packages are not installed.

    Raises:
        SystemExit: with the cure.
    """
    command = COMMANDS[name]
    require(*BASE, *command.needs, extra=command.extra)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code, 2 for a command that does not exist."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["help"] and len(words) > 1:
        words = [words[1], "--help"]
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if words[0] in ("-V", "--version", "version"):
        print(f"unimumer {__version__}")
        return 0
    command = COMMANDS.get(words[0])
    if command is None:
        known = ", ".join(COMMANDS)
        meant = next((name for name, others in OTHER_WORDS.items() if words[0].lower() in others), words[0])
        print(f"error: unknown command {words[0]!r}{suggestion(meant, COMMANDS)}. Known: {known}", file=sys.stderr)
        return 2
    check(words[0])
    note_other_checkout()
    code: int = import_module(command.module).main([*command.words, *words[1:]])
    return code


if __name__ == "__main__":
    sys.exit(main())
