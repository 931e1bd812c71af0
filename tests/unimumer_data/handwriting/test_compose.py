"""Formulas written by hand: who stands where, whose symbols they are, and what chance may change."""

from __future__ import annotations

from pathlib import Path

import pytest

from unimumer_data.errors import LatexSyntaxError
from unimumer_data.handwriting.bank import Bank, Writer, means_of, read_bank
from unimumer_data.handwriting.compose import BORROWED, LICENCE, compose
from unimumer_data.handwriting.departures import RANGES
from unimumer_data.handwriting.hand import CannotWriteError
from unimumer_data.handwriting.matching import box_of
from unimumer_data.handwriting.measure import measure
from unimumer_data.ink import Ink, read_inkml, render, write_inkml

Boxes = dict[str, list[tuple[float, float, float, float]]]


@pytest.fixture(scope="module")
def bank(hand_bank: Path) -> Bank:
    return read_bank(hand_bank)


def boxes(ink: Ink) -> Boxes:
    """Name -> boxes of the symbols, from left to right."""
    found: Boxes = {}
    for symbol in ink.symbols:
        found.setdefault(symbol.label, []).append(box_of([ink.traces[trace] for trace in symbol.traces]))
    return {label: sorted(some) for label, some in found.items()}


def middle(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def write(text: str, bank: Bank, seed: int = 0, writer: str | None = None) -> Ink:
    return compose(text, bank, seed=seed, sample_id="a", writer=writer)


def test_every_stroke_knows_its_symbol_and_the_label_is_exact(bank: Bank) -> None:
    ink = write(r"\frac{x^2+1}{x-1}", bank)
    assert ink.label == r"$\frac{x^2+1}{x-1}$"
    traces = [trace for symbol in ink.symbols for trace in symbol.traces]
    assert sorted(traces) == sorted(ink.traces)
    assert sorted(symbol.label for symbol in ink.symbols) == sorted("xx2+1-1-")  # the bar is a minus too


@pytest.mark.parametrize("seed", range(5))
def test_symbols_stand_where_the_formula_has_them(bank: Bank, seed: int) -> None:
    found = boxes(write(r"\frac{a}{b}+x^2+n_1", bank, seed))
    (a,), (b,), (two,), (x,), (one,), (n,) = (found[name] for name in ("a", "b", "2", "x", "1", "n"))
    bar = found["-"][0]
    assert middle(a)[1] < middle(bar)[1] < middle(b)[1]
    assert bar[0] < middle(a)[0] < bar[2]
    assert middle(two)[1] < middle(x)[1] and two[0] > middle(x)[0]
    assert middle(one)[1] > middle(n)[1] and one[0] > middle(n)[0]


@pytest.mark.parametrize("seed", range(5))
def test_a_root_covers_what_it_holds(bank: Bank, seed: int) -> None:
    found = boxes(write(r"\sqrt{a+b}", bank, seed))
    root = found[r"\sqrt"][0]
    assert root[0] < found["a"][0][0] and root[1] < min(found["a"][0][1], found["b"][0][1])
    assert root[2] > middle(found["b"][0])[0]


@pytest.mark.parametrize("seed", range(5))
def test_a_root_stands_clear_of_what_is_around_it(bank: Bank, seed: int) -> None:
    found = boxes(write(r"1+\sqrt[3]{a}", bank, seed))
    (plus,), (three,), (root,), (a,) = (found[name] for name in ("+", "3", r"\sqrt", "a"))
    assert plus[2] < three[0] < root[0] + 40  # 200 units are an em
    assert three[2] < a[0] and root[0] < a[0]


def test_the_same_arguments_give_the_same_ink_and_others_another(bank: Bank) -> None:
    text = "a+b=c"
    assert write(text, bank).traces == write(text, bank).traces
    assert write(text, bank).traces != write(text, bank, seed=1).traces
    assert write(text, bank).traces != compose(text, bank, seed=0, sample_id="b").traces


def test_all_symbols_are_of_one_writer_where_that_has_them(bank: Bank) -> None:
    writer = next(iter(bank.symbols["x"]))
    ink = write("x+x", bank, writer=writer)
    assert ink.writer == writer
    own = {label for label, writers in bank.symbols.items() if writer in writers}
    borrowed = {part.split(" from ")[0] for part in ink.annotations.get(BORROWED, "").split("; ") if part}
    assert borrowed == {"x", "+"} - own


def test_a_missing_symbol_comes_from_the_nearest_writer_with_the_distance(bank: Bank) -> None:
    label, writers = next((label, some) for label, some in bank.symbols.items() if len(some) == 1)
    (owner,) = writers
    other = next(name for name in bank.writers if name != owner)
    ink = write(label, bank, writer=other)
    assert ink.annotations[BORROWED] == f"{label} from {owner} ({bank.distance(other, owner):.2f})"
    assert bank.distance(other, owner) == bank.distance(owner, other) > 0 == bank.distance(owner, owner)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"\aleph", "missing_symbol"),
        ("设", "missing_symbol"),
        (r"\hat{x}", "missing_symbol"),
        (r"\mathbb{R}", "font"),
        (r"\boldsymbol{x}", "font"),
        (r"\underbrace{a}", "construction"),
        (r"\overrightarrow{a}", "construction"),
        ("{}", "no_ink"),
    ],
)
def test_what_nobody_wrote_is_refused_by_name(bank: Bank, text: str, reason: str) -> None:
    with pytest.raises(CannotWriteError, match=r"leave (it|the font) out") as caught:
        write(text, bank)
    assert caught.value.reason == reason


