"""The bundled sample: what it must cover, and that the generator still writes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from unimumer_data.ink import read_inkml, render
from unimumer_data.latex import canonical, parse

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SAMPLE = EXAMPLES.parent / "unimumer_data" / "sample"
FILES = sorted(SAMPLE.rglob("*.inkml"))


def labels(split: str) -> list[str]:
    return [canonical(read_inkml(path).label) for path in FILES if path.parent.name == split]


def test_about_sixty_expressions_and_no_test_label_in_training() -> None:
    train, test = labels("train"), labels("test")
    assert (len(train), len(test)) == (48, 12)
    assert len({*train, *test}) == 60


def test_the_first_twelve_are_short() -> None:
    assert all(len(label.split()) <= 8 for label in labels("train")[:12])


KINDS = r"\frac \sqrt ^ _ \sum \limits \int \lim \hat \vec \overline {pmatrix} {cases} \alpha \theta \Delta".split()


@pytest.mark.parametrize("token", KINDS)
def test_every_kind_of_structure_is_there(token: str) -> None:
    assert any(token in label.split() for label in labels("train"))


def test_small_enough_to_commit_and_every_writer_writes() -> None:
    assert max(path.stat().st_size for path in FILES) < 16_000
    assert {read_inkml(path).writer for path in FILES} == {"w1", "w2", "w3", "w4", "w5"}
    assert all(read_inkml(path).unique_id == path.stem for path in FILES)


def test_pictures_are_legible_and_their_symbols_do_not_run_over_the_edge() -> None:
    for path in FILES:
        ink = read_inkml(path)
        image = render(ink)
        assert min(image.size) >= 28 and max(image.size) < 800, path
        assert parse(ink.label)


def test_the_generator_writes_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("HersheyFonts", reason="the generator takes its strokes from Hershey-Fonts")
    command = [sys.executable, str(EXAMPLES / "make_sample.py"), "--output", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in sorted(tmp_path.rglob("*.inkml"))}
    assert written == {path.relative_to(SAMPLE): path.read_bytes() for path in FILES}


def test_another_seed_gives_other_ink_of_the_same_expressions(tmp_path: Path) -> None:
    pytest.importorskip("HersheyFonts", reason="the generator takes its strokes from Hershey-Fonts")
    command = [sys.executable, str(EXAMPLES / "make_sample.py"), "--output", str(tmp_path), "--seed", "other"]
    subprocess.run(command, check=True, capture_output=True)
    for path in FILES[:5]:
        other = read_inkml(tmp_path / path.relative_to(SAMPLE))
        assert other.label == read_inkml(path).label
        assert other.traces != read_inkml(path).traces
