"""What `fuzz.py` throws damaged input at: every reader of something that a stranger wrote, and what must hold.

A check takes bytes and a folder to write in. It may raise `UniMumerError`, which every reader does for what it
refuses, and the further errors that its target names; anything else is a fault, and so is an assertion.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fuzz_seeds import (
    CONVERSATIONS,
    CVAT,
    FORMULAS,
    GRAPH,
    MATHML,
    PREDICTIONS,
    RECORD,
    REPLY,
    SETTINGS,
    pickles,
    pictures,
)
from PIL import Image

from unimumer_data.build.config import SetConfig
from unimumer_data.build.worker import Work, process
from unimumer_data.errors import LatexSyntaxError, TreeTextError, UniMumerError
from unimumer_data.health.lint import lint
from unimumer_data.health.repairs import repair
from unimumer_data.images import fit_pixels, load_image
from unimumer_data.ink.reader import parse_inkml
from unimumer_data.ink.render import render
from unimumer_data.latex import (
    FORMS,
    canonical,
    canonical_tree,
    count_symbols,
    read_counts,
    read_tree,
    write_counts,
    write_tokens,
    write_tree,
)
from unimumer_data.records.json_array import read_json_items
from unimumer_data.records.predictions import read_prediction_file
from unimumer_data.records.reading import parts_of
from unimumer_data.records.record import Sample
from unimumer_data.records.registry import read_registry
from unimumer_data.sources import Drop, conversations, cvat, table
from unimumer_data.sources.formats.mathml import mathml_to_latex
from unimumer_data.sources.formats.safe_pickle import Array, load_pickle
from unimumer_data.sources.formats.symlg import symlg_to_latex
from unimumer_data.support.config import load_config, make_config, read_yaml
from unimumer_data.tasks import TASKS, corrections
from unimumer_data.tasks.answers import agrees, final_expression
from unimumer_eval.config import EvalConfig, Sampling
from unimumer_eval.engines.replies import BadReply, NoText, answer_of, read_reply
from unimumer_eval.scores.forms import read

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "unimumer_data" / "sample"
SHARED = ROOT.parent / "shared" / "data"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A reader.

    Args:
        name: for ``only=``.
        seeds: what it reads.
        check: reads damaged input; asserts what must hold.
        files: globs of further seeds, in the bundled sample and in the real corpora, where they are there.
        expected: what it may raise besides `UniMumerError`.
    """

    name: str
    seeds: tuple[str | bytes, ...]
    check: Callable[[bytes, Path], None]
    files: tuple[str, ...] = ()
    expected: tuple[type[Exception], ...] = ()


def text_of(data: bytes) -> str:
    """Bytes as text, also with lone surrogates and with bytes that are no UTF-8."""
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8", "surrogatepass")
    return data.decode("latin-1")


def check_latex(data: bytes, _: Path) -> None:
    text = text_of(data)
    with suppress(LatexSyntaxError):
        strict = canonical(text, "strict")
        assert canonical(strict, "loose") == canonical(text, "loose"), "loose separates what strict joins"
    for form in FORMS:
        repaired = canonical(text, form, repairs=[])
        assert canonical(repaired, form) == repaired, f"{form} is not stable"
    row = canonical_tree(text, repairs=[])
    tokens = write_tokens(row)
    with suppress(TreeTextError):
        assert write_tokens(read_tree(write_tree(row))) == tokens, "the tree text is another formula"
    counts = count_symbols(tokens)
    assert read_counts(write_counts(counts)) == counts, "the counts are others"
    found = read(text)
    assert found.fault or read(" ".join(found.strict)).strict == found.strict, "the scored form is not stable"
    lint(text)
    repair(text)


def check_label(data: bytes, _: Path) -> None:
    work = Work(
        source="table",
        tasks=("vanilla", "tree", "can"),
        conventions="crohme",
        repair=True,
        images="none",
        image_max_pixels=1,
        image_folder=None,
        image_prefix="",
        root=Path(),
        augment="none",
        seed=0,
        guard=None,
        debug=True,
    )
    result = process(work, [Sample(id="a", label=text_of(data), image=Path("a.png"))])
    kept = {len(records) for records in result.records.values()}
    assert kept == {1} or (kept == {0} and result.changes), "a sample is gone without a reason"


def check_answer(data: bytes, _: Path) -> None:
    text = text_of(data)
    for task in TASKS:
        final_expression(text, task)
        agrees(text, task)


def check_tree(data: bytes, _: Path) -> None:
    text = text_of(data)
    row = read_tree(text)
    assert write_tokens(read_tree(write_tree(row))) == write_tokens(row), (
        "a tree text that is read is written another way"
    )


