"""dataset_info.json, the list of data sets that LLaMA-Factory reads: published names, and what build makes.

LLaMA-Factory ignores unknown keys, reads None where a column is missing, and drops every record where ``tags`` are
incomplete, without a word. Hence entries are written in one way and checked when they are read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from unimumer_data.errors import ConfigError, OutputError, RegistryError, suggestion
from unimumer_data.support.files import clear_partials, read_text, write_whole
from unimumer_data.support.plain_json import parse_json
from unimumer_data.tasks import TASKS

FILE_NAME = "dataset_info.json"
LOCK_SECONDS = 60
HUB = "phxember/Uni-MuMER-Data"

TAGS = {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"}

_PUBLISHED = [task for task in TASKS.values() if task.published]
TASK_SUFFIXES = tuple(task.suffix for task in _PUBLISHED if not task.fields)
ERROR_SUFFIXES = tuple(task.suffix for task in _PUBLISHED if task.fields)

# The 26 training sets of arXiv 2505.23566, by corpus; two corpora drop `_train` before the error suffixes.
TRAINING_SETS: Mapping[str, tuple[str, ...]] = {
    corpus: (
        *(corpus + suffix for suffix in TASK_SUFFIXES),
        *(error_stem + suffix for suffix in ERROR_SUFFIXES),
    )
    for corpus, error_stem in (
        ("crohme_train", "crohme_train"),
        ("crohme2023", "crohme2023"),
        ("hme100k_train", "hme100k"),
        ("im2latex_v2_train", "im2latex_v2"),
        ("mathwriting_train", "mathwriting_train"),
    )
} | {"mathwriting_symbols": ("mathwriting_symbols",)}

TEST_SETS = (
    "crohme_2014",
    "crohme_2016",
    "crohme_2019",
    "crohme2023_test",
    "hme100k_test",
    "im2latexv2_test",
    "mathwriting_test",
    "mne_n1",
    "mne_n2",
    "mne_n3",
)

PreferenceForm = Literal["dpo", "kto", "rft"]
PRACTICE_SET = "practise"
"""Made handwriting, as recipes/practise.yaml names it."""
PREFERENCE_FORMS: tuple[PreferenceForm, ...] = ("dpo", "kto", "rft")

SAMPLE_SETS = ("sample", "sample_test")  # the bundled ink: to train on, and by other writers

_SOURCES = ("file_name", "hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name")


def file_entry(file_name: str) -> dict[str, Any]:
    """The entry of a record file; its path counts from the folder of the registry (``dataset_dir: .``)."""
    return {
        "file_name": file_name,
        "formatting": "sharegpt",
        "columns": {"messages": "messages", "images": "images"},
        "tags": dict(TAGS),
    }


def preference_entry(file_name: str, form: PreferenceForm) -> dict[str, Any]:
    """The entry of preference or rejection data, as LLaMA-Factory's stages dpo, kto and sft (rft) read them."""
    entry = file_entry(file_name)
    if form == "dpo":
        return {**entry, "ranking": True, "columns": {**entry["columns"], "chosen": "chosen", "rejected": "rejected"}}
    if form == "kto":
        return {**entry, "columns": {**entry["columns"], "kto_tag": "right"}}
    return entry


def hub_entry(subset: str) -> dict[str, Any]:
    """The entry of a published data set on the Hugging Face hub, whose columns have other names than ours."""
    return {
        "hf_hub_url": HUB,
        "subset": subset,
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "images": "image"},
        "tags": dict(TAGS),
    }


def record_file(set_name: str, name: str) -> str:
    """Where build writes the records of data set ``name``, one task of the set ``set_name``."""
    return f"data/{set_name}/{name}.json"


def published() -> dict[str, dict[str, Any]]:
    """The names that recipes use.

    The bundled sample, the 26 training sets, the ten test sets, preference data of CROHME, made handwriting to
    practise with, and the training sets on the hub (``hub_...``).
    """
    entries = {
        one + suffix: file_entry(record_file(one, one + suffix)) for one in SAMPLE_SETS for suffix in TASK_SUFFIXES
    }
    for corpus, names in TRAINING_SETS.items():
        entries |= {name: file_entry(record_file(corpus, name)) for name in names}
    entries |= {name: file_entry(record_file(name, name)) for name in TEST_SETS}
    for form in PREFERENCE_FORMS:  # those that recipes/dpo.yaml, kto.yaml and rft.yaml name
        name = f"crohme_train_{form}"
        entries[name] = preference_entry(record_file("crohme_train", name), form)
    entries[PRACTICE_SET] = file_entry(record_file(PRACTICE_SET, PRACTICE_SET))
    for names in TRAINING_SETS.values():
        entries |= {f"hub_{name}": hub_entry(name) for name in names}
    return entries


def read_registry(path: Path) -> dict[str, dict[str, Any]]:
    """The entries of a registry file, in its order; none where there is no file.

    Raises:
        RegistryError: not a JSON object of entries, or an entry that LLaMA-Factory would misread.
    """
    try:
        entries = parse_json(read_text(path))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path}: cannot be read as JSON: {error}. Correct or delete it") from error
    if not isinstance(entries, dict):
        raise RegistryError(f"{path}: must be an object, name -> entry, found a {type(entries).__name__}")
    check(entries, origin=path.name)
    return entries


