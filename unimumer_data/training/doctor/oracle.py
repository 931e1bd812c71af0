"""What LLaMA-Factory itself says of a recipe: the types of its keys, what it refuses, and whether it loads the data.

Its first seconds are lived through here: ``get_train_args`` reads the keys, and ``get_dataset`` loads a few records
of each data set from copies of the files. Nothing of a GPU or of torchrun is needed, so keys that ask for one are
left out. Each function says None where LLaMA-Factory is not installed.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import tempfile
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Union

from ..recipe import Recipe

OWN_PREFIXES = ("exprate_", "vision_lr", "projector_lr")
"""How the keys of unimumer train begin, which LLaMA-Factory does not know."""
NEEDS_A_GPU: Mapping[str, Any] = {"deepspeed": None, "fp16": False, "tf32": None, "pure_bf16": False, "use_cpu": True}
"""What is put in their place when LLaMA-Factory is asked on this machine: they speak of the machine that trains."""

LOADED_AS: Mapping[str, str] = {"dpo": "rm"}
"""Stage -> the stage as which LLaMA-Factory's trainer loads the records, where it is another one."""

TRIED_UNREAD = 60
"""Records that LLaMA-Factory loads on trial of a file that we do not read."""
VERBOSITY = "LLAMAFACTORY_VERBOSITY"

Kind = type | None


def key_types() -> dict[str, Kind] | None:
    """Key -> bool, int or float; None for a key that takes text or anything else."""
    try:
        from llamafactory.hparams.parser import _TRAIN_ARGS
    except ImportError:
        return None
    found: dict[str, Kind] = {}
    for arguments in _TRAIN_ARGS:
        hints = typing.get_type_hints(arguments)
        fields = arguments.__dataclass_fields__.values()
        found |= {field.name: _plain_type(hints[field.name]) for field in fields if field.init}
    return found


def _plain_type(hint: Any) -> Kind:
    options = typing.get_args(hint) if typing.get_origin(hint) in (Union, types.UnionType) else (hint,)
    kinds = [option for option in options if option is not type(None)]
    return kinds[0] if len(kinds) == 1 and kinds[0] in (bool, int, float) else None


def refusal(values: Mapping[str, Any], known: Mapping[str, Kind]) -> str | None:
    """What LLaMA-Factory says when it refuses these values in its first second; None where it takes them."""
    try:
        with _silence():
            _read(values, known)
    except Exception as error:  # whatever it dies of is its answer
        return _first_line(error)
    return None


def loading_failure(
    recipe: Recipe,
    known: Mapping[str, Kind],
    samples: Mapping[str, tuple[Mapping[str, Any], Sequence[Any] | None]],
    *,
    with_model: bool,
) -> str | None:
    """What LLaMA-Factory dies of when it loads some records of each data set; None where it loads them.

    Args:
        recipe: its keys.
        known: of `key_types`.
        samples: data set name -> (entry of dataset_info.json, records; None for those of its own file).
        with_model: whether tokenizer and processor are on this machine; else the last step, which needs them, is left
            out.
    """
    named = {key: recipe.names(key) for key in ("dataset", "eval_dataset")}
    sets = {key: [name for name in names if name in samples] for key, names in named.items()}
    if not sets["dataset"]:
        return None
    with tempfile.TemporaryDirectory() as folder:
        values = {
            **recipe.values,
            **{key: names or None for key, names in sets.items()},
            "dataset_dir": folder,
            "media_dir": str(recipe.values.get("media_dir") or recipe.data_folder),
            "cache_dir": f"{folder}/cache",
            "output_dir": f"{folder}/output",
            "preprocessing_num_workers": None,
            "dataloader_num_workers": min(1, recipe.number("dataloader_num_workers", 0)),  # a set is shared among them
            "overwrite_cache": True,
        }
        if sets != named:  # they fit all sets, of which one on the hub is missing here
            values["interleave_probs"] = None
        if recipe.values.get("stage") == "pt":  # so few records may not fill one sequence
            values["packing"] = False
        tokenized = recipe.values.get("tokenized_path")
        if tokenized and not _has_files(Path(str(tokenized))):
            values["tokenized_path"] = f"{folder}/tokenized"
        _copy(Path(folder), samples, recipe.data_folder)
        try:
            with _silence():
                _load(values, known, with_model=with_model)
        except Exception as error:  # whatever it dies of is its answer
            return _first_line(error).replace(folder, str(recipe.data_folder))
    return None


def split_failure(values: Mapping[str, Any], known: Mapping[str, Kind], records: int) -> str | None:
    """LLaMA-Factory's error when it holds back val_size of this number of records; None without one."""
    from datasets import Dataset
    from llamafactory.data.data_utils import split_dataset

    try:
        with _silence():
            _, data, training, *_ = _read(values, known)
            split_dataset(Dataset.from_dict({"number": range(records)}), None, data, seed=training.seed)
    except Exception as error:  # whatever it dies of is its answer
        return _first_line(error)
    return None


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _copy(folder: Path, samples: Mapping[str, tuple[Mapping[str, Any], Sequence[Any] | None]], source: Path) -> None:
    entries = {}
    for number, (name, (entry, records)) in enumerate(samples.items()):
        if records is None:
            place = str((source / entry["file_name"]).absolute())
            entries[name] = {**entry, "file_name": place, "num_samples": entry.get("num_samples") or TRIED_UNREAD}
            continue
        file = f"{number}.json"
        lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
        (folder / file).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        wanted = entry.get("num_samples")
        entries[name] = {**entry, "file_name": file}
        if isinstance(wanted, int):
            entries[name]["num_samples"] = min(wanted, len(records))
    (folder / "dataset_info.json").write_text(json.dumps(entries), encoding="utf-8")


def _read(values: Mapping[str, Any], known: Mapping[str, Kind]) -> tuple[Any, ...]:
    from llamafactory.hparams import get_train_args

    asked = {key: value for key, value in values.items() if key in known}
    instead = {key: value for key, value in NEEDS_A_GPU.items() if key in known}
    if values.get("bf16"):  # both are refused on every machine
        instead.pop("fp16", None)
    return tuple(get_train_args({**asked, **instead}))


def _load(values: Mapping[str, Any], known: Mapping[str, Kind], *, with_model: bool) -> None:
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.data.loader import _get_merged_dataset
    from llamafactory.model import load_tokenizer

    model, data, training, finetuning, _ = _read(values, known)
    data.val_size = 0.0  # of all records: see `split_failure`
    stage = LOADED_AS.get(finetuning.stage, finetuning.stage)
    if not with_model:
        for names in (data.dataset, data.eval_dataset):
            _get_merged_dataset(names, model, data, training, stage)
        return
    module = load_tokenizer(model)
    template = get_template_and_fix_tokenizer(module["tokenizer"], data)
    get_dataset(template, model, data, training, stage=stage, **module)


def _first_line(error: Exception) -> str:
    """Type and first sentence of an error."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300] if lines else 'no message'}"


def named_keys(message: str, values: Mapping[str, Any]) -> list[str]:
    """Keys of the recipe that a message of LLaMA-Factory names."""
    words = set(re.findall(r"\w+", message))
    return [key for key in values if key in words]


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """LLaMA-Factory, datasets and transformers print, log and draw bars; here only their errors count."""
    disabled, verbosity = logging.root.manager.disable, os.environ.get(VERBOSITY)
    logging.disable(logging.CRITICAL)
    os.environ[VERBOSITY] = "ERROR"  # else get_train_args has transformers talk from then on
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(disabled)
        os.environ.pop(VERBOSITY)
        if verbosity is not None:
            os.environ[VERBOSITY] = verbosity
