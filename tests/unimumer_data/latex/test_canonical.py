"""The canonical forms: what each level joins, and what no level may join."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.errors import ConfigError, LatexSyntaxError
from unimumer_data.latex import FORMS, canonical, canonical_tree
from unimumer_data.latex.conventions import LOOSE

SAME_PRINT = [
    (r"x ^ { 2 } _ { 1 }", "x _ 1 ^ 2"),
    (r"\left( a \right)", "( a )"),
    (r"\mathrm{sin} x", r"\sin x"),
    (r"\operatorname{max}", r"\max"),
    (r"\text{Pa}", r"\mathrm { P } \mathrm { a }"),
    (r"\mathrm{2}", "2"),
    (r"a \le b", r"a \leq b"),
    (r"\dfrac12", r"{1 \over 2}"),
    (r"\lim\limits_{x \to 0}", r"\lim_{x \rightarrow 0}"),
    (r"\begin{pmatrix} a & b \end{pmatrix}", r"\left( \begin{matrix} a & b \\ \end{matrix} \right)"),
    (r"\begin{array}{cc} a & b \end{array}", r"\begin{smallmatrix} a & b \end{smallmatrix}"),
    (r"\begin{cases} x & a \\ y & b \end{cases}", r"\left\{ \begin{array}{ll} x & a \\ y & b \end{array} \right."),
    (r"\begin{pmatrix} a \end{pmatrix}^2", "( a ) ^ 2"),
    (r"\begin{equation} a \end{equation}", "a"),
    ("a'", r"a^{\prime}"),
    (r"a \not= b", r"a \ne b"),
    ("1 . . . n", r"1 \ldots n"),
    (r"\| x \|", r"\Vert x \Vert"),
    (r"{a} + {{b}}", "a + b"),
    (r"{ab}^2", "ab^2"),
    (r"\text{解} x", "解 x"),
    (r"\R", r"\mathbb{R}"),
    (r"a \, b \quad c", "a b c"),
]
OTHER_PRINT = [
    ("x ^ 2", "x _ 2"),
    ("x ^ 2", "x 2"),
    (r"\sin x", "s i n x"),
    (r"\mathbf{x}", "x"),
    (r"\mathbb{R}", "R"),
    (r"\phi", r"\varphi"),
    (r"\ldots", r"\cdots"),
    (r"\overline{A}", r"\bar{A}"),
    (r"\sqrt{ab}", r"\sqrt{a}b"),
    (r"x_{i^2}", "x_i^2"),
    (r"{\frac{a}{b} c}^2", r"\frac{a}{b} c^2"),
    (r"{u_1}^2", "u_1^2"),
    (r"\begin{pmatrix} a & b \end{pmatrix}", r"\begin{bmatrix} a & b \end{bmatrix}"),
    (r"\begin{array}{lr} a & b \end{array}", r"\begin{matrix} a & b \end{matrix}"),
    (r"\begin{matrix} a & b \\ c & d \end{matrix}", r"\begin{matrix} a & c \\ b & d \end{matrix}"),
    (r"\text{if}", "i f"),
    (r"\leqslant", r"\leq"),
    (r"\Rightarrow", r"\Longrightarrow"),
    (r"a \prime", r"a ^ { \prime }"),
]
FORGIVEN = [
    (r"\mathbf{x}", "x", "fonts"),
    (r"\sin x", "sin x", "fonts"),
    (r"\varepsilon", r"\epsilon", "letters"),
    (r"\cdots", r"\ldots", "dots"),
    (r"\leqslant", r"\le", "slants"),
    (r"\implies", r"\Rightarrow", "arrows"),
    (r"\widehat{x}", r"\hat{x}", "accents"),
    (r"\varnothing", r"\emptyset", "shapes"),
    (r"f \prime \prime (x)", "f''(x)", "primes"),
    (r"\begin{array}{lr} a & b \end{array}", r"\begin{matrix} a & b \end{matrix}", "columns"),
]


@pytest.mark.parametrize(("one", "other"), SAME_PRINT)
def test_strict_joins_what_prints_the_same(one: str, other: str) -> None:
    assert canonical(one, "strict") == canonical(other, "strict")
    assert canonical(one, "loose") == canonical(other, "loose")


@pytest.mark.parametrize(("one", "other"), OTHER_PRINT)
def test_strict_keeps_apart_what_looks_different(one: str, other: str) -> None:
    assert canonical(one, "strict") != canonical(other, "strict")


@pytest.mark.parametrize(("one", "other", "rule"), FORGIVEN)
def test_each_loose_rule_forgives_its_own(one: str, other: str, rule: str) -> None:
    assert canonical(one, "strict") != canonical(other, "strict")
    assert canonical(one, "strict", forgive=[rule]) == canonical(other, "strict", forgive=[rule])
    others = [name for name in LOOSE if name != rule]
    assert canonical(one, "strict", forgive=others) != canonical(other, "strict", forgive=others)
    assert canonical(one, "loose") == canonical(other, "loose")


def test_every_loose_rule_is_tested() -> None:
    assert {rule for _, _, rule in FORGIVEN} == set(LOOSE)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [text for pair in SAME_PRINT + OTHER_PRINT for text in pair])
def test_forms_are_stable(form: str, text: str) -> None:
    once = canonical(text, form)
    assert canonical(once, form) == once


@pytest.mark.parametrize(
    ("text", "record"),
    [
        (r"\mathrm{Pa}", "P a"),
        (r"\mbox{ rot }", "r o t"),
        (r"k \lt 1", "k < 1"),
        (r"\lbrack x \rbrack", "[ x ]"),
        (r"{v_1}^2", "v _ { 1 } ^ { 2 }"),
        (r"{(x+1)} \to 2", r"( x + 1 ) \rightarrow 2"),
        (r"\sum_{i}^n i", r"\sum _ { i } ^ { n } i"),
        (r"\begin{matrix} a \\ \end{matrix}", r"\begin {matrix} a \end {matrix}"),
        (r"\dfrac12 \le \cdots", r"\dfrac { 1 } { 2 } \le \cdots"),
    ],
)
def test_records(text: str, record: str) -> None:
    assert canonical(text) == record


def test_scripts_of_opened_groups_stand_in_order() -> None:
    (node,) = canonical_tree("{ x ^ 2 } _ 1")
    assert [relation for relation, _ in node.children or ()] == ["sub", "sup"]


@pytest.mark.parametrize("text", [r"\sum \limits _ a \int \nolimits _ b", r"\int \nolimits _ b \sum _ c \lim"])
def test_limits_and_nolimits_in_one_row(text: str) -> None:
    record = canonical(text, corpus="crohme")
    assert record.count(r"\limits _") == 2 and r"\nolimits" not in record
    assert canonical(record, corpus="crohme") == record


def test_crohme_writes_limits_where_operators_carry_scripts() -> None:
    raw = r"\sum_{i=1}^{n} \lim_{x \to 0} \int f \int_a^b \prod\nolimits_i \bigcup_j"
    expected = (
        r"\sum \limits _ { i = 1 } ^ { n } \lim \limits _ { x \rightarrow 0 } \int f \int \limits _ { a } ^ { b } "
        r"\prod \limits _ { i } \bigcup _ { j }"
    )
    assert canonical(raw, corpus="crohme") == expected
    assert canonical(expected, corpus="crohme") == expected


def test_unknown_names_get_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean 'crohme'"):
        canonical("x", corpus="chrome")
    with pytest.raises(ConfigError, match="did you mean 'fonts'"):
        canonical("x", "strict", forgive=["font"])
    with pytest.raises(ConfigError, match="did you mean 'strict'"):
        canonical("x", "strickt")  # type: ignore[arg-type]


def test_raw_crohme_labels_become_the_published_ones(shared_data: Path) -> None:
    """Exact on 98.5 %; the rest is damaged in the raw file: ABOVE, a brace too many, ``log`` without backslash."""
    gold = {
        row["img_id"]: row["gt"] for row in json.loads((shared_data / "predictions/crohme_2014_pred.json").read_text())
    }
    lines = (shared_data / "crohme-png/groundtruth_2014.tsv").read_text().splitlines()
    same = 0
    for line in lines:
        key, _, raw = line.partition("\t")
        try:
            same += canonical(raw, corpus="crohme") == gold[key]
        except LatexSyntaxError:
            continue
    assert len(lines) == len(gold) == 986
    assert same / len(gold) >= 0.985


def test_canonical_labels_stay_as_they_are(shared_data: Path) -> None:
    for name in ("crohme_train", "crohme_2014", "N1"):
        labels = json.loads((shared_data / f"labels/{name}_captions.json").read_text())
        assert [label for label in labels if canonical(label) != label] == []


def test_strict_scores_what_white_space_cannot(shared_data: Path) -> None:
    pairs = json.loads((shared_data / "predictions/texteller/crohme_2014.json").read_text())
    blank = sum(pair["gt"] == pair["pred"] for pair in pairs) / len(pairs)
    strict = sum(
        canonical(pair["gt"], "strict") == canonical(pair["pred"], "strict", repairs=[]) for pair in pairs
    ) / len(pairs)  # fmt: skip
    assert blank < 0.04
    assert strict >= 0.92


def test_made_up_probes_are_judged_as_a_reader_would(shared_data: Path) -> None:
    pairs = json.loads((shared_data / "cdm/official_pairs.json").read_text())
    probes = [pair for pair in pairs if pair["id"].startswith("syn") and "unbalanced" not in pair["what"]]
    assert len(probes) > 80
    for pair in probes:
        same = canonical(pair["gt"], "strict") == canonical(pair["pred"], "strict")
        assert same == pair["same_formula"], pair["what"]