def test_a_broken_formula_is_refused(bank: Bank) -> None:
    with pytest.raises(LatexSyntaxError):
        write(r"\frac{a}", bank)


@pytest.mark.parametrize(
    "text",
    [
        r"\left(\frac{a}{b}\right)",
        r"\overline{x}",
        r"\bar{x}",
        "x_1^2",
        r"\sqrt[3]{x}",
        r"\sin x",
        r"\frac{1}{\frac{a}{b}}",
        r"\begin{pmatrix} a & b \\ x & 2 \end{pmatrix}",
        r"\begin{aligned} a &= b \\ &= x \end{aligned}",
        r"\sqrt[3]{\frac{a}{\sqrt{b}}}",
        r"\boxed{x=1}",
    ],
)
def test_constructions_of_every_day_are_written(bank: Bank, text: str) -> None:
    ink = write(text, bank)
    assert render(ink).width > 30
    assert sorted(trace for symbol in ink.symbols for trace in symbol.traces) == sorted(ink.traces)


def test_a_hand_that_was_measured_seldom_departs_as_the_others_of_its_bank() -> None:
    means = {"slope": (0.5, 1000)}
    writers = {
        "often": Writer(1, 1, (), means),
        "never": Writer(1, 1, (), {}),
        "once": Writer(1, 1, (), {"sup": (9.0, 1)}),
    }
    bank = Bank(Path(), "", "", writers, {}, means_of(writers.values()))
    assert bank.mean("slope", "often") == pytest.approx(bank.mean("slope", "never"), abs=0.01)
    assert bank.mean("slope", "never") == pytest.approx(0.5, abs=0.01)
    assert RANGES["sup"].mean < bank.mean("sup", "never") < bank.mean("sup", "once") < 9
    assert bank.mean("upper", "never") == bank.means["upper"] == RANGES["upper"].mean


def test_ink_is_read_back_as_it_was_written(bank: Bank, tmp_path: Path) -> None:
    ink = write(r"x^2 < \frac{1}{2}", bank)
    (tmp_path / "a.inkml").write_text(write_inkml(ink), encoding="utf-8")
    again = read_inkml(tmp_path / "a.inkml")
    assert again.traces == ink.traces
    assert again.annotations == ink.annotations and again.annotations[LICENCE] == "Apache-2.0 of the sample"
    assert [(one.label, one.traces) for one in again.symbols] == [(one.label, one.traces) for one in ink.symbols]


def test_made_ink_is_found_again_in_its_label(bank: Bank) -> None:
    ink = write("x^2+y_1=a", bank)
    measured = measure(ink, "x^2+y_1=a")
    assert measured is not None and not measured.unplaced
    assert {one.span.token: one.span.scale for one in measured.placed}["2"] < 0.9
    assert 140 < measured.em < 280  # 200 units were written


def test_parentheses_grow_with_a_fraction_and_not_without(bank: Bank) -> None:
    def height(text: str) -> float:
        box = boxes(write(text, bank))["("][0]
        return box[3] - box[1]

    plain = height("(a)")
    assert height(r"(\frac{a}{\frac{b}{a}})") > 1.3 * plain
    assert height(r"(\frac{a}{\frac{b}{a}}") < 1.3 * plain  # it has no partner
