"""CDM is 1 wherever the strict form is equal: for every rule of the tables, in three places of a formula."""

from __future__ import annotations

import pytest

from unimumer_data.latex import canonical
from unimumer_data.latex.conventions import FONT_NAMES, NEGATED, RUNS, STRICT_NAMES
from unimumer_data.latex.grammar import COMMANDS, ENVIRONMENTS, FENCES, FUNCTIONS
from unimumer_eval.scores.cdm import cdm

PLACES = ["{}", "a + {} b = c", r"\frac { 1 } { x _ { i } {} y }"]


def rules() -> list[tuple[str, str]]:
    """Every rule of the tables as two texts that print the same."""
    pairs = []
    for name, target in STRICT_NAMES.items():
        arguments = " { p } { q }" if COMMANDS.get(name) and COMMANDS[name].args else ""
        skipped = " { 1ex }" * COMMANDS[name].parameters.count("{}") if name in COMMANDS else ""
        pairs.append((name + skipped + arguments, target + arguments))
    pairs += [(rf"\not {name}", target) for name, target in NEGATED.items()]
    pairs += [(" ".join([sign] * 3), target) for sign, target in RUNS.items()]
    pairs += [
        (name + " { 1ex }" * COMMANDS[name].parameters.count("{}") + " { B 2 }", f"{target} {{ B 2 }}")
        for name, target in FONT_NAMES.items()
        if target and name != target
    ]
    pairs += [(rf"\mathrm {{ {name} }}", f"\\{name}") for name in FUNCTIONS]
    pairs += [(rf"\operatorname* {{ {name} }} _ {{ k }}", rf"\{name} _ {{ k }}") for name in FUNCTIONS]
    pairs += [(f"{name} {{ p | q }}", f"{left} p | q {right}") for name, (left, right) in FENCES.items()]
    for name, it in ENVIRONMENTS.items():
        columns = "{ c c }" if it.columns else ""
        align = f"{{ {it.align * 2} }}" if it.align else "{ c c }"
        body = r"p & q \\ r & s"
        first, later = (("$ {} $" if it.text in which else "{}") for which in (("all",), ("all", "later")))
        own = " ".join((first.format("p"), "&", later.format("q"), r"\\", first.format("r"), "&", later.format("s")))
        if it.means == "array" or it.means == "matrix":
            left, right = (rf"\left {it.left or '.'}", rf"\right {it.right or '.'}")
            plain = rf"{left} \begin {{array}} {align} {body} \end {{array}} {right}"
            before = "{ 3cm }" if "{}" in it.reads.split() else "{ }" if it.reads else ""
            pairs.append((rf"\begin {{{name}}} {before} {columns} {own} \end {{{name}}}", plain))
        elif not it.means:
            before = "{ 3cm }" * it.reads.split().count("{}")
            own = "$ p q $" if it.box else "p q"
            pairs.append((rf"\begin {{{name}}} {before} {own} \end {{{name}}}", "p q"))
    return pairs


MORE = [
    (r"\sum \limits _ { i } a", r"\sum _ { i } a"),
    (r"\substack { p \\ q }", r"\begin {subarray} { c } p \\ q \end {subarray}"),
    (r"\sum _ { \substack { p \\ q } } x", r"\sum _ { \begin {subarray} { c } p \\ q \end {subarray} } x"),
    (r"\mathop { \lim } \limits _ { x } f", r"\lim _ { x } f"),
    (r"x \tag* { ( 1 ) }", r"x \tag { 1 }"),
    (r"\pmatrix { p & q \cr r & s \cr }", r"\begin {pmatrix} p & q \\ r & s \end {pmatrix}"),
    (r"\root 3 \of x", r"\sqrt [ 3 ] { x }"),
    (r"{ n \brack k }", r"\left [ { n \atop k } \right ]"),
    (r"\hbox {if $x$}", r"\mathrm { i f } x"),
    (r"a b c d e f g \hskip 12cm h i j k l m n", "a b c d e f g h i j k l m n"),
    (r"a \qquad \qquad \qquad \qquad \qquad + b", "a + b"),
    (r"\begin {array} { * { 9 } { c } } p & q \end {array}", r"\begin {array} { c c } p & q \end {array}"),
]


@pytest.mark.parametrize("place", PLACES)
def test_every_rule(place: str) -> None:
    found = [*rules(), *MORE]
    assert len(found) > 180
    for one, other in found:
        first, second = place.replace("{}", one), place.replace("{}", other)
        assert canonical(first, "strict") == canonical(second, "strict"), (one, other)
        assert cdm(first, second).f1 == cdm(second, first).f1 == 1, (one, other)


def test_loose_joins_what_strict_joins() -> None:
    for one, other in [*rules(), *MORE]:
        for before in ("", "x _ ", r"\sqrt ", r"\frac a "):
            first, second = (before + (text if not before else f"{{ {text} }}") for text in (one, other))
            assert canonical(first, "loose") == canonical(second, "loose"), (first, second)


def test_names_of_several_letters_are_one_argument() -> None:
    for name in FUNCTIONS:
        assert canonical(rf"i _ \{name} x", "loose") == canonical(rf"i _ {{ \{name} }} x", "loose")
        assert canonical(rf"\frac \{name} x", "loose") == canonical(rf"\frac {{ \{name} }} {{ x }}", "loose")
    for name in (r"\parallel", r"\Vert", r"\lVert", r"\rVert", r"\|"):
        for corpus in ("crohme", "crohme2023"):
            assert canonical(f"x ^ {name} y", corpus=corpus) == "x ^ { | | } y"
            assert canonical(rf"\left{name} x \right{name} _ 2", corpus=corpus) == "| | x | | _ { 2 }"
