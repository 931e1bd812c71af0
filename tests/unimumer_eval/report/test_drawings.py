"""Formulas as numbers: each once, its outlines once. That a browser draws them: tests/slow/test_report_browser.py."""

from unimumer_data.layout import layout
from unimumer_eval.report.drawings import UNIT, Drawings

ENTRIES = {-1: 6, -2: 6, -3: 6, -4: 7}


def marks_of(numbers: list[int]) -> list[list[int]]:
    rest, marks = numbers[4:], []
    while rest:
        length = ENTRIES.get(rest[0], 4)
        marks.append(rest[:length])
        rest = rest[length:]
    return marks


def test_equal_formulas_are_stored_once() -> None:
    drawings = Drawings()
    numbers = [drawings.add(tokens) for tokens in (("x", "+", "x"), ("y",), ("x", "+", "x"))]
    assert numbers == [0, 1, 0]
    assert len(drawings.formulas) == 2 and len(drawings.paths) == 3


def test_marks_lie_where_the_layout_has_them_and_name_their_token() -> None:
    text = r"\frac { a ^ { 2 } } { b }"
    drawings = Drawings()
    assert drawings.add(text.split()) == 0
    marks = marks_of(drawings.formulas[0])
    formula = layout(text)
    assert len(marks) == len(formula.marks)
    for (kind, x, y, token, *size), mark in zip(marks, formula.marks, strict=True):
        if kind == -1:
            assert (token, size[0]) == (0, round(UNIT * (mark.right - mark.left)))
        else:
            assert (x, y) == (round(UNIT * mark.x), round(UNIT * mark.y))
            assert text.split()[token] == mark.char


def test_what_prints_nothing_has_no_number() -> None:
    assert Drawings().add([]) is None
    assert Drawings().add([r"\quad"]) is None


def test_what_is_mended_or_unknown_is_noted() -> None:
    drawings = Drawings()
    for text in ("x", r"\frac { 1 } {", r"\foo", "设"):
        drawings.add(text.split())
    assert drawings.notes.keys() == {1, 2}
    assert "foo" in drawings.notes[2]
    assert drawings.words


def test_the_size_is_what_the_page_grows_by() -> None:
    drawings = Drawings()
    drawings.add("x + y".split())
    size = drawings.size
    drawings.add("x + y".split())
    assert drawings.size == size == len(str(drawings.formulas[0]).replace(" ", ""))