def check_counts(data: bytes, _: Path) -> None:
    counts = read_counts(text_of(data))
    assert read_counts(write_counts(counts)) == counts, "the counts are others"


def check_corrections(data: bytes, _: Path) -> None:
    prediction, _, label = text_of(data).partition("\n")
    found = corrections.compare(prediction, label)
    assert corrections.strip(found.marked) == " ".join(prediction.split()), "the marks change the prediction"
    assert corrections.apply(found.marked, found.log) == " ".join(label.split()), "the log misses the label"
    corrections.read_detection(prediction, label, repairs=[])
    corrections.read_correction(text_of(data), prediction, repairs=[])
    corrections.apply(prediction, label, repairs=[])


def check_inkml(data: bytes, _: Path) -> None:
    ink = parse_inkml(data, name="ink")
    picture = render(ink)
    assert min(picture.size) >= 32, "a picture without extent"
    if ink.layout:
        mathml_to_latex(ink.layout, name="ink")


def check_mathml(data: bytes, _: Path) -> None:
    mathml_to_latex(text_of(data), name="a")


def check_symlg(data: bytes, _: Path) -> None:
    assert symlg_to_latex(text_of(data)), "a graph without a label"


def check_table(suffix: str) -> Callable[[bytes, Path], None]:
    def check(data: bytes, folder: Path) -> None:
        (folder / "a.png").touch()
        file = folder / f"table{suffix}"
        file.write_bytes(data)
        for item in table.read(file, "train"):
            assert item.id, "an item without a name"

    return check


def check_export(read: Callable[..., Iterator[Sample | Drop]], suffix: str) -> Callable[[bytes, Path], None]:
    def check(data: bytes, folder: Path) -> None:
        Image.new("L", (40, 30), 255).save(folder / "a.png")
        file = folder / f"export{suffix}"
        file.write_bytes(data)
        for item in read(file, "train"):
            assert item.id, "an item without a name"

    return check


def check_pickle(data: bytes, folder: Path) -> None:
    file = folder / "a.pkl"
    file.write_bytes(data)
    content = load_pickle(file)
    values = content.values() if isinstance(content, dict) else content if isinstance(content, list) else [content]
    for value in values:
        if isinstance(value, Array):
            value.to_image("a")


def check_picture(data: bytes, _: Path) -> None:
    fit_pixels(load_image(data))


def check_predictions(suffix: str) -> Callable[[bytes, Path], None]:
    def check(data: bytes, folder: Path) -> None:
        file = folder / f"a_pred{suffix}"
        file.write_bytes(data)
        for one in read_prediction_file(file):
            assert one.id, "a prediction without a name"
            one.text.encode()

    return check