def find_record_file(word: str, root: Path = Path()) -> tuple[str, Path]:
    """The record file that a word on a command line means.

    Args:
        word: path of a file, or the name of a data set in ``root / dataset_info.json``.
        root: folder of dataset_info.json.

    Returns:
        The name of the data set (of a file, its name without suffix), and its file, which is there.

    Raises:
        ConfigError: no such file or name, a data set on the hub, or one that is not built yet.
        RegistryError: dataset_info.json is damaged.
    """
    path = Path(word)
    if path.is_file():
        return path.stem, path
    registry = root / FILE_NAME
    entries = published() | read_registry(registry)
    if word not in entries:
        if path.suffix in (".json", ".jsonl") or path.is_dir():
            raise ConfigError(f"{word}: no such file; `unimumer build` makes record files")
        if not registry.is_file():
            raise ConfigError(f"{word}: no such file, and there is no {registry} to look the name up in")
        cure = suggestion(word, entries) or "; `unimumer build` makes data sets"
        raise ConfigError(f"{word}: neither a file nor a data set of {registry}{cure}")
    file_name = entries[word].get("file_name")
    if not file_name:
        where = entries[word].get("hf_hub_url") or "another place"
        raise ConfigError(
            f"{registry}: {word!r} is on the hub ({where}), not in a local file; "
            "build it here (docs/corpora.md), or download it and name the file"
        )
    file = root / file_name
    if not file.is_file():
        raise ConfigError(f"{word}: {file} does not exist yet; build the set first, with: {build_command(file)}")
    return word, file


def check(entries: Mapping[str, Any], *, origin: str) -> None:
    """Check ShareGPT entries for what LLaMA-Factory would misread in silence; of others, only the shape.

    Raises:
        RegistryError: for the first entry at fault, with what to write instead.
    """
    for name, entry in entries.items():
        problem = _problem(entry)
        if problem:
            raise RegistryError(f"{origin}: {name!r}: {problem}")


def _problem(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return f"must be an object, found a {type(entry).__name__}"
    if not any(entry.get(key) for key in _SOURCES):
        return 'does not say where the data is; add "file_name": "data/...json"'
    columns, tags = entry.get("columns"), entry.get("tags")
    if not isinstance(columns or {}, dict) or not isinstance(tags or {}, dict):
        return '"columns" and "tags" must be objects'
    if entry.get("formatting", "alpaca") not in ("sharegpt", "openai"):
        if columns and "messages" in columns:
            return '"formatting" is not "sharegpt"; LLaMA-Factory would read alpaca and drop every record. Add it.'
        return None
    if columns and "messages" not in columns:
        return '"columns" lacks "messages"; LLaMA-Factory would read None. Add it.'
    missing = [tag for tag in TAGS if tag not in tags] if tags else []
    if missing:
        return f'"tags" lacks {", ".join(missing)}; LLaMA-Factory would drop records. Write all four, or none.'
    return None


def update(path: Path, built: Mapping[str, dict[str, Any]]) -> None:
    """Merge what was built into the registry file; a user's other entries stay, and so does the order.

    Entries of earlier builds of the same folders go if their files are gone. Several processes may do this at once.

    Raises:
        RegistryError: the file that is there is damaged; it is left alone.
        OutputError: it cannot be written, or another process does not let go of it.
    """
    with _locked(path):
        entries = read_registry(path)
        stay = permanent(entries) | set(built)
        stale = {name for name, entry in entries.items() if name not in stay and _is_gone(entry, path.parent, built)}
        merged = {name: entry for name, entry in entries.items() if name not in stale} | dict(built)
        if merged != entries:
            _write(path, merged)


def permanent(entries: Mapping[str, Any]) -> set[str]:
    """Names that stay whether their files are there or not: in the project's own file, those that recipes name."""
    names = set(published())
    return names if names <= entries.keys() else set()


def remove(path: Path, names: Collection[str]) -> None:
    """Take entries out of the registry file; names that it does not have are passed over. Raises as `update`."""
    with _locked(path):
        entries = read_registry(path)
        kept = {name: entry for name, entry in entries.items() if name not in names}
        if kept != entries:
            _write(path, kept)


def _is_gone(entry: Mapping[str, Any], root: Path, built: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether an entry is of a folder that was built just now, and its file is not there any more."""
    if not isinstance(entry.get("file_name"), str):
        return False
    folders = {Path(one["file_name"]).parent for one in built.values() if one.get("file_name")} - {Path()}
    file = root / entry["file_name"]
    return Path(entry["file_name"]).parent in folders and file.parent.is_dir() and not file.exists()


def _write(path: Path, entries: Mapping[str, Any]) -> None:
    write_whole(path, json.dumps(entries, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from changing the registry."""
    from filelock import FileLock, Timeout  # workers read only, and start sooner without

    lock = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=LOCK_SECONDS):
            clear_partials(path.parent, path.name)
            yield
    except Timeout:
        raise OutputError(
            f"{path}: another process has held {lock.name} for {LOCK_SECONDS} s; wait for it, or end it"
        ) from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another output=...") from error


def build_command(file: Path) -> str:
    """How a record file that is not there yet is built.

    >>> build_command(Path("data/sample_test/sample_test_tree.json"))
    'unimumer build'
    >>> build_command(Path("data/crohme_train/crohme_train_dpo.json"))
    'unimumer errors data=crohme_train predictions=... format=dpo (see docs/after-sft.md)'
    """
    command, name = "unimumer build", file.parent.name
    form = file.stem.removeprefix(f"{name}_")
    if form in PREFERENCE_FORMS:
        return f"unimumer errors data={name} predictions=... format={form} (see docs/after-sft.md)"
    return command if name in SAMPLE_SETS else f"{command} source=... path=... name={name} (see docs/corpora.md)"
