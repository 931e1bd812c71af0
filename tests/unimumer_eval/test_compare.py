"""The command line of the comparison."""

import csv
import json
import re

import pytest

from unimumer_eval.compare import main


@pytest.fixture
def runs(tmp_path):
    def write(name: str, answers: str) -> str:
        folder = tmp_path / name
        folder.mkdir()
        rows = [{"gt": "x", "pred": answer, "image_path": "", "img_id": f"s{i}"} for i, answer in enumerate(answers)]
        (folder / "toy_pred.json").write_text(json.dumps(rows), encoding="utf-8")
        return str(folder)

    return write


def test_three_runs_against_the_first(runs, tmp_path, capsys):
    output = tmp_path / "out"
    words = [runs("base", "xxyy"), runs("better", "xxxx"), runs("worse", "yyyy")]
    assert main([*words, f"output={output}", "resamples=50"]) == 0
    screen = capsys.readouterr().out
    assert "better against base" in screen and "worse against base" in screen
    content = json.loads((output / "compare.json").read_text(encoding="utf-8"))
    assert [pair["sets"][0]["won"] for pair in content["comparisons"]] == [["s2", "s3"], []]
    rows = list(csv.DictReader((output / "compare.csv").open(encoding="utf-8")))
    assert [(row["second"], row["id"], row["second_has"]) for row in rows] == [
        ("better", "s2", "won"), ("better", "s3", "won"), ("worse", "s0", "lost"), ("worse", "s1", "lost"),
    ]  # fmt: skip
    assert (output / "better_against_base.html").exists()


def test_files_may_have_other_names(runs, tmp_path):
    first, second = runs("a", "xy"), runs("b", "yx")
    (tmp_path / "b" / "toy_pred.json").rename(tmp_path / "b" / "other_pred.json")
    words = [f"{first}/toy_pred.json", f"{second}/other_pred.json", f"output={tmp_path / 'out'}", "resamples=20"]
    assert main([*words, "names=A,B"]) == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "name two runs or more"),
        (["a", "b", "fom=raw"], 2, "did you mean 'form'"),
        (["a", "b", "names=one"], 2, "names= must name each"),
        (["nowhere", "nowhere2"], 1, "nowhere"),
    ],
)
def test_mistakes_end_in_one_sentence(words, code, message, capsys):
    assert main(words) == code
    error = capsys.readouterr().err
    assert message in error and re.match(r"\w+Error: ", error) and error.count("\n") == 1


def test_other_samples_are_refused(runs, tmp_path, capsys):
    assert main([runs("a", "xx"), runs("b", "xxx"), f"output={tmp_path / 'out'}"]) == 1
    assert "do not have the same samples" in capsys.readouterr().err


def test_a_comparison_that_cannot_be_made_leaves_no_folder(runs, tmp_path):
    first, second = runs("a", "xy"), runs("b", "yx")
    for folder, name in ((first, "one"), (second, "two")):
        for copy in (name, f"{name}_more"):
            (tmp_path / folder / f"{copy}_pred.json").write_bytes((tmp_path / folder / "toy_pred.json").read_bytes())
        (tmp_path / folder / "toy_pred.json").unlink()
    assert main([first, second, f"output={tmp_path / 'out'}"]) == 1
    assert not (tmp_path / "out").exists()


def test_what_the_samples_can_show_and_what_seeds_do(runs, tmp_path, capsys):
    words = [runs("base", "x" * 40 + "y" * 60), runs("new", "x" * 42 + "y" * 58), f"output={tmp_path / 'out'}"]
    seeds = f"seeds={runs('s1', 'x' * 50 + 'y' * 50)},{runs('s2', 'x' * 47 + 'y' * 53)}"
    assert main([*words, seeds, "resamples=50", "cdm=false"]) == 0
    screen = capsys.readouterr().out
    assert "100 samples, of which 2 have one run right only, can show no difference" in screen
    assert "WARNING toy: the difference of 2.00 is no more than" in screen and "other seeds, 3.00" in screen
    assert "Holm" not in screen
    assert main([*words, seeds.partition(",")[0], "cdm=false"]) == 2
    assert "two runs or more" in capsys.readouterr().err


def test_p_of_several_comparisons_is_corrected(runs, tmp_path, capsys):
    output = tmp_path / "out"
    words = [runs("base", "y" * 10), runs("good", "x" * 10), runs("fair", "x" * 6 + "y" * 4)]
    assert main([*words, f"output={output}", "resamples=50", "cdm=false"]) == 0
    assert "p Holm" in capsys.readouterr().out
    found = json.loads((output / "compare.json").read_text(encoding="utf-8"))["comparisons"]
    assert [one["sets"][0]["mcnemar_p"] for one in found] == pytest.approx([2 / 2**10, 2 / 2**6])
    assert [one["sets"][0]["holm_p"] for one in found] == pytest.approx([4 / 2**10, 2 / 2**6])