def check_zip(data: bytes, folder: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, part in enumerate(data.split(b"\x00")):
            archive.writestr(f"{number}.txt", part)
    check_predictions(".zip")(data if data[:2] == b"PK" else packed.getvalue(), folder)


def check_reply(data: bytes, _: Path) -> None:
    reply = read_reply(data.decode("utf-8", "replace"))
    answer = answer_of(0, reply, Sampling(n=2, steps=True, alternatives=2))
    assert 0 <= sum(output.tokens for output in answer.outputs) <= 20_000_000, "tokens without bound"
    json.dumps([output.text for output in answer.outputs], ensure_ascii=False).encode()


def check_yaml(data: bytes, folder: Path) -> None:
    file = folder / "a.yaml"
    file.write_bytes(data)
    values = read_yaml(file)
    for config in (SetConfig, EvalConfig):
        with suppress(UniMumerError):
            make_config(config, values, origin="a.yaml")
    make_config(SetConfig, values, origin="a.yaml")


def check_words(data: bytes, _: Path) -> None:
    words = [word for word in text_of(data).split("\n") if "=" in word]
    load_config(EvalConfig, words)


def check_records(data: bytes, folder: Path) -> None:
    file = folder / "a.json"
    file.write_bytes(data)
    for item, _ in read_json_items(file):
        parts = parts_of(item)
        assert parts.expression is None or isinstance(parts.expression, str)


def check_registry(data: bytes, folder: Path) -> None:
    file = folder / "dataset_info.json"
    file.write_bytes(data)
    read_registry(file)


TARGETS = (
    Target(
        name="latex",
        seeds=FORMULAS,
        check=check_latex,
        files=("labels/crohme_2014_captions.json", "im2latex-sample/formulas.lst"),
    ),
    Target(name="label", seeds=FORMULAS, check=check_label),
    Target(
        name="answer",
        seeds=(*FORMULAS, "<think> a\n</think>```latex\n$$\\boxed{x}$$\n```", "x: 1, ^: 2\nx ^ { 2 }"),
        check=check_answer,
    ),
    Target(name="tree", seeds=tuple(write_tree(canonical_tree(formula)) for formula in FORMULAS), check=check_tree),
    Target(name="counts", seeds=("x: 2, ^: 1, ,: 3, :: 1",), check=check_counts),
    Target(
        name="corrections",
        seeds=(
            "d + b c\na + b",
            "<error_start> d <error_end> + <deleted>\nREPLACE:d -> a; INSERT:x after b; DELETE:c\na + b",
        ),
        check=check_corrections,
    ),
    Target(name="inkml", seeds=(), check=check_inkml, files=("train/*.inkml", "inkml/*.inkml")),
    Target(name="mathml", seeds=(MATHML,), check=check_mathml),
    Target(name="symlg", seeds=(GRAPH,), check=check_symlg),
    Target(name="tsv", seeds=('image\tlatex\na.png\tx ^ 2\na\t"y\n',), check=check_table(".tsv")),
    Target(name="csv", seeds=('image,latex\na.png,"x, ""y"""\n', "a.png;x\na.png;y"), check=check_table(".csv")),
    Target(
        name="jsonl",
        seeds=('{"image": "a.png", "latex": "x"}\n{"image": "b.png", "latex": "\\\\frac"}',),
        check=check_table(".jsonl"),
    ),
    Target(
        name="json",
        seeds=('[{"image": "a.png", "latex": "x"}, {"image": 1, "latex": null}]',),
        check=check_table(".json"),
    ),
    Target(name="cvat", seeds=(CVAT,), check=check_export(cvat.read, ".xml")),
    Target(
        name="conversations",
        seeds=(json.dumps([RECORD]), *map(json.dumps, CONVERSATIONS)),
        check=check_export(conversations.read, ".jsonl"),
    ),
    Target(name="pickle", seeds=pickles(), check=check_pickle),
    Target(name="picture", seeds=pictures(), check=check_picture),
    Target(
        name="predictions json",
        seeds=(PREDICTIONS, '{"a": {"pred": "x", "gt": "y", "dist": 1}}'),
        check=check_predictions(".json"),
    ),
    Target(
        name="predictions jsonl",
        seeds=('{"prompt": "<image>", "predict": "x", "label": "y"}\n',),
        check=check_predictions(".jsonl"),
    ),
    Target(name="predictions txt", seeds=("a.png\tx ^ 2\nb\t$y$\n",), check=check_predictions(".txt")),
    Target(name="predictions zip", seeds=("%a\n$x ^ 2$\x00%b\n$y$",), check=check_zip),
    Target(name="records", seeds=(json.dumps([RECORD, RECORD]), json.dumps(RECORD)), check=check_records),
    Target(
        name="registry",
        seeds=(json.dumps({"a": {"file_name": "a.json", "columns": {"messages": "messages"}}}),),
        check=check_registry,
    ),
    Target(name="reply", seeds=(REPLY,), check=check_reply, expected=(BadReply, NoText)),
    Target(
        name="yaml",
        seeds=(SETTINGS, "a: &a [x]\nb: [*a, *a]\n<<: {c: 1e5}\nd: !!python/name:os.system\n"),
        check=check_yaml,
    ),
    Target(name="words", seeds=(SETTINGS.replace(": ", "="),), check=check_words),
)

_WORDS = re.compile(rb"\\[A-Za-z]+\*?|<[^>]*>|[A-Za-z_]+|\d+|[^\sA-Za-z\d]+")


def seeds_of(target: Target) -> list[bytes]:
    """The seeds of a target, those in files too."""
    found = [seed.encode() if isinstance(seed, str) else seed for seed in target.seeds]
    for pattern in target.files:
        for root in (SAMPLE, SHARED):
            for file in sorted(root.glob(pattern)):
                lines = json.loads(file.read_text()) if file.suffix == ".json" else file.read_bytes().splitlines()
                found += [file.read_bytes()] if file.suffix == ".inkml" else [_bytes(line) for line in lines[:300]]
    return found


def _bytes(line: str | bytes) -> bytes:
    return line.encode() if isinstance(line, str) else line


def words_of(seeds: list[bytes]) -> list[bytes]:
    """The words that a format is made of: what to insert elsewhere."""
    return sorted({word for seed in seeds for word in _WORDS.findall(seed[:20_000])})
