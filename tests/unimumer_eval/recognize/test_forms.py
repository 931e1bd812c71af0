"""LaTeX as MathML and as Typst."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from unimumer_data.errors import LatexSyntaxError
from unimumer_eval.recognize.forms import FORMS, to_mathml
from unimumer_eval.recognize.typst import to_typst

ROOT = Path(__file__).resolve().parents[3]
LABELS = [line.split("\t")[-1] for line in (ROOT / "examples" / "expressions.tsv").read_text("utf-8").splitlines()]
HARD = [
    r"\begin{cases} 1 & x < 0 \\ 2, & x \ge 0 \end{cases}",
    r"\begin{pmatrix} a & b \\ c & \frac{d}{e} \end{pmatrix} ^ { - 1 }",
    r"{}^{2} x _ { , i } ^ { ( n ) }",
    r"\sum \limits _ { i = 1 } ^ { \infty } ( a , b ] \text{if } \& \# \$ \% \_ \{ x \}",
    r"\overset{!}{=} \xrightarrow[n]{\infty} \underset{x}{y} \not= \foo a \mathbb{R} \pmod{7} \boxed{x}",
    r"[ ) ; : ! / | * @ ~ \| ' \sqrt{} \frac{}{} \hat{} \langle \ldots",
]


@pytest.mark.parametrize("label", [*LABELS, *HARD])
def test_mathml_is_well_formed(label: str) -> None:
    pytest.importorskip("latex2mathml", reason="needs the extra [recognize]")
    root = ElementTree.fromstring(to_mathml(label))
    assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"


def test_typst_compiles(tmp_path: Path) -> None:
    typst = pytest.importorskip("typst", reason="needs the extra [dev]")
    document = tmp_path / "all.typ"
    document.write_text("\n\n".join(f"$ {to_typst(label)} $" for label in [*LABELS, *HARD]), encoding="utf-8")
    assert typst.compile(document)[:4] == b"%PDF"


@pytest.mark.parametrize(
    ("latex", "typst"),
    [
        (r"\frac{12}{x_i^2}", "frac(12, x_i^2)"),
        (r"\sqrt{a}+\sqrt[3]{b}", "sqrt(a) + root(3, b)"),
        ("x^{n+1}", "x^(n + 1)"),
        ("3.14", "3.14"),
        ("f(x,y)", r"f \( x \, y \)"),
        (r"\begin{bmatrix}1&2\\3&4\end{bmatrix}^2", 'mat(delim: #("[", "]"), 1, 2; 3, 4)^2'),
        (r"\begin{cases}1&x<0\\2\end{cases}", "cases(1 & x < 0, 2)"),
        (r"\begin{matrix}1\\2\end{matrix}", "mat(delim: #none, 1; 2)"),
        (r"\sin\alpha\ne\infty", "sin α ≠ ∞"),
        (r"\hat{x}\mathbf{v}", "hat(x) bold(v)"),
    ],
)
def test_typst_of_common_formulas(latex: str, typst: str) -> None:
    assert to_typst(latex) == typst


@pytest.mark.parametrize("form", FORMS)
def test_broken_latex_is_refused_in_every_form(form: str) -> None:
    with pytest.raises(LatexSyntaxError):
        FORMS[form]("x ^ {")
