"""The data sets of a recipe: registry entries, records, images; what LLaMA-Factory drops, misreads or crashes on."""

from __future__ import annotations

import random
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from unimumer_data.errors import ImageError, RegistryError, suggestion
from unimumer_data.images import MAX_SIDE_RATIO, fit_pixels, load_image, read_header
from unimumer_data.records.reading import parts_of, read_records
from unimumer_data.records.registry import FILE_NAME, TEST_SETS, build_command, check
from unimumer_data.support.files import read_text
from unimumer_data.support.plain_json import parse_json
from unimumer_data.support.progress import Progress

from ..recipe import Recipe
from .findings import Findings
from .formats import FORMATS, Fault, Shape
from .oracle import key_types, loading_failure, split_failure

KNOWN_KEYS = frozenset(
    "file_name hf_hub_url ms_hub_url om_hub_url script_url cloud_file_name formatting subset split folder num_samples"
    " ranking columns tags load_from converter".split()
)
# Of files that hold something else than JSON: LLaMA-Factory reads them, we do not.
OTHER_FILES = (".csv", ".parquet", ".arrow", ".txt")
JSON_FILES = (".json", ".jsonl")
TRIED = 3
"""Records of each kind that LLaMA-Factory loads on trial."""
TRIED_KINDS = 20
TRIED_BYTES = 64 << 20
"""Files that we do not read are loaded on trial up to this size."""


@dataclass(slots=True)
class SetRecords:
    """What is known of one data set after its records were read.

    Attributes:
        name: data set name.
        entry: of dataset_info.json.
        held_out: named by eval_dataset only, not trained on.
        records: how many LLaMA-Factory would keep.
        turns: (prompt, answer, first image) of each; prompts are shared strings.
        tried: some records of each kind that the file holds, as they are.
        unread: whether its files hold something else than JSON, so that only LLaMA-Factory can read them.
    """

    name: str
    entry: Mapping[str, Any]
    held_out: bool = False
    records: int = 0
    turns: list[tuple[str, str, str | None]] = field(default_factory=list)
    tried: dict[Any, list[Any]] = field(default_factory=dict)
    unread: bool = False

    def try_out(self, record: dict[str, Any]) -> None:
        """Keep a record for the trial, if there are not enough that look like it."""
        kind = tuple((key, type(value), type(value[0]) if isinstance(value, list) and value else None)
                     for key, value in record.items())  # fmt: skip
        if kind in self.tried or len(self.tried) < TRIED_KINDS:
            alike = self.tried.setdefault(kind, [])
            if len(alike) < TRIED:
                alike.append(record)


def check_data(recipe: Recipe, findings: Findings) -> list[SetRecords]:
    """Check every data set of the recipe, those of eval_dataset too; returns what was read, without images."""
    if str(recipe.data_folder) == "ONLINE" or str(recipe.data_folder).startswith("REMOTE:"):
        findings.add("note", "on_the_hub", f"dataset_dir {recipe.data_folder}: the records are not checked")
        return []
    path = recipe.data_folder / FILE_NAME
    try:
        entries = parse_json(read_text(path))
    except (OSError, ValueError) as error:
        findings.add(
            "error", "registry", f"{path}: {error}", "dataset_dir: . (the folder with dataset_info.json); run there"
        )
        return []
    seen: dict[bytes, str] = {}
    sets = []
    trained = recipe.names("dataset")
    for name in dict.fromkeys([*trained, *recipe.names("eval_dataset")]):
        entry = entries.get(name)
        if entry is None:
            text = f"{path} has no data set {name!r}{suggestion(name, entries)}"
            findings.add("error", "unknown_set", text, f"{_there(entries, recipe.data_folder)}; or: unimumer build")
            continue
        found = _check_set(name, entry, recipe, findings, seen)
        if found is not None:
            found.held_out = name not in trained
            sets.append(found)
    with_images = {found.name for found in sets if any(turn[2] for turn in found.turns[:50])}
    without = {found.name for found in sets if found.turns} - with_images
    if with_images and without:
        findings.add(
            "warning", "text_only_mix", f"{', '.join(sorted(without))} hold no images, other sets do",
            "Train on text and on images in two runs",
        )  # fmt: skip
    _check_leaks(sets, entries, recipe, findings)
    return sets


def _there(entries: Mapping[str, Any], folder: Path, shown: int = 8) -> str:
    """Data sets that are there, for a user who wrote a wrong name; those of the paper are listed, built or not."""
    there = [name for name, entry in entries.items() if (folder / str(entry.get("file_name") or "")).is_file()]
    if not there:
        return "No data set of it is built yet"
    return f"Built: {', '.join(there[:shown])}{' ...' if len(there) > shown else ''}"


