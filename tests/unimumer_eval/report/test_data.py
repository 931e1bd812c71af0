"""scores.json and scores.csv say all, and every key is explained."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from unimumer_eval.report.data import comparison_json, scores_csv, scores_json
from unimumer_eval.scores import OUTCOMES, Pair, compare, score_set

DOCS = Path(__file__).resolve().parents[3] / "docs" / "scores-schema.md"


@pytest.fixture(scope="module")
def scores():
    pairs = [
        Pair(id="a", gt="x ^ { 2 }", pred="x^2", confidence=0.9),
        Pair(id="b", gt="x + 1", pred="X + 7", confidence=0.4),
        Pair(id="c", gt="x", pred="", failure="image"),
    ]
    return score_set("toy", pairs, resamples=50)


def keys(value, *, free=("settings", "outcomes", "failures", "sorts")):
    """All keys of nested data, except those that are data themselves."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in free:
                yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_every_key_is_documented(scores):
    explained = set(re.findall(r"`([^`]+)`", DOCS.read_text(encoding="utf-8")))
    comparison = compare(scores, scores, resamples=10)
    files = scores_json([scores], {"seed": 0}), comparison_json({("a", "b"): [comparison]}, {})
    written = {key for text in files for key in keys(json.loads(text))}
    assert not written - explained
    assert set(OUTCOMES) <= explained


def test_json_holds_the_figures_and_the_settings(scores):
    content = json.loads(scores_json([scores], {"model": "é", "path": Path("a/b")}))
    assert (content["schema"], content["version"]) == ("unimumer-scores", 2)
    assert content["settings"] == {"model": "é", "path": "a/b"}
    (one,) = content["sets"]
    assert one["n"] == 3 and sum(one["outcomes"].values()) == 3
    assert one["forms"]["strict"]["exprate"]["value"] == pytest.approx(100 / 3)
    assert one["counts"]["failures"] == {"image": 1}
    assert one["calibration"]["n"] == 2
    assert one["alignment"]["confusions"][0]["examples"] == ["b"]


def test_cdm_stands_where_version_1_had_it():
    pairs = [Pair(id="a", gt="x + 1", pred="x + 1"), Pair(id="b", gt="y", pred="z")]
    seen = score_set("seen", pairs, text_metrics=True, resamples=50)
    content = json.loads(scores_json([seen, score_set("blind", pairs, resamples=50)], {}))
    with_cdm, without = (one["visual"] for one in content["sets"])
    assert with_cdm["cdm"] == {"n": 2, "exprate": 50, "f1": 50, "precision": 50, "recall": 50}
    assert with_cdm["structure_f1"] == seen.metrics["structure_f1"].value
    assert without is None
    explained = set(re.findall(r"`([^`]+)`", DOCS.read_text(encoding="utf-8")))
    assert not set(keys(content)) - explained


def test_csv_has_one_line_a_set_and_form(scores):
    rows = list(csv.DictReader(io.StringIO(scores_csv([scores, scores]))))
    assert [row["form"] for row in rows] == ["raw", "strict", "loose"] * 2
    assert rows[1]["exprate"] == "33.3333"
    assert float(rows[1]["exprate_low"]) <= 33.3333 <= float(rows[1]["exprate_high"])
