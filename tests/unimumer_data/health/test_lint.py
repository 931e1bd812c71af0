import json

import pytest

from unimumer_data.health.lint import KINDS, LONGEST, damage, lint
from unimumer_data.health.repairs import REPAIRS, repair


def kinds(label, **kwargs):
    return [finding.kind for finding in lint(label, **kwargs)]


@pytest.mark.parametrize(
    "label",
    [
        r"\frac { a ^ { 2 } + 1 } { b }",
        r"\frac{a^2+1}{b}",
        r"\begin {cases} 1 & x \\ 2 & y \end {cases}",
        r"\log x + \mathrm { l o g } x",
        "A B C D = 9 0 ^ { \\circ }",
        "解 : x = 2",
    ],
)
def test_sound_labels_have_no_finding(label):
    assert lint(label, size=(200, 60)) == []
    assert damage(label) == ""


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("", "empty"),
        ("  { } ", "empty"),
        (r"\quad", "empty"),
        ("x ^ { 2", "unbalanced"),
        ("x }", "unbalanced"),
        (r"\begin {cases} x", "unbalanced"),
        (r"\frac { x }", "syntax"),
        ("x _ { 1 } _ { 2 }", "syntax"),
        (r"\sqrt { 2 } ABOVE { 3 }", "layout_word"),
        (r"M \ltN", "unknown_command"),
        ("l o g x", "letters_for_function"),
        ("x <|image_pad|>", "special_token"),
        ("x <image> y", "special_token"),
        (" ".join(["x"] * (LONGEST + 1)), "long"),
    ],
)
def test_each_kind_is_found(label, kind):
    assert kind in kinds(label)
    assert bool(damage(label)) == (kind in ("empty", "unbalanced", "syntax", "layout_word"))


def test_letters_that_are_no_function():
    assert kinds("l a r g e") == kinds("t a n k s") == kinds("a r g u s") == []


def test_more_symbols_than_the_picture_holds():
    label = " ".join(["x"] * 100)
    assert kinds(label, size=(300, 40)) == []
    assert kinds(label, size=(40, 40)) == ["crowded"]


def test_findings_say_where():
    (finding,) = lint(r"a + \foo")
    assert (finding.index, finding.message) == (2, r"unknown command \foo")
    assert set(KINDS) >= {finding.kind}


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (r"M\ltN", r"M\lt N", ["glued_command"]),
        (r"\intf (x)", r"\int f (x)", ["glued_command"]),
        ("%%x = 1", "x = 1", ["leading_percent"]),
        (r"%M\ltN", r"M\lt N", ["leading_percent", "glued_command"]),
        (r"\sqrt {648 + 648} ABOVE {4} + 8", r"\sqrt [ 4 ] { 6 4 8 + 6 4 8 } + 8", ["index_of_root"]),
        (r"\sqrt {\sqrt {x} ABOVE {n}} ABOVE {m}", r"\sqrt [ m ] { \sqrt [ n ] { x } }", ["index_of_root"]),
    ],
)
def test_listed_repairs(before, after, names):
    assert repair(before) == (after, tuple(names))
    assert repair(after) == (after, ())


@pytest.mark.parametrize(
    "label", [r"\ltimes x", r"x ABOVE { 2 }", r"50 \% x % y", r"\sqrt {3} ABOVE {\sqrt} BELOW {2}", r"\sqrt{x}", ""]
)
def test_what_is_not_on_the_list_stays(label):
    assert repair(label) == (label, ())


def test_every_repair_gives_reason_and_source():
    assert all(listed.reason and listed.source for listed in REPAIRS)


def test_unbalanced_labels_of_the_published_crohme_2023_test_set(shared_data):
    records = json.loads((shared_data / "predictions" / "crohme2023_test_pred.json").read_text())
    assert sum("unbalanced" in kinds(record["gt"]) for record in records) == 609
    intact = json.loads((shared_data / "labels" / "crohme2023_test_captions.json").read_text())
    assert sum("unbalanced" in kinds(label) for label in intact) == 0


def test_root_indices_of_crohme_2014(shared_data):
    rows = (
        line.split("\t") for line in (shared_data / "crohme-png" / "groundtruth_2014.tsv").read_text().splitlines()
    )
    repaired = {row[0]: repair(row[1])[1] for row in rows if len(row) == 2 and repair(row[1])[1]}
    wanted = ["RIT_2014_178", "RIT_2014_189", "RIT_2014_195"]
    assert {name: ("index_of_root",) for name in wanted} == repaired


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("hello world this is text", "prose"),
        ("H e l l o w o r l d , I a m", "prose"),
        ("<math><mi>x</mi></math>", "markup"),
        ("< m a t h > < m i > x < / m i > < / m a t h >", "markup"),
        ("x<sup>2</sup>", "markup"),
        ("a &lt; b", "markup"),
        ("<mml:math><mml:mi>x</mml:mi></mml:math>", "markup"),
        ("see figure 3", "prose"),
        ("solve for x where y = 2", "prose"),
        (r"The area of the circle is \pi r ^ 2", "prose"),
        ("x = 2 if y > 0", "prose"),
        ("a = 1, otherwise b", "prose"),
        (r"Find \frac{1}{2} + \frac{1}{3}.", "prose"),
        (r"f(x) = 1 \text{ if } x > 0 and 2 \text{ if not}", "prose"),
        ("s o l v e f o r x w h e r e y = 2", "prose"),
        (r"\frac { 1 } { 2 } , t h e r e f o r e x = 1", "prose"),
        ("n a n", "placeholder"),
        ("N/A", "placeholder"),
        ("#REF!", "placeholder"),
        ("5 \times 10", "lost_backslash"),
        (r"\\frac { 1 } { 2 }", "doubled_backslash"),
        (r"\\\\alpha", "doubled_backslash"),
    ],
)
def test_text_that_is_no_latex(label: str, kind: str) -> None:
    assert kind in [finding.kind for finding in lint(label)]


@pytest.mark.parametrize(
    "label",
    ["a < b > c", r"x < \mathrm { m a t h } > y", "a b c d e f g h i", r"\begin{matrix} a & b \\ c & d \end{matrix}",
     r"\mathrm { c o n s t a n t } = x", "a < i > b < / c", r"f(x) = 1 \text{ if } x > 0", r"x = 1 {\rm if} y > 0",
     r"\mathrm { f o r } x", r"\mathrm { x w h e r e y }", r"\frac{1}{2} at^2", "e^{in x} if_{or}", "if(x)",
     "x _ { m o r e }", r"1 \mbox{ for $x$} \quad \hbox{otherwise}", r"\operatorname{when} x", "x % for the reader",
     r"\mathrm { i f a n d w h e n }", "a b c , d e f"],
)  # fmt: skip
def test_mathematics_is_neither_prose_nor_markup(label: str) -> None:
    assert not {"prose", "markup"} & {finding.kind for finding in lint(label)}