def _check_set(name: str, entry: Any, recipe: Recipe, findings: Findings, seen: dict[bytes, str]) -> SetRecords | None:
    try:
        check({name: entry}, origin=FILE_NAME)
    except RegistryError as error:
        findings.add("error", "registry_entry", str(error))
        return None
    for key in entry:
        if key not in KNOWN_KEYS:
            text = f"{name!r}: LLaMA-Factory ignores the key {key!r}{suggestion(key, KNOWN_KEYS)}"
            findings.add("warning", "registry_key", text)
    return _check_records(name, entry, recipe, findings, seen) if _has_records(name, entry, findings) else None


def _has_records(name: str, entry: Mapping[str, Any], findings: Findings) -> bool:
    """Whether the entry names records that can be checked here."""
    formatting = Shape.of(entry).formatting
    if not entry.get("file_name"):
        findings.add("note", "on_the_hub", f"{name!r} is fetched from a hub; its records are not checked")
    elif formatting not in FORMATS:
        text = f"{name!r}: formatting {formatting!r}{suggestion(formatting, FORMATS)}"
        findings.add("error", "formatting", text, '"formatting": "sharegpt"')
    else:
        return True
    return False


def _check_records(
    name: str, entry: Mapping[str, Any], recipe: Recipe, findings: Findings, seen: dict[bytes, str]
) -> SetRecords | None:
    shape = Shape.of(entry)
    place = recipe.data_folder / entry["file_name"]
    if not place.exists():
        findings.add("error", "file_missing", f"{name!r}: {place} does not exist", build_command(place))
        return None
    if entry.get("ranking"):
        text = f"{name!r} holds pairs to rank; LLaMA-Factory loads some of them, nothing else is checked"
        findings.add("note", "records_unchecked", text)
    found = SetRecords(name=name, entry=entry)
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    for file in files:
        if file.suffix in OTHER_FILES:
            text = f"{name!r}: LLaMA-Factory loads some records of {file}, nothing else is checked"
            findings.add("note", "records_unchecked", text)
            found.unread = True
            return found if sum(one.stat().st_size for one in files) <= TRIED_BYTES else None
        if file.suffix not in JSON_FILES:
            text = f"{name!r}: LLaMA-Factory reads no {file.suffix or 'files without a suffix'}: {file}"
            findings.add("error", "file_type", text, f"Allowed: {', '.join(JSON_FILES + OTHER_FILES)}")
            return None
        try:
            _read_file(file, shape, found, findings, seen)
        except (ValueError, OSError) as error:
            findings.add("error", "file_broken", f"{name!r}: {error}", "Build it again")
            return None
    if not found.records:
        findings.add("error", "set_empty", f"{name!r}: {place} holds no record that LLaMA-Factory would keep")
    return found


def _read_file(file: Path, shape: Shape, found: SetRecords, findings: Findings, seen: dict[bytes, str]) -> None:
    prompts: dict[str, str] = {}
    with Progress(f"{found.name}: records", None) as progress:
        for number, record in enumerate(_records(file)):
            if number % 1000 == 999:
                progress.step(1000)
            if found.entry.get("ranking") and isinstance(record, dict):
                found.records += 1
                found.try_out(record)
                continue
            turn = shape.read(record)
            if isinstance(turn, Fault):
                findings.add("error", turn.kind, f"{file}: record {number} {turn.message}", place=found.name)
                continue
            found.records += 1
            found.try_out(record)
            image = turn.images[0] if turn.images else None
            found.turns.append((prompts.setdefault(turn.prompt, turn.prompt), turn.answer, image))
            text = f"{turn.images}\0{turn.prompt}\0{turn.answer}"
            digest = blake2b(text.encode("utf-8", "replace"), digest_size=12).digest()
            if digest in seen:
                text = f"{file}: record {number} is in {seen[digest]!r} already"
                findings.add("warning", "duplicate", text, place=found.name)
            seen.setdefault(digest, found.name)


def _records(file: Path) -> Iterator[Any]:
    """The records of a file.

    Raises:
        ValueError: a byte order mark, or a file that holds no records; says where.
    """
    with file.open("rb") as stream:
        head = stream.read(64)
        if head.startswith(BOM_UTF8) and head.removeprefix(BOM_UTF8).lstrip().startswith(b"["):
            raise ValueError(
                f"{file}: begins with a byte order mark, which makes LLaMA-Factory crash; save it without"
            )
    return (record for record, _ in read_records(file))


