from __future__ import annotations

from pathlib import Path

import pytest

from unimumer_data.errors import SourceError
from unimumer_data.latex import canonical
from unimumer_data.records.record import Sample
from unimumer_data.sources import get_source
from unimumer_data.sources.base import Drop
from unimumer_data.sources.formats.mathml import mathml_to_latex

SOURCE = get_source("crohme-inkml")
TRACE = '<trace id="0">0 0, 10 10</trace>'
FRACTION = "<math><mfrac><mi>x</mi><mrow><mi>y</mi><mo>+</mo><mn>1</mn></mrow></mfrac></math>"


def write_ink(path: Path, truth: str, layout: str = "") -> None:
    layout = f'<annotationXML type="truth" encoding="Content-MathML">{layout}</annotationXML>' if layout else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<ink xmlns="http://www.w3.org/2003/InkML"><annotation type="truth">{truth}</annotation>{layout}{TRACE}</ink>'
    )


def labels(folder: Path) -> dict[str, tuple[str, str | None]]:
    found = list(SOURCE.samples(folder))
    assert all(isinstance(sample, Sample) for sample in found)
    return {
        sample.id: (sample.label, sample.replaced[0].message if sample.replaced else None)
        for sample in found
        if isinstance(sample, Sample)
    }


def test_a_folder_is_read_to_the_bottom_in_order(tmp_path: Path) -> None:
    for name in ("b/2.inkml", "a/1.inkml", "c.INKML"):
        write_ink(tmp_path / name, "$x$")
    (tmp_path / "a" / "1.lg").write_text("O, x, x, 1.0, 0")
    assert list(labels(tmp_path)) == ["1", "2", "c"]
    assert SOURCE.count and SOURCE.count(tmp_path, "train") == 3


def test_equal_names_in_two_folders_stay_apart(tmp_path: Path) -> None:
    for name in ("a/1.inkml", "b/1.inkml", "b/2.inkml"):
        write_ink(tmp_path / name, "$x$")
    assert list(labels(tmp_path)) == ["a__1", "b__1", "2"]


def test_a_good_truth_is_preferred_to_the_layout(tmp_path: Path) -> None:
    write_ink(tmp_path / "1.inkml", "$z$", FRACTION)
    assert labels(tmp_path) == {"1": ("$z$", None)}


@pytest.mark.parametrize(
    ("truth", "reason"), [("$x}$", "unbalanced_brace"), ("", "empty_label"), (r"\frac{x}", "missing_argument")]
)
def test_a_damaged_truth_gives_way_to_the_layout(tmp_path: Path, truth: str, reason: str) -> None:
    write_ink(tmp_path / "1.inkml", truth, FRACTION)
    label, note = labels(tmp_path)["1"]
    assert canonical(label) == r"\frac { x } { y + 1 }"
    assert note == f"taken from the MathML layout, since the truth cannot be read ({reason})"


def test_without_a_layout_the_truth_stays_for_build_to_refuse(tmp_path: Path) -> None:
    write_ink(tmp_path / "1.inkml", "$x}$")
    assert labels(tmp_path) == {"1": ("$x}$", None)}


def test_a_file_that_is_no_ink_is_dropped_with_its_reason(tmp_path: Path) -> None:
    write_ink(tmp_path / "1.inkml", "$x$")
    (tmp_path / "2.inkml").touch()
    first, second = SOURCE.samples(tmp_path)
    assert isinstance(first, Sample)
    assert isinstance(second, Drop)
    assert (second.id, second.reason) == ("2", "ink")


@pytest.mark.parametrize(
    ("mathml", "latex"),
    [
        ("<msub><mi>x</mi><mn>2</mn></msub>", "x _ { 2 }"),
        ("<msubsup><mi>x</mi><mn>2</mn><mi>y</mi></msubsup>", "x _ { 2 } ^ { y }"),
        (r"<munderover><mo>\sum</mo><mi>i</mi><mi>n</mi></munderover><mi>i</mi>", r"\sum _ { i } ^ { n } i"),
        (r"<munder><mo>\lim</mo><mi>i</mi></munder>", r"\lim _ { i }"),
        ("<msqrt><mi>x</mi><mi>y</mi></msqrt>", r"\sqrt { x y }"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", r"\sqrt [ 3 ] { x }"),
        ("<mi>theta</mi><mo>le</mo><mi>infin</mi>", r"\theta \leq \infty"),
        ("<mi>sin</mi><mi>x</mi>", r"\sin x"),
        ('<m:mrow xmlns:m="x"><m:mi>a</m:mi></m:mrow>', "a"),
    ],
)
def test_latex_of_mathml(mathml: str, latex: str) -> None:
    assert canonical(mathml_to_latex(f"<math>{mathml}</math>", name="x")) == latex


@pytest.mark.parametrize("mathml", ["<math><mfrac><mi>x</mi></mfrac></math>", "<math>"])
def test_a_broken_layout_is_refused(mathml: str) -> None:
    with pytest.raises(SourceError, match=r"1\.inkml"):
        mathml_to_latex(mathml, name="1.inkml")


def test_wrong_paths_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder"):
        next(SOURCE.samples(tmp_path / "nowhere"))
    with pytest.raises(SourceError, match=r"holds no \.inkml file"):
        next(SOURCE.samples(tmp_path))


@pytest.mark.parametrize(("part", "count"), [("TestEM2014GT", 986), ("TestINKMLGT", 671), ("TrainINKML", 8836)])
def test_the_published_folders_are_read_whole(shared_data: Path, part: str, count: int) -> None:
    assert sum(1 for _ in SOURCE.read(shared_data / "crohme-inkml" / part, "train")) == count
