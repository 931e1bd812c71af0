"""What must not happen to a set: two builds in one folder, half an input, one bad sample, a foreign manifest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.build import command as build
from unimumer_data.build import worker
from unimumer_data.build.builder import SetBuilder
from unimumer_data.build.config import SetConfig
from unimumer_data.build.lock import SetLock
from unimumer_data.errors import OutputError
from unimumer_data.health.backslashes import restore_doubled, restore_lost
from unimumer_data.sources.base import machine_fault

INK = (
    '<ink xmlns="http://www.w3.org/2003/InkML"><annotation type="truth">{}</annotation><trace id="0">{}</trace></ink>'
)


def write_inks(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        points = ", ".join(f"{x} {(x * x + number) % 90}" for x in range(0, 300, 3))
        (folder / f"e{number:04}.inkml").write_text(INK.format(f"x_{{{number}}}", points))
    return folder


def write_table(folder: Path, rows: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(rows):
        Image.new("L", (60 + number, 50), 200).save(folder / f"{name}.png")
    (folder / "t.tsv").write_text("".join(f"{name}.png\t{label}\n" for name, label in rows.items()))
    return folder


def turns(question: Any, answer: Any) -> list[dict[str, Any]]:
    return [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]


def run(output: Path, *words: str) -> int:
    return build.main([*words, f"output={output}", "workers=1"])


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def dropped(folder: Path) -> dict[str, str]:
    lines = (folder / "dropped.jsonl").read_text(encoding="utf-8").splitlines()
    return {change["id"]: change["reason"] for change in map(json.loads, lines)}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


class TestTwoBuilds:
    def test_the_second_waits_and_names_the_first(self, tmp_path: Path) -> None:
        words = ["source=crohme-inkml", f"path={write_inks(tmp_path / 'in', 3)}", "name=a", "workers=1"]
        command = [sys.executable, "-m", "unimumer_data.build", *words, f"output={tmp_path / 'o'}"]
        with SetLock(tmp_path / "o/data/a"):
            second = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert second.stderr is not None
            line = second.stderr.readline()
            assert second.poll() is None
        assert f"process {os.getpid()} on " in line and "is building this set; waiting" in line
        shown, errors = second.communicate()
        assert "built, 3 of 3" in shown, errors
        assert build.main([*words, f"output={tmp_path / 'alone'}"]) == 0
        assert contents(tmp_path / "o") == contents(tmp_path / "alone")

    def test_many_at_once_end_with_the_bytes_of_one(self, tmp_path: Path) -> None:
        words = ["source=crohme-inkml", f"path={write_inks(tmp_path / 'in', 200)}", "name=a", "workers=1"]
        command = [sys.executable, "-m", "unimumer_data.build", *words, f"output={tmp_path / 'o'}"]
        builds = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        assert all("200 of 200" in one.communicate()[0] for one in builds)
        assert build.main([*words, f"output={tmp_path / 'alone'}"]) == 0
        assert contents(tmp_path / "o") == contents(tmp_path / "alone")

    def test_where_no_folder_can_be_made_the_build_ends(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})
        assert run(Path("/proc/nowhere"), "source=table", f"path={corpus}", "name=s") == 1
        assert "/proc/nowhere" in capsys.readouterr().err

    def test_a_lock_leaves_nothing_behind(self, tmp_path: Path) -> None:
        with SetLock(tmp_path / "data/a") as lock:
            assert (tmp_path / "data/a/.build.lock").exists() and not lock.waited
        assert not list(tmp_path.iterdir())

    def test_a_file_that_does_not_hold_what_was_written_is_not_vouched_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x", "b": "y"})
        builder = SetBuilder(SetConfig(source="table", path=corpus, name="s", output=tmp_path / "o", workers=1))
        results = builder._results

        def disturbed(*args: Any) -> Any:
            yield from results(*args)
            with (tmp_path / "o/data/s/.build/s.json").open("ab") as file:
                file.write(b"{}\n")

        monkeypatch.setattr(builder, "_results", disturbed)
        with pytest.raises(OutputError, match="does not hold what was written"):
            builder.build()
        assert not (tmp_path / "o/data/s/manifest.json").exists()


class TestHalfAnInput:
    def test_an_input_that_vanishes_stops_the_build(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        corpus = write_table(tmp_path / "in", {f"p{number}": "x" for number in range(300)})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s", "split=test") == 0
        before = contents(tmp_path / "data")
        builder = SetBuilder(
            SetConfig(source="table", path=corpus, name="s", split="test", output=tmp_path, workers=1, limit=299)
        )
        items = builder.selection.items

        def vanishing() -> Any:
            for number, item in enumerate(items()):
                if number == 200:
                    for picture in corpus.glob("p2*.png"):
                        picture.unlink()
                yield item

        builder.selection.items = vanishing  # type: ignore[method-assign]
        with pytest.raises(Exception, match="cannot be read any more"):
            builder.build()
        capsys.readouterr()
        left = {name: data for name, data in contents(tmp_path / "data").items() if ".build" not in name}
        assert left == before

    def test_a_corpus_that_is_gone_at_the_end_stops_the_build(self, tmp_path: Path) -> None:
        file = tmp_path / "toy_captions.json"
        file.write_text('["x", "y"]')
        builder = SetBuilder(SetConfig(source="captions", path=file, name="s", images="none", output=tmp_path))
        items = builder.selection.items()
        next(items)
        file.unlink()
        with pytest.raises(Exception, match="vanished while it was read"):
            list(items)

    @pytest.mark.parametrize(
        ("error", "is_machine"),
        [
            (PermissionError(13, "denied", "a.png"), True),
            (OSError(5, "I/O error", "a.png"), True),
            (FileNotFoundError(2, "gone", "a.png"), True),
            (OSError("image file is truncated"), False),
            (IsADirectoryError(21, "folder", "a.png"), False),
            (ValueError("x"), False),
        ],
    )
    def test_what_is_the_fault_of_the_machine(self, error: Exception, is_machine: bool) -> None:
        assert (machine_fault(error) is not None) is is_machine

    def test_an_input_that_became_readable_is_no_unchanged_one(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})
        (corpus / "a.png").chmod(0o600)
        for _ in range(2):
            assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        (corpus / "a.png").chmod(0o644)
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        assert re.findall(r"s: (\w+),", capsys.readouterr().out) == ["built", "unchanged", "built"]

    @pytest.mark.parametrize("change", ["cut", "swapped"])
    def test_pictures_that_are_not_as_built_are_built_again(
        self, tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ("source=table", f"path={write_table(tmp_path / 'in', {'a': 'x', 'b': 'y'})}", "name=s")
        assert run(tmp_path, *words) == 0
        images = tmp_path / "data/s/images"
        if change == "cut":
            (images / "a.png").write_bytes(b"")
        else:
            (images / "a.png").replace(images / "c.png")
        assert run(tmp_path, *words) == 0
        assert capsys.readouterr().out.count("s: built,") == 2


class TestOneBadSample:
    @pytest.mark.parametrize(
        "ink",
        [
            INK.format("x", "[" * 990),
            INK.format("x", '{"a":' * 5000),
            INK.format("x", "#" + "F" * 1000 + " 1, 2 3"),
            '<?xml version="1.0" encoding="undefined"?>' + INK.format("x", "0 0, 1 1"),
            '<?xml version="1.0" encoding="punycode"?>' + INK.format("x", "0 0, 1 1"),
            '<?xml version="1.0" encoding="utf-7"?>' + INK.format("+2AA-", "0 0, 1 1"),
            '<?xml version="1.0" encoding="unicode_escape"?>' + INK.format("\\ud800", "0 0, 1 1"),
        ],
    )
    def test_hostile_ink_leaves_the_others_alone(self, tmp_path: Path, ink: str) -> None:
        inks = write_inks(tmp_path / "in", 2)
        (inks / "bad.inkml").write_text(ink)
        assert run(tmp_path, "source=crohme-inkml", f"path={inks}", "name=s", "split=test") == 0
        assert {"x _ { 0 }", "x _ { 1 }"} <= {r["messages"][1]["value"] for r in read(tmp_path / "data/s/s.json")}

    def test_blanks_before_an_error_cost_no_time(self, tmp_path: Path) -> None:
        inks = write_inks(tmp_path / "in", 1)
        (inks / "slow.inkml").write_text(INK.format("x", "1 2, 1" + " " * 200_000 + "x"))
        begun = time.monotonic()
        assert run(tmp_path, "source=crohme-inkml", f"path={inks}", "name=s") == 0
        assert time.monotonic() - begun < 10
        assert dropped(tmp_path / "data/s") == {"slow": "ink"}

    def test_deep_mathml_is_refused(self, tmp_path: Path) -> None:
        inks = write_inks(tmp_path / "in", 1)
        deep = "<math>" + "<mrow><mi>y</mi>" * 60_000 + "</mrow>" * 60_000 + "</math>"
        text = INK.format("", "0 0, 9 9").replace(
            "<trace", f'<annotationXML type="truth">{deep}</annotationXML><trace'
        )
        (inks / "deep.inkml").write_text(text)
        begun = time.monotonic()
        assert run(tmp_path, "source=crohme-inkml", f"path={inks}", "name=s") == 0
        assert time.monotonic() - begun < 10
        assert dropped(tmp_path / "data/s") == {"deep": "empty_label"}

    @pytest.mark.parametrize(
        ("record", "reason"),
        [
            (
                {
                    "images": ["a.png"],
                    "messages": turns("q", "\ud800"),
                },
                "encoding",
            ),
            (
                {
                    "images": ["\ud800.png"],
                    "messages": turns("q", "x"),
                },
                "no_image",
            ),
            (
                {
                    "images": ["b" * 300 + ".png"],
                    "messages": turns("q", "x"),
                },
                "no_image",
            ),
            (
                {"images": ["a.png"], "messages": turns("q", None)},
                "bad_row",
            ),
            (
                {"images": ["a.png"], "messages": turns(3, "x")},
                "bad_row",
            ),
            ({"images": [5], "messages": turns("q", "x")}, "bad_row"),
        ],
    )
    def test_hostile_records_leave_the_others_alone(self, tmp_path: Path, record: Any, reason: str) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        for name in ("a", "good"):
            Image.new("L", (50, 40), 255).save(folder / f"{name}.png")
        good = {"images": ["good.png"], "messages": turns("q", "z")}
        (folder / "r.json").write_text(json.dumps([record, good]))
        assert run(tmp_path, "source=published-json", f"path={folder / 'r.json'}", "name=s") == 0
        assert [one["messages"][1]["value"] for one in read(tmp_path / "data/s/s.json")] == ["z"]
        assert list(dropped(tmp_path / "data/s").values()) == [reason]

    def test_an_error_that_nobody_expected_is_a_drop(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def convert(where: Path, *_: object) -> object:
            if where.name == "a.png":
                raise ZeroDivisionError("surprise")
            return original(where, *_)

        original = worker.convert
        monkeypatch.setattr(worker, "convert", convert)
        words = ("source=table", f"path={write_table(tmp_path / 'in', {'a': 'x', 'b': 'y'})}", "name=s")
        assert run(tmp_path, *words) == 0
        assert dropped(tmp_path / "data/s") == {"a": "unexpected"}
        with pytest.raises(ZeroDivisionError, match="surprise"):
            run(tmp_path / "again", *words, "debug=true")

    def test_a_picture_that_would_start_another_program_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x", "eps": "y"})
        (corpus / "eps.png").write_text(
            "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 40\n%%EndComments\nshowpage\n"
        )
        ghost = tmp_path / "bin/gs"
        ghost.parent.mkdir()
        ghost.write_text(f"#!/bin/sh\necho ran > {tmp_path / 'ran'}\nexit 1\n")
        ghost.chmod(0o755)
        monkeypatch.setenv("PATH", f"{ghost.parent}:{os.environ['PATH']}")
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        assert not (tmp_path / "ran").exists()
        (line,) = (tmp_path / "data/s/dropped.jsonl").read_text().splitlines()
        assert "is PostScript (EPS)" in line

    def test_a_label_that_would_fill_the_disk_is_refused(self, tmp_path: Path) -> None:
        corpus = write_table(tmp_path / "in", {"a": "\\frac{" * 10_000 + "x" + "}{y}" * 10_000, "b": "y"})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        assert dropped(tmp_path / "data/s") == {"a": "too_long"}

    def test_of_an_endless_label_only_the_start_is_kept(self, tmp_path: Path) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x " * 10_000_000, "b": "y"})
        begun = time.process_time()
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s", "workers=1") == 0
        assert time.process_time() - begun < 10
        assert dropped(tmp_path / "data/s") == {"a": "too_long"}
        assert (tmp_path / "data/s/dropped.jsonl").stat().st_size < 5000


class TestForeignManifest:
    def test_it_can_delete_nothing(self, tmp_path: Path) -> None:
        words = ("source=table", f"path={write_table(tmp_path / 'in', {'a': 'x'})}", "name=s")
        assert run(tmp_path, *words) == 0
        precious = tmp_path / "precious"
        precious.write_text("mine")
        manifest = tmp_path / "data/s/manifest.json"
        content = read(manifest)
        content["files"] = {name: {"bytes": 0} for name in ("../../precious", str(precious), "./../../precious")}
        manifest.write_text(json.dumps({**content, "key": "x"}))
        assert run(tmp_path, *words) == 0
        assert precious.read_text() == "mine"

    @pytest.mark.parametrize("text", ['{"key": 1}', "[]", "{", "[" * 100_000, '{"key": "x", "files": []}'])
    def test_a_damaged_one_ends_in_no_traceback(self, tmp_path: Path, text: str) -> None:
        words = ("source=table", f"path={write_table(tmp_path / 'in', {'a': 'x'})}", "name=s")
        (tmp_path / "data/s").mkdir(parents=True)
        (tmp_path / "data/s/manifest.json").write_text(text)
        assert run(tmp_path, *words) == 0
        assert read(tmp_path / "data/s/manifest.json")["samples"]["kept"] == 1


class TestClosedGuard:
    @pytest.mark.parametrize("harm", ["gone", "cut", "bytes", "manifest", "both"])
    def test_a_test_set_that_is_not_known_any_more_stops_training_sets(
        self, tmp_path: Path, harm: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        test = write_table(tmp_path / "test", {"a": "x", "b": "y"})
        train = write_table(tmp_path / "train", {"a": "x", "b": "y"})
        assert run(tmp_path, "source=table", f"path={test}", "name=t", "split=test") == 0
        prints = tmp_path / "data/t/fingerprints.tsv"
        if harm == "gone":
            prints.unlink()
        elif harm == "cut":
            prints.write_text(prints.read_text().splitlines()[0] + "\n")
        elif harm == "bytes":
            prints.write_bytes(b"\xff\xfe\n")
        elif harm == "both":
            prints.unlink()
            (tmp_path / "data/t/manifest.json").unlink()
        else:
            (tmp_path / "data/t/manifest.json").write_text('{"key":1}')
        words = ("source=table", f"path={train}", "name=s")
        assert run(tmp_path, *words) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "unimumer build source=" in line and "name=t split=test" in line
        assert not (tmp_path / "data/s").exists()
        assert run(tmp_path, *words, "guard=keep") == 0
        assert run(tmp_path, "source=table", f"path={test}", "name=t", "split=test") == 0
        assert run(tmp_path, *words, "limit=1") == 1
        assert "same picture" in capsys.readouterr().err

    def test_a_test_set_that_is_just_published_is_waited_for(self, tmp_path: Path) -> None:
        test, train = write_table(tmp_path / "test", {"a": "x"}), write_table(tmp_path / "train", {"b": "y", "a": "x"})
        assert run(tmp_path, "source=table", f"path={test}", "name=t", "split=test") == 0
        manifest, aside = tmp_path / "data/t/manifest.json", tmp_path / "aside"
        manifest.replace(aside)
        with SetLock(tmp_path / "data/t"):
            command = [sys.executable, "-m", "unimumer_data", "build", "source=table", f"path={train}", "name=s"]
            training = subprocess.Popen([*command, f"output={tmp_path}"], stderr=subprocess.PIPE, text=True)
            assert training.stderr is not None
            assert "waiting for its end" in training.stderr.readline()
            aside.replace(manifest)
        assert "is t/a (same picture)" in training.communicate(timeout=60)[1]


def test_sentences_are_kept_and_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_table(tmp_path / "in", {"a": "solve for x where y = 2", "b": "x = 2", "c": "y = 1"})
    for split in ("test", "train"):
        assert run(tmp_path, "source=table", f"path={corpus}", f"name={split}", f"split={split}", "guard=keep") == 0
        said = capsys.readouterr().out
        assert "3 of 3 samples kept" in said and "noted: prose: 1 " in said
        assert dropped(tmp_path / f"data/{split}") == {"a": "prose"}
        assert read(tmp_path / f"data/{split}/manifest.json")["noted"] == {"prose": 1}
        assert run(tmp_path, "source=table", f"path={corpus}", f"name={split}", f"split={split}", "guard=keep") == 0
        assert "unchanged, 3 of 3" in (said := capsys.readouterr().out) and "noted: prose: 1 " in said


class TestBackslashes:
    @pytest.mark.parametrize(
        ("label", "reason", "meant"),
        [
            ("5 \times 10", "lost_backslash", "5 \\times 1 0"),
            ("x \rightarrow y", "lost_backslash", "x \\rightarrow y"),
            ("a \neq b", "lost_backslash", "a \\neq b"),
            ("\theta + 1", "lost_backslash", "\\theta + 1"),
        ],
    )
    def test_lost_ones_are_refused_in_training_sets_and_put_right_in_test_sets(
        self, tmp_path: Path, label: str, reason: str, meant: str
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x", "b": "y"})
        (corpus / "t.tsv").unlink()
        rows = [{"image": "a.png", "label": label}, {"image": "b.png", "label": "y"}]
        (corpus / "t.json").write_text(json.dumps(rows))
        for split, kept in (("train", ["y"]), ("test", [meant, "y"])):
            assert (
                run(tmp_path, "source=table", f"path={corpus}", f"name={split}", f"split={split}", "guard=keep") == 0
            )
            records = read(tmp_path / f"data/{split}/{split}.json")
            assert [record["messages"][1]["value"] for record in records] == kept
            assert dropped(tmp_path / f"data/{split}") == {"a": reason}

    @pytest.mark.parametrize(
        ("label", "meant"),
        [("\\\\frac { 1 } { 2 }", "\\frac { 1 } { 2 }"), ("x \\\\leq \\\\alpha", "x \\leq \\alpha")],
    )
    def test_doubled_ones_are_put_right_and_listed_everywhere(self, tmp_path: Path, label: str, meant: str) -> None:
        corpus = write_table(tmp_path / "in", {"a": label})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        (record,) = read(tmp_path / "data/s/s.json")
        assert record["messages"][1]["value"] == meant
        assert dropped(tmp_path / "data/s") == {"a": "doubled_backslash"}

    @pytest.mark.parametrize(
        "label", ["a\tb", "x\n+ y", "\\begin{matrix} a \\\\ in \\end{matrix}", "\\frac{a}{b}\n", "a \\\\ b"]
    )
    def test_white_space_and_row_breaks_are_left_alone(self, label: str) -> None:
        assert restore_lost(label) == (label, []) and restore_doubled(label) == (label, [])


class TestLabelsThatAreNoLatex:
    @pytest.mark.parametrize("label", ["<math><mi>x</mi></math>", "<p>x</p>", "a &lt; b"])
    def test_markup_stays_out_of_training_sets(self, tmp_path: Path, label: str) -> None:
        corpus = write_table(tmp_path / "in", {"a": label, "b": "y"})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        assert dropped(tmp_path / "data/s") == {"a": "markup"}

    def test_a_path_that_leads_nowhere_is_no_question_of_file_names(self, tmp_path: Path) -> None:
        corpus = write_table(tmp_path / "in", {"b": "y"})
        (corpus / "t.tsv").write_text("gs://bucket/z.png\tx\nb.png\ty\n")
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        assert dropped(tmp_path / "data/s") == {"gs://bucket/z.png": "no_image"}


class TestSmallThings:
    def test_twins_in_capital_letters_get_names_of_their_own(self, tmp_path: Path) -> None:
        corpus = tmp_path / "in"
        corpus.mkdir()
        for name in ("a", "A", "e\u0301", "\u00e9"):
            Image.new("L", (50, 40), 255).save(corpus / f"{name}.png")
        (corpus / "t.tsv").write_text("a.png\tx\nA.png\ty\ne\u0301.png\tz\n\u00e9.png\tw\n", encoding="utf-8")
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        names = [Path(record["images"][0]).stem for record in read(tmp_path / "data/s/s.json")]
        assert names == ["a", "A__2", "e\u0301", "\u00e9__2"]
        assert dropped(tmp_path / "data/s") == {"A__2": "renamed_id", "\u00e9__2": "renamed_id"}

    def test_all_tasks_by_one_word(self, tmp_path: Path) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s", "tasks=all") == 0
        assert {"s", "s_tree", "s_can"} == set(read(tmp_path / "dataset_info.json"))
        assert not (tmp_path / "data/s/s_error_find.json").exists()

    def test_what_windows_keeps_for_itself_is_no_name(self, tmp_path: Path) -> None:
        corpus = write_table(tmp_path / "in", {"con": "x", "b": "y"})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s") == 0
        assert dropped(tmp_path / "data/s") == {"con": "unsafe_id"}

    def test_an_unreadable_input_is_not_said_to_be_unwritable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})

        def denied(top: object, onerror: Any = None) -> Any:
            onerror(PermissionError(13, "Permission denied", str(top)))
            return iter(())

        monkeypatch.setattr(os, "walk", denied)
        for words in ((), ("--dry-run",)):
            assert run(tmp_path / "o", "source=table", f"path={corpus}", "name=s", *words) == 1
            assert "cannot be listed: Permission denied" in capsys.readouterr().err

    @pytest.mark.parametrize("images", ["none", "reference"])
    def test_a_preview_of_a_set_without_pictures_of_its_own(
        self, tmp_path: Path, images: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=s", f"images={images}", "--preview") == 0
        assert "no contact sheet" in capsys.readouterr().out

    def test_what_a_killed_build_left_is_cleared_away(self, tmp_path: Path) -> None:
        words = ("source=table", f"path={write_table(tmp_path / 'in', {'a': 'x'})}", "name=s")
        assert run(tmp_path, *words) == 0
        before = contents(tmp_path)
        (tmp_path / "data/s/.build/old").mkdir(parents=True)
        (tmp_path / "data/s/.build.lock").touch()
        (tmp_path / ".dataset_info.json.77-0123abcd.partial").touch()
        assert run(tmp_path, *words) == 0
        assert contents(tmp_path) == before
        assert not (tmp_path / "data/s/.build").exists()

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["split=tset"], "unknown split 'tset' (did you mean 'test'?). Known: train, valid"),
            (["split=TEST"], "unknown split 'TEST' (did you mean 'test'?)"),
            (["split="], "unknown split ''. Known: train, valid"),
            (["options={pictures: [1]}"], "pictures must be text, got [1]"),
            (["name=con"], "Windows reserves it"),
            (["name=" + "x" * 300], "over 200 bytes"),
            (["options=image_column:x"], "options must be a mapping, such as '{key: value}'"),
            (["workers=100000"], "workers must be 0 (one per core) to 512"),
        ],
    )
    def test_keys_that_cannot_be_meant(
        self, tmp_path: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})
        assert build.main(["source=table", f"path={corpus}", "name=s", f"output={tmp_path / 'o'}", *words]) == 2
        assert message in capsys.readouterr().err
        assert not (tmp_path / "o").exists()