def check_loading(sets: list[SetRecords], recipe: Recipe, findings: Findings, *, with_model: bool) -> None:
    """Have LLaMA-Factory load a few records of each kind, where it is installed and nothing else is wrong."""
    types = key_types()
    if types is None or findings.count("error"):
        return
    if sets and recipe.values.get("streaming") and not recipe.number("dataloader_num_workers", 0):
        text = "streaming reads nothing of a file without dataloader_num_workers: LLaMA-Factory dies of StopIteration"
        findings.add("error", "streaming_nothing", text, "dataloader_num_workers: 1")
        return
    samples = {
        found.name: (
            found.entry,
            None if found.unread else [record for alike in found.tried.values() for record in alike],
        )
        for found in sets
    }
    said = loading_failure(recipe, types, samples, with_model=with_model)
    if said is not None:
        findings.add("error", "not_loaded", f"LLaMA-Factory does not load the data: {said}")
        return
    total = _records_loaded(sets, recipe)
    said = split_failure(recipe.values, types, total) if total else None
    if total and said is not None:
        text = f"LLaMA-Factory cannot hold back val_size {recipe.values['val_size']} of {total} records: {said}"
        findings.add("error", "val_size", text, f"val_size: {0.1 if total >= 20 else 1}")


def _records_loaded(sets: list[SetRecords], recipe: Recipe) -> int | None:
    """Records from which val_size is taken; None where it is not, or where nobody can say."""
    values = recipe.values
    trained = [found for found in sets if not found.held_out]
    unread = any(found.unread for found in trained)
    unknown = (
        unread or len(trained) < len(set(recipe.names("dataset"))) or values.get("mix_strategy", "concat") != "concat"
    )
    if not values.get("val_size") or values.get("streaming") or values.get("tokenized_path") or unknown:
        return None
    most = values.get("max_samples")
    counts = [found.entry.get("num_samples") or found.records for found in trained]
    return sum(min(count, most or count) for count in counts)


def _check_leaks(sets: list[SetRecords], entries: Mapping[str, Any], recipe: Recipe, findings: Findings) -> None:
    """Pictures of the test sets that are built, in training."""
    training = {turn[2]: found.name for found in sets if not found.held_out for turn in found.turns if turn[2]}
    names = [name for name in entries if name in TEST_SETS or name.endswith("_test")]
    for name in names:
        if name in recipe.names("dataset"):
            findings.add("error", "test_set", f"the test set {name!r} is among the training sets", f"Delete {name}")
            continue
        file = recipe.data_folder / (entries[name].get("file_name") or "")
        if not file.is_file():
            continue
        for record, _ in read_records(file):
            image = parts_of(record).image
            if image in training:
                text = f"{image} of the test set {name!r} is in {training[image]!r}"
                findings.add("error", "leak", text, f"unimumer guard ... tests={name}", place=name)


def check_images(
    sets: list[SetRecords], recipe: Recipe, findings: Findings, *, sample: int | None, seed: int = 0
) -> dict[str, tuple[int, int]]:
    """Open pictures: ``sample`` of them drawn at random, or all for None.

    Returns:
        path -> (width, height) in pixels as the model's processor gets it, of the pictures that open.
    """
    owners = {turn[2]: found.name for found in sets for turn in found.turns if turn[2]}
    paths = sorted(owners)
    if sample is not None and len(paths) > sample:
        paths = random.Random(seed).sample(paths, sample)
    media = Path(str(recipe.values.get("media_dir") or recipe.data_folder))
    sizes: dict[str, tuple[int, int]] = {}
    for name in paths:
        place = owners[name]
        file = media / name
        if not file.is_file() and Path(name).is_file():
            text = f"{name} is not in {media}; LLaMA-Factory takes the one in the working folder, without a warning"
            findings.add("warning", "image_elsewhere", text, f"media_dir: {Path(name).parent}", place=place)
            file = Path(name)
        if not file.is_file():
            findings.add("error", "image_missing", f"{file} does not exist", "Build the set again", place=place)
            continue
        size = _check_image(file, place, recipe, findings)
        if size is not None:
            sizes[name] = size
    findings.add("note", "images", f"{len(sizes)} of {len(owners)} pictures opened" + ("" if sample is None else
                 "; images=all opens every one" if len(owners) > len(paths) else ""))  # fmt: skip
    return sizes


def _check_image(file: Path, place: str, recipe: Recipe, findings: Findings) -> tuple[int, int] | None:
    try:
        image, header = load_image(file), read_header(file)
        fitted = fit_pixels(image, recipe.max_pixels, recipe.min_pixels)
    except ImageError as error:
        findings.add("error", "image_broken", str(error), place=place)
        return None
    if header.transparent:
        text = f"{file} is transparent; LLaMA-Factory turns it black on black"
        findings.add("warning", "image_transparent", text, "Build the set again: build flattens", place=place)
    if header.turned:
        text = f"{file} is turned by EXIF, which LLaMA-Factory ignores"
        findings.add("warning", "image_turned", text, "Build the set again: build turns it upright", place=place)
    if max(image.size) > MAX_SIDE_RATIO / 2 * min(image.size):
        findings.add("warning", "image_sliver", f"{file}: {image.width}x{image.height} pixels", place=place)
    return fitted.size
