from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unimumer_data.errors import EditTextError
from unimumer_data.tasks.corrections import (
    DELETED,
    ERROR_END,
    ERROR_START,
    Entry,
    apply,
    compare,
    read_correction,
    read_detection,
    read_log,
    read_marked,
    strip,
    write_log,
)

# what a formula may hold, the format's own words among it, as a prediction may hold them
WORDS = [
    *("a", "b", "{", "}", "^", "_", r"\frac", ",", ";", ":", "-", ">", "->", "after", "<start>", r"\->", r"\\after"),
    *(ERROR_START, ERROR_END, DELETED, "\\" + DELETED, "x<deleted>", "\\", "\\\\"),
    *("REPLACE:", "REPLACE:a", "DELETE:;", "INSERT:a", r"\INSERT:a", "REPLACE", "INSERT"),
]  # fmt: skip
FORMULAS = st.lists(st.sampled_from(WORDS) | st.text("ab\\;-><:é汉", min_size=1), max_size=12).map(" ".join)


@given(FORMULAS, FORMULAS)
def test_any_pair_comes_back(prediction, label):
    correction = compare(prediction, label)
    assert strip(correction.marked) == prediction
    assert apply(correction.marked, correction.log) == label
    assert "\n" not in correction.marked + correction.log


@given(FORMULAS, FORMULAS)
def test_tolerant_reading_changes_nothing_that_is_well_formed(prediction, label):
    correction, repairs = compare(prediction, label), []
    if "x<deleted>" not in prediction:  # which a model may have meant as a mark
        assert apply(correction.marked, correction.log, repairs=repairs) == label
        assert not repairs


@given(
    st.text("ab <>_;:-", max_size=30) | st.lists(st.sampled_from(WORDS)).map(" ".join), st.text(max_size=20), FORMULAS
)
def test_tolerant_reading_never_raises(marked, log, formula):
    repairs = []
    apply(marked, log, repairs=repairs)
    apply(log, marked, repairs=repairs)
    read_detection(marked, formula, repairs=repairs)
    read_correction(f"{log}\n{formula}", marked, repairs=repairs)
    assert all(repair.index >= 0 and repair.message for repair in repairs)


def test_figure_of_the_paper():
    label = r"| \frac { a x _ { 0 } + b y _ { 0 } + c } { \sqrt { a ^ { 2 } + b ^ { 2 } } } |"
    prediction = label.replace(r"\sqrt { a", r"\sqrt { d")
    correction = compare(prediction, label)
    assert correction.marked == label.replace(r"\sqrt { a", r"\sqrt { <error_start> d <error_end>")
    assert correction.log == "REPLACE:d -> a"


@pytest.mark.parametrize(
    ("prediction", "label", "marked", "log"),
    [
        ("a", "a", "a", ""),
        ("", "a b", "<deleted>", "INSERT:a b after <start>"),
        ("a b", "", "<error_start> a b <error_end>", "DELETE:a b"),
        ("x + 1", "x ^ { 2 } + 1", "x <deleted> + 1", "INSERT:^ { 2 } after x"),
        ("a ; b", "a b", "a <error_start> ; <error_end> b", "DELETE:;"),
        ("; a -> b", "a -> c", r"<error_start> ; <error_end> a \-> <error_start> b <error_end>", 
         "DELETE:; ; REPLACE:b -> c"),
        ("<deleted>", "->", r"<error_start> \<deleted> <error_end>", r"REPLACE:\<deleted> -> \->"),
        ("a , a , b", "a , a , a", "a , a , <error_start> b <error_end>", "REPLACE:b -> a"),
        ("x x x", "y x x y z", "<error_start> x <error_end> x x <deleted>", None),
    ],
)  # fmt: skip
def test_texts(prediction, label, marked, log):
    correction = compare(prediction, label)
    if log is not None:
        assert (correction.marked, correction.log) == (marked, log)
    assert (strip(correction.marked), apply(correction.marked, correction.log)) == (prediction, label)


