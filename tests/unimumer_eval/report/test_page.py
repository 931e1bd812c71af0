"""What the page holds; that it works in a browser is tests/slow/test_report_browser.py."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.errors import PredictionError
from unimumer_eval.report import page as page_module
from unimumer_eval.report import report_page, write_results
from unimumer_eval.report.names import printed_names
from unimumer_eval.scores import Pair, score_set


def data_of(html: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])


def toy(answers: dict[str, str], **rest):
    return score_set("toy", [Pair(id=id, gt="x", pred=pred, **rest) for id, pred in answers.items()], resamples=10)


def test_text_cannot_leave_its_place(tmp_path):
    html = report_page({"": [toy({"a": "</script><img src=x onerror=alert(1)>"})]}, {}, folder=tmp_path)
    assert "</script><img" not in html
    assert data_of(html)["sets"][0]["samples"][0][4][0][1] == "</script><img src=x onerror=alert(1)>"


def test_page_asks_no_network(tmp_path):
    html = report_page({"": [toy({"a": "x"})]}, {}, folder=tmp_path)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", html)
    assert "default-src 'none'" in html


def test_pictures_of_errors_are_put_in_and_others_linked(tmp_path):
    Image.new("RGB", (60, 30), "white").save(tmp_path / "p.png")
    pairs = [
        Pair(id="wrong", gt="x", pred="y", image_path="p.png"),
        Pair(id="right", gt="x", pred="x", image_path="p.png"),
        Pair(id="lost", gt="x", pred="y", image_path="not there.png"),
    ]
    folder = tmp_path / "out"
    folder.mkdir()
    html = report_page({"": [score_set("toy", pairs)]}, {}, folder=folder, image_root=tmp_path)
    sources = {row[0]: row[1] for row in data_of(html)["sets"][0]["samples"]}
    assert sources["wrong"].startswith("data:image/png;base64,")
    assert sources["right"] == "../p.png"
    assert sources["lost"] == "../not%20there.png"


def test_a_large_set_leaves_out_right_samples_first_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "TEXT_BYTES", 3000)
    answers = {f"{i:04}": "y" if i % 10 == 9 else "x" for i in range(300)}
    (one,) = data_of(report_page({"": [toy(answers)]}, {}, folder=tmp_path))["sets"]
    listed = [row for row in one["samples"] if row]
    assert one["unlisted"] == 300 - len(listed) > 0
    assert {f"{i:04}" for i in range(9, 300, 10)} <= {row[0] for row in listed}
    assert one["runs"][0]["n"] == 300


@pytest.mark.slow
def test_25_000_samples_stay_under_20_mb(tmp_path):
    label = r"\frac { a ^ { 2 } + b } { \sqrt { c } } = \sum _ { i = 1 } ^ { n } x _ { i } + "
    pairs = [
        Pair(id=f"sample_{i:05}", gt=f"{label} {i % 7}", pred=f"{label} {i % 5}", image_path=f"images/{i}.png")
        for i in range(25_000)
    ]
    html = report_page({"": [score_set("big", pairs, resamples=10)]}, {}, folder=tmp_path)
    assert len(html.encode()) < 20_000_000


def test_two_runs_share_the_samples_whatever_their_order(tmp_path):
    html = report_page({"A": [toy({"a": "x", "b": "y"})], "B": [toy({"b": "x", "a": "x"})]}, {}, folder=tmp_path)
    (one,) = data_of(html)["sets"]
    assert one["comparison"]["won"] == ["b"]
    assert [[run[0] for run in row[4]] for row in one["samples"]] == [[0, 0], [10, 0]]


def test_runs_without_a_common_set_are_refused(tmp_path):
    other = score_set("other", [Pair(id="a", gt="x", pred="x")])
    with pytest.raises(PredictionError, match="no test set in common: toy; other"):
        report_page({"A": [toy({"a": "x"})], "B": [other]}, {}, folder=tmp_path)


def test_names_of_symbols_tell_variants_apart():
    names = printed_names([r"\phi", r"\varphi", r"\leq", r"\sin", "x", r"\frac", r"\nonsense"])
    assert names[r"\phi"] != names[r"\varphi"]
    assert (names[r"\leq"], names[r"\sin"]) == ("≤", "sin")
    assert not {"x", r"\frac", r"\nonsense"} & names.keys()


def test_all_files_are_written_whole(tmp_path):
    files = write_results(tmp_path / "new" / "out", [toy({"a": "x"})], {"seed": 0})
    assert [file.name for file in files] == [
        "report.html", "scores.json", "scores.csv", "scores.md", "scores.tex", "toy_results.txt",
    ]  # fmt: skip
    assert all(file.stat().st_size for file in files)
    assert {file.name for file in Path(tmp_path / "new" / "out").iterdir()} == {file.name for file in files}


def test_ink_is_drawn(tmp_path):
    ink = '<ink><annotation type="truth">$1$</annotation><trace id="0">1 1, 2 2</trace></ink>'
    (tmp_path / "a.inkml").write_text(ink)
    pairs = [Pair(id=name, gt="1", pred="1", image_path=f"{name}.inkml") for name in ("a", "gone")]
    html = report_page({"": [score_set("toy", pairs)]}, {}, folder=tmp_path, image_root=tmp_path)
    drawn, gone = (row[1] for row in data_of(html)["sets"][0]["samples"])
    assert drawn.startswith("data:image/png;base64,") and gone == "gone.inkml"
