"""The data sets of a recipe: registry entries, records, images. What LLaMA-Factory drops, misreads or dies of."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from PIL import Image

from unimumer_data.errors import ImageError, RegistryError, suggestion
from unimumer_data.images import MAX_SIDE_RATIO, fit_pixels, load_image
from unimumer_data.records.record import IMAGE_TOKEN
from unimumer_data.records.registry import FILE_NAME, TAGS, TEST_SETS, build_command, check

from ..recipe import Recipe
from .findings import Findings

KNOWN_KEYS = frozenset(
    "file_name hf_hub_url ms_hub_url om_hub_url script_url cloud_file_name formatting subset split folder num_samples"
    " ranking columns tags load_from converter".split()
)
SPECIAL_TOKENS = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>", "<|im_start|>", "<|im_end|>")
_EXIF_ORIENTATION = 0x0112


@dataclass(slots=True)
class SetRecords:
    """What is known of one data set after its records were read.

    Attributes:
        name: data set name.
        records: how many LLaMA-Factory would keep.
        turns: (prompt, answer, first image) of each; prompts are shared strings.
    """

    name: str
    records: int = 0
    turns: list[tuple[str, str, str | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Fault:
    kind: str
    message: str


def check_data(recipe: Recipe, findings: Findings) -> list[SetRecords]:
    """Check every data set of the recipe; returns what was read, without images."""
    path = recipe.data_folder / FILE_NAME
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        findings.add(
            "error", "registry", f"{path}: {error}", "dataset_dir: . (the folder with dataset_info.json); run there"
        )
        return []
    seen: dict[bytes, str] = {}
    sets = []
    for name in dict.fromkeys(recipe.names("dataset")):
        entry = entries.get(name)
        if entry is None:
            cure = f"Known: {', '.join(list(entries)[:6])} ...; or build it: unimumer build"
            findings.add("error", "unknown_set", f"{path} has no data set {name!r}{suggestion(name, entries)}", cure)
            continue
        found = _check_set(name, entry, recipe, findings, seen)
        if found is not None:
            sets.append(found)
    with_images = {name for found in sets for name in [found.name] if any(turn[2] for turn in found.turns[:50])}
    without = {found.name for found in sets} - with_images
    if with_images and without:
        findings.add(
            "warning", "text_only_mix", f"{', '.join(sorted(without))} hold no images, other sets do",
            "Train on text and on images in two runs",
        )  # fmt: skip
    _check_leaks(sets, entries, recipe, findings)
    return sets


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
    if not entry.get("file_name"):
        findings.add("note", "on_the_hub", f"{name!r} is fetched from a hub; its records are not checked")
        return None
    if entry.get("formatting") != "sharegpt":
        findings.add("error", "formatting", f"{name!r} is not marked as ShareGPT", '"formatting": "sharegpt"')
        return None
    file = recipe.data_folder / entry["file_name"]
    if not file.exists():
        cure = build_command(file)
        findings.add("error", "file_missing", f"{name!r}: {file} does not exist", cure)
        return None
    found = SetRecords(name=name)
    prompts: dict[str, str] = {}
    try:
        for number, record in read_records(file):
            turn = _turn(record, entry)
            if isinstance(turn, _Fault):
                findings.add("error", turn.kind, f"{file}: record {number} {turn.message}", place=name)
                continue
            prompt, answer, image = turn
            found.records += 1
            found.turns.append((prompts.setdefault(prompt, prompt), answer, image))
            digest = blake2b(f"{image}\0{prompt}\0{answer}".encode("utf-8", "replace"), digest_size=12).digest()
            if digest in seen:
                findings.add(
                    "warning", "duplicate", f"{file}: record {number} stands in {seen[digest]!r} already", place=name
                )
            seen.setdefault(digest, name)
    except ValueError as error:
        findings.add("error", "file_broken", f"{name!r}: {error}", "Build it again")
        return None
    if not found.records:
        findings.add("error", "set_empty", f"{name!r}: {file} holds no record that LLaMA-Factory would keep")
    return found


def read_records(file: Path) -> Iterator[tuple[int, Any]]:
    """(number, record) of a record file; one record a line, as build writes it, is read without holding the file.

    Raises:
        ValueError: not UTF-8, a byte order mark, not JSON, or no array; says where.
    """
    with file.open("rb") as stream:
        start = stream.read(3)
    if start == b"\xef\xbb\xbf":
        raise ValueError(f"{file}: begins with a byte order mark, of which LLaMA-Factory dies; save it without")
    if not start.strip():
        raise ValueError(f"{file}: empty")
    with file.open(encoding="utf-8") as lines:
        if next(lines).strip() == "[":
            number = 0
            for line in lines:
                text = line.strip().rstrip(",")
                if text in ("]", ""):
                    continue
                try:
                    yield number, json.loads(text)
                except ValueError:
                    break  # laid out in another way: read it whole
                number += 1
            else:
                return
            if number:
                raise ValueError(f"{file}: record {number} is no JSON")
    content = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(content, list):
        raise ValueError(f"{file}: must be a JSON array of records, found a {type(content).__name__}")
    yield from enumerate(content)


def _turn(record: Any, entry: Mapping[str, Any]) -> tuple[str, str, str | None] | _Fault:
    """(prompt, answer, image) of a record that LLaMA-Factory would train on; else what is wrong with it."""
    columns = entry.get("columns") or {}
    tags = {**TAGS, **(entry.get("tags") or {})}
    if not isinstance(record, dict):
        return _Fault("record", f"is no object but a {type(record).__name__}")
    column = columns.get("messages", "conversations")
    messages = record.get(column)
    images = record.get(columns["images"]) if "images" in columns else None
    if not isinstance(messages, list) or not messages:
        return _Fault("no_messages", f"has no {column!r}")
    if len(messages) % 2:
        return _Fault("odd_turns", f"has {len(messages)} turns; LLaMA-Factory drops odd counts")
    texts: list[str] = []
    for number, message in enumerate(messages):
        role = message.get(tags["role_tag"]) if isinstance(message, dict) else None
        if role != tags["assistant_tag" if number % 2 else "user_tag"]:
            return _Fault("role", f"turn {number} is by {role!r}; LLaMA-Factory drops the record")
        text = message.get(tags["content_tag"])
        if not isinstance(text, str):
            return _Fault("null_text", f"turn {number} is {text!r}, of which LLaMA-Factory dies")
        texts.append(text)
    if not texts[-1].strip():
        return _Fault("empty_answer", "has an empty answer; the model would learn to say nothing")
    marks = sum(text.count(IMAGE_TOKEN) for text in texts)
    count = len(images) if isinstance(images, list) else int(isinstance(images, str))
    if marks != count:
        return _Fault("image_marks", f"has {marks} {IMAGE_TOKEN} for {count} images, of which LLaMA-Factory dies")
    for token in SPECIAL_TOKENS:
        if any(token in text for text in texts):
            return _Fault("special_token", f"has {token} in its text, of which training dies")
    first = images[0] if isinstance(images, list) and images else images
    return "\0".join(texts[:-1]), texts[-1], str(first) if first else None


def _check_leaks(sets: list[SetRecords], entries: Mapping[str, Any], recipe: Recipe, findings: Findings) -> None:
    """Pictures of the test sets that are built, in training."""
    training = {turn[2]: found.name for found in sets for turn in found.turns if turn[2]}
    names = [name for name in entries if name in TEST_SETS or name.endswith("_test")]
    for name in names:
        if name in recipe.names("dataset"):
            findings.add("error", "test_set", f"the test set {name!r} is among the training sets", f"Delete {name}")
            continue
        file = recipe.data_folder / (entries[name].get("file_name") or "")
        if not file.is_file():
            continue
        for _, record in read_records(file):
            images = record.get("images") if isinstance(record, dict) else None
            image = images[0] if isinstance(images, list) and images else None
            if image in training:
                text = f"{image} of the test set {name!r} stands in {training[image]!r}"
                findings.add("error", "leak", text, f"unimumer guard ... tests={name}", place=name)


def check_images(
    sets: list[SetRecords], recipe: Recipe, findings: Findings, *, sample: int | None, seed: int = 0
) -> dict[str, tuple[int, int]]:
    """Open pictures: ``sample`` of them drawn by lot, or all for None.

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
            text = f"{name} is not in {media}; LLaMA-Factory takes the one in the working folder without a word"
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
        image = load_image(file)
        fitted = fit_pixels(image, recipe.max_pixels, recipe.min_pixels)
    except ImageError as error:
        findings.add("error", "image_broken", str(error), place=place)
        return None
    with Image.open(file) as header:
        if header.has_transparency_data:
            text = f"{file} is transparent; LLaMA-Factory turns it black on black"
            findings.add("warning", "image_transparent", text, "Build the set again: build flattens", place=place)
        if header.getexif().get(_EXIF_ORIENTATION, 1) != 1:
            text = f"{file} is turned by EXIF, which LLaMA-Factory ignores"
            findings.add("warning", "image_turned", text, "Build the set again: build turns it upright", place=place)
    if max(image.size) > MAX_SIDE_RATIO / 2 * min(image.size):
        findings.add("warning", "image_sliver", f"{file}: {image.width}x{image.height} pixels", place=place)
    return fitted.size