@pytest.mark.parametrize(
    ("marked", "log", "message"),
    [
        ("a <error_end> b", "", "token 1: <error_end> outside a marked run"),
        ("<error_start> a <deleted> <error_end>", "DELETE:a", "token 2: <deleted> inside a marked run"),
        ("a <error_start> b", "DELETE:b", "token 3: <error_start> is never closed"),
        ("<error_start> <error_end>", "", "token 1: nothing between"),
        ("<deleted>", "a", "token 0: expected REPLACE, INSERT, DELETE and a colon, found 'a'"),
        ("<deleted>", "INSERT:a", "token 0: expected 'INSERT:content after token', found 'INSERT:a'"),
        ("<deleted> b <deleted>", "INSERT:a after <start> INSERT:c after b", "token 3: expected ';'"),
        ("<error_start> a <error_end>", "REPLACE:b -> c", "entry 0: names 'b', the mark is 'a'"),
        ("<error_start> a <error_end>", "INSERT:c after a", "entry 0: names the gap after 'a', the mark is 'a'"),
        ("<error_start> a <error_end> b <deleted>", "DELETE:a", "mark 1: no entry in the log"),
        ("<error_start> a <error_end>", "DELETE:a ; DELETE:b", "entry 1: 'b' fits no mark"),
    ],
)
def test_malformed_texts_are_refused_with_their_place(marked, log, message):
    with pytest.raises(EditTextError) as error:
        apply(marked, log)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("marked", "log", "result", "reasons"),
    [
        ("Marked formula: <error_start>a<error_end> b", "Correction log: REPLACE: a -> c", "c b", []),
        ("a <error_end> b", "", "a b", ["stray_mark"]),
        ("a <error_start> b", "REPLACE:b -> c", "a c", ["open_mark"]),
        ("a <error_start> <error_end> b", "INSERT:+ after a", "a + b", ["empty_mark"]),
        ("<error_start> a <error_end> <error_start> b <error_end>", "REPLACE:b -> c", "a c", ["mark_without_entry"]),
        ("<error_start> a <error_end>", "DELETE:b ; REPLACE:a -> c", "c", ["entry_without_mark"]),
        ("<error_start> a <error_end>", "REPLACE:b -> c", "c", ["other_subject"]),
        ("<error_start> a <error_end>", "replace a by c", "a", ["no_entry", "mark_without_entry"]),
        ("<error_start> a <error_end>", "REPLACE:a c", "a", ["bad_entry", "mark_without_entry"]),
        ("a <deleted> b <deleted>", "INSERT:x after a INSERT:y after b", "a x b y", ["no_join"]),
    ],
)
def test_what_models_write_is_mended_and_noted(marked, log, result, reasons):
    repairs = []
    assert apply(marked, log, repairs=repairs) == result
    assert [repair.reason for repair in repairs] == reasons


def test_answers_of_both_tasks():
    repairs = []
    assert read_detection("<error_start> d <error_end> + b", "d + b", repairs=repairs).marks == ((0, 1),)
    assert read_correction("REPLACE:d -> a\na + b", "<error_start> d <error_end> + b", repairs=repairs) == "a + b"
    assert not repairs
    read_detection("<error_start> d <error_end> + c", "d + b", repairs=repairs)
    assert read_correction("REPLACE:d -> a\na + c", "<error_start> d <error_end> + b", repairs=repairs) == "a + c"
    assert read_correction("REPLACE:d -> a", "<error_start> d <error_end> + b", repairs=repairs) == "a + b"
    assert [(repair.reason, repair.index) for repair in repairs] == [
        ("other_formula", 2),
        ("log_differs", 2),
        ("no_formula", 3),
    ]


def test_log_and_marks_as_data():
    assert read_marked("a <deleted> <error_start> b c <error_end>").marks == ((1, 1), (1, 3))
    entries = [Entry("DELETE", (";",)), Entry("INSERT", (), ("after",)), Entry("REPLACE", ("->",), ("x", ";"))]
    assert read_log(write_log(entries)) == entries


def test_every_real_pair_comes_back(shared_data):
    files = sorted((shared_data / "predictions").glob("*_pred.json"))
    assert files
    pairs = 0
    for file in files:
        for row in json.loads(file.read_text(encoding="utf-8")):
            correction = compare(row["pred"], row["gt"])
            assert strip(correction.marked).split() == row["pred"].split()
            assert apply(correction.marked, correction.log).split() == row["gt"].split()
            pairs += row["pred"] != row["gt"]
    assert pairs > 5000
