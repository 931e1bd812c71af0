"""The build command from end to end, on small corpora that each test writes."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.build import bank, faithful
from unimumer_data.build import command as build
from unimumer_data.build.builder import SetBuilder, SetConfig
from unimumer_data.images import load_image
from unimumer_data.records import registry
from unimumer_data.sources import SOURCES
from unimumer_data.tasks import get_task

ROOT = Path(__file__).resolve().parents[3]

INK = """<ink xmlns="http://www.w3.org/2003/InkML"><annotation type="truth">{truth}</annotation>
<trace id="0">{points}</trace><trace id="1">0 0, 80 90</trace></ink>"""


MANY = {f"s{number}": f"x_{{{number}}}" for number in range(300)}
THREE = {"a": "x", "b": "y", "c": "z"}


def write_ink(folder: Path, truths: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, truth) in enumerate(truths.items()):
        points = ", ".join(f"{x} {(x * x + 7 * number) % 90}" for x in range(0, 100, 5))
        (folder / f"{name}.inkml").write_text(INK.format(truth=truth, points=points))
    return folder


def write_table(folder: Path, rows: Mapping[str, str]) -> Path:
    """Pictures of different grey and a TSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(rows):
        picture = Image.new("L", (64, 48), 255)
        picture.paste(0, (4 + number % 50, 4, 8 + number % 50, 40 - number // 50))
        picture.save(folder / f"{name}.png")
    (folder / "truth.tsv").write_text("".join(f"{name}\t{label}\n" for name, label in rows.items()))
    return folder


def run(output: Path, *words: str, workers: int = 1) -> int:
    return build.main([*words, f"output={output}", f"workers={workers}"])


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def changes(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "dropped.jsonl").read_text(encoding="utf-8").splitlines()]


def answers(path: Path) -> list[str]:
    return [record["messages"][1]["value"] for record in read(path)]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("sample")
    assert run(output) == 0
    return output


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("corpus"), MANY)


@pytest.fixture(scope="module")
def inks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    truths = {f"e{number:04}": r"\frac{x}" if number % 50 == 7 else f"x_{number}" for number in range(700)}
    return write_ink(tmp_path_factory.mktemp("ink"), truths)


@pytest.fixture(scope="module")
def undisturbed(inks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("undisturbed")
    assert run(output, "source=crohme-inkml", f"path={inks}", "name=a", "split=test") == 0
    return output


class TestSample:
    def test_no_arguments_build_the_bundled_sample(self, sample: Path) -> None:
        manifest = read(sample / "data/sample/manifest.json")
        assert manifest["samples"] == {"read": 48, "kept": 48, "dropped": 0, "repaired": 0}
        for suffix in ("", "_tree", "_can"):
            records = read(sample / f"data/sample/sample{suffix}.json")
            assert len(records) == 48
            for record in records:
                (image,) = record["images"]
                assert load_image(sample / image).size > (27, 27)
                assert [message["from"] for message in record["messages"]] == ["human", "gpt"]

    def test_the_registry_names_what_was_built(self, sample: Path) -> None:
        entries = read(sample / "dataset_info.json")
        for name in ("sample", "sample_tree", "sample_can", "sample_test"):
            assert (sample / entries[name]["file_name"]).is_file()

    def test_an_image_is_stored_once(self, sample: Path) -> None:
        images = [
            {record["images"][0] for record in read(file)} for file in (sample / "data/sample").glob("sample*.json")
        ]
        assert len(images) == 3
        assert images[0] == images[1] == images[2]
        assert len(list((sample / "data/sample/images").iterdir())) == 48

    def test_one_record_a_line(self, sample: Path) -> None:
        lines = (sample / "data/sample/sample.json").read_text().splitlines()
        assert (lines[0], lines[-1], len(lines)) == ("[", "]", 50)

    def test_a_second_run_changes_nothing(self, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before = {path: path.stat().st_mtime_ns for path in sample.rglob("*")}
        assert run(sample) == 0
        assert capsys.readouterr().out.count("unchanged") == 2
        assert {path: path.stat().st_mtime_ns for path in sample.rglob("*")} == before


class TestSelection:
    def ids(self, output: Path, name: str) -> list[str]:
        return [Path(record["images"][0]).stem for record in read(output / f"data/{name}/{name}.json")]

    def test_a_limit_takes_the_first(self, many: Path, tmp_path: Path) -> None:
        assert run(tmp_path, "source=table", f"path={many}", "name=a", "limit=5", "tasks=vanilla") == 0
        assert self.ids(tmp_path, "a") == ["s0", "s1", "s2", "s3", "s4"]

    def test_a_seed_draws(self, many: Path, tmp_path: Path) -> None:
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            assert run(tmp_path, "source=table", f"path={many}", f"name={name}", "limit=9", f"seed={seed}") == 0
        a, b, c = (self.ids(tmp_path, name) for name in "abc")
        assert len(a) == len(c) == 9
        assert a == b != c
        assert a == sorted(a, key=list(MANY).index)

    def test_shards_are_the_whole_without_overlap(self, many: Path, tmp_path: Path) -> None:
        for index in (1, 2, 3):
            assert run(tmp_path, "source=table", f"path={many}", "name=a", f"shard={index}/3", "tasks=vanilla") == 0
        parts = [self.ids(tmp_path, f"a_{index}of3") for index in (1, 2, 3)]
        assert sorted(chain(*parts)) == sorted(MANY)
        assert all(60 < len(part) < 140 for part in parts)

    def test_pictures_may_stay_where_they_are(self, many: Path, tmp_path: Path) -> None:
        assert run(tmp_path, "source=table", f"path={many}", "name=a", "images=reference", "limit=3") == 0
        assert not (tmp_path / "data/a/images").exists()
        for record in read(tmp_path / "data/a/a.json"):
            assert (tmp_path / record["images"][0]).samefile(many / Path(record["images"][0]).name)

    def test_records_alone(self, tmp_path: Path) -> None:
        file = tmp_path / "toy_captions.json"
        file.write_text(json.dumps(["x", "y ^ 2", "}"]))
        assert run(tmp_path, "source=captions", f"path={file}", "name=a", "images=none") == 0
        assert answers(tmp_path / "data/a/a.json") == ["x", "y ^ { 2 }"]
        assert read(tmp_path / "data/a/a.json")[1]["images"] == ["./data/a/images/toy_1.png"]
        assert not (tmp_path / "data/a/images").exists()

    def test_a_dry_run_writes_nothing_and_shows_a_record_of_each_task(
        self, many: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["source=table", f"path={many}", "name=a", f"output={tmp_path}", "workers=1"]
        assert build.main([*words, "--dry-run"]) == 0
        shown = capsys.readouterr().out
        assert "300 of 300 samples kept" in shown
        assert all(f"\n  {name}: {{" in shown for name in ("a", "a_tree", "a_can"))
        assert not list(tmp_path.iterdir())

    def test_a_contact_sheet(self, many: Path, tmp_path: Path) -> None:
        words = ["source=table", f"path={many}", "name=a", f"output={tmp_path}", "limit=5", "workers=1"]
        assert build.main([*words, "--preview"]) == 0
        assert load_image(tmp_path / "data/a/preview.png").width > 100


class TestSameBytes:
    def test_whatever_the_number_of_workers(self, inks: Path, undisturbed: Path, tmp_path: Path) -> None:
        assert run(tmp_path, "source=crohme-inkml", f"path={inks}", "name=a", "split=test", workers=3) == 0
        assert contents(tmp_path) == contents(undisturbed)

    @pytest.mark.parametrize("workers", [1, 2])
    def test_after_a_kill(self, inks: Path, undisturbed: Path, tmp_path: Path, workers: int) -> None:
        command = [sys.executable, "-m", "unimumer_data.build", "source=crohme-inkml", f"path={inks}", "name=a"]
        command += ["split=test", f"output={tmp_path}", f"workers={workers}"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(tmp_path / "data/a/.build/checkpoint.json")
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = read(tmp_path / "data/a/.build/checkpoint.json")["tally"]["read"]
        assert 0 < done < 700
        assert not (tmp_path / "data/a/a.json").exists()
        builder = SetBuilder(
            SetConfig(source="crohme-inkml", path=inks, name="a", split="test", output=tmp_path, workers=1)
        )
        worked_on: list[int] = []
        results = builder._results

        def watched(*args: Any, **kwargs: Any) -> Any:
            for chunk, result in results(*args, **kwargs):
                worked_on.append(len(chunk.items))
                yield chunk, result

        builder._results = watched  # type: ignore[method-assign]
        builder.build()
        assert sum(worked_on) == 700 - done
        assert contents(tmp_path) == contents(undisturbed)

    def test_a_kill_while_the_files_take_their_place(self, inks: Path, undisturbed: Path, tmp_path: Path) -> None:
        """Everything is finished; the manifest and one record file have not moved yet."""
        words = ("source=crohme-inkml", f"path={inks}", "name=a", "split=test")
        assert run(tmp_path, *words) == 0
        folder = tmp_path / "data/a"
        staging = folder / ".build"
        manifest = read(folder / "manifest.json")
        (staging / "images").mkdir(parents=True)
        for name in ("manifest.json", "a_can.json"):
            (folder / name).replace(staging / name)
        (staging / "images").rmdir()
        tally = {key: manifest[key] for key in ("dropped", "repaired")} | manifest["samples"]
        tally |= {"images": manifest["images"]["count"], "image_digest": manifest["images"]["digest"]}
        checkpoint = {
            "key": manifest["key"],
            "digest": manifest["inputs"]["digest"],
            "sizes": {},
            "tally": {key: tally[key] for key in ("read", "kept", "dropped", "repaired", "images", "image_digest")}
            | {key: manifest[key] for key in ("dropped", "repaired")},
            "finished": True,
        }
        (staging / "checkpoint.json").write_text(json.dumps(checkpoint))
        assert run(tmp_path, *words) == 0
        assert contents(tmp_path) == contents(undisturbed)


def wait_for(path: Path, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.005)


class TestChanges:
    """What makes a build run again, and what it leaves."""

    def words(self, corpus: Path) -> list[str]:
        return ["source=table", f"path={corpus}", "name=set"]

    @pytest.mark.parametrize("change", ["label", "picture", "key", "damage", "lost picture"])
    def test_what_has_changed_is_built_again(
        self, tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus, output = write_table(tmp_path / "in", THREE), tmp_path / "out"
        words = self.words(corpus)
        assert run(output, *words) == 0
        if change == "label":
            (corpus / "truth.tsv").write_text("a\tu\nb\ty\nc\tz\n")
        elif change == "picture":
            Image.new("L", (50, 50), 9).save(corpus / "a.png")
        elif change == "key":
            words.append("image_max_pixels=2000")
        elif change == "damage":
            file = output / "data/set/set.json"
            file.write_text(file.read_text().replace("Please", "please"))
        else:
            (output / "data/set/images/a.png").unlink()
        assert run(output, *words) == 0
        assert capsys.readouterr().out.count("set: built,") == 2
        fresh = tmp_path / "fresh"
        assert run(fresh, *words) == 0
        assert contents(output) == contents(fresh)

    def test_fewer_tasks_leave_no_stale_files(self, tmp_path: Path) -> None:
        corpus = write_table(tmp_path / "in", THREE)
        assert run(tmp_path, *self.words(corpus)) == 0
        errors = tmp_path / "data/set/set_error_find.json"
        errors.write_text("[]")
        assert run(tmp_path, *self.words(corpus), "tasks=tree") == 0
        assert {path.name for path in (tmp_path / "data/set").glob("*.json")} == {
            "set_tree.json",
            "manifest.json",
            errors.name,
        }

    def test_a_folder_that_build_did_not_make_is_left_alone(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", THREE)
        mine = tmp_path / "data/set/images/mine.png"
        mine.parent.mkdir(parents=True)
        mine.write_text("precious")
        assert run(tmp_path, *self.words(corpus)) == 1
        assert "was not made by build" in capsys.readouterr().err
        assert mine.read_text() == "precious"

    def test_a_failed_build_leaves_the_last_good_one(self, tmp_path: Path) -> None:
        corpus = write_table(tmp_path / "in", THREE)
        assert run(tmp_path, *self.words(corpus)) == 0
        before = contents(tmp_path / "data")
        (corpus / "truth.tsv").write_text("a\t}\n")
        assert run(tmp_path, *self.words(corpus)) == 1
        assert contents(tmp_path / "data") == before


class TestBadSamples:
    def test_each_is_dropped_with_its_reason_and_the_others_are_built(self, tmp_path: Path) -> None:
        good, corpus = "x ^ { 2 }", tmp_path / "in"
        rows = {name: good for name in ("good", "truncated", "sliver", "text")} | {
            "unbalanced": "x ^ { 2",
            "empty": "",
            "spaces": r"\, \quad",
        }
        write_table(corpus, rows)
        whole = (corpus / "truncated.png").read_bytes()
        (corpus / "truncated.png").write_bytes(whole[: len(whole) // 2])
        Image.new("L", (4000, 2)).save(corpus / "sliver.png")
        (corpus / "text.png").write_text("not a picture")
        with (corpus / "truth.tsv").open("a") as table:
            table.write(f"missing\t{good}\n../gone\t{good}\ngood\t{good}\n")
        assert run(tmp_path, "source=table", f"path={corpus}", "name=a") == 0
        reasons = {change["id"]: change["reason"] for change in changes(tmp_path / "data/a") if change["id"] != "good"}
        assert reasons == {
            "truncated": "image",
            "sliver": "image",
            "text": "image",
            "unbalanced": "unbalanced_brace",
            "empty": "empty_label",
            "spaces": "empty_label",
            "missing": "no_image",
            "../gone": "no_image",
        }
        assert [change["reason"] for change in changes(tmp_path / "data/a") if change["id"] == "good"] == [
            "duplicate_id"
        ]
        assert answers(tmp_path / "data/a/a.json") == [good]
        manifest = read(tmp_path / "data/a/manifest.json")
        assert manifest["samples"] == {"read": 10, "kept": 1, "dropped": 9, "repaired": 0}
        assert sum(manifest["dropped"].values()) == 9
        assert [path.name for path in (tmp_path / "data/a/images").iterdir()] == ["good.png"]

    def test_repairs_are_listed_with_before_and_after(self, tmp_path: Path) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x ^ { 2", "b": "y"})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=a", "repair=true") == 0
        assert answers(tmp_path / "data/a/a.json") == ["x ^ { 2 }", "y"]
        (change,) = changes(tmp_path / "data/a")
        assert (change["id"], change["action"], change["reason"]) == ("a", "repaired", "unbalanced_brace")
        assert (change["before"], change["after"]) == ("x ^ { 2", "x ^ { 2 }")
        assert read(tmp_path / "data/a/manifest.json")["repaired"] == {"unbalanced_brace": 1}

    @pytest.mark.parametrize(
        ("words", "kept"),
        [
            (("split=train",), ["y"]),
            (("split=test",), ["x ^ { 2 }", "y"]),
            (("split=test", "repair=false"), ["y"]),
        ],
    )
    def test_a_test_set_loses_no_sample_to_a_broken_label(
        self, tmp_path: Path, words: tuple[str, ...], kept: list[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x ^ { 2", "b": "y"})
        assert run(tmp_path, "source=table", f"path={corpus}", "name=a", *words) == 0
        assert answers(tmp_path / "data/a/a.json") == kept
        assert [change["reason"] for change in changes(tmp_path / "data/a")] == ["unbalanced_brace"]

    def test_hostile_ink(self, tmp_path: Path) -> None:
        corpus = write_ink(tmp_path / "in", {"good": "x"})
        bomb = '<!DOCTYPE ink [<!ENTITY a "aaaa">]><ink><annotation type="truth">&a;</annotation></ink>'
        (corpus / "bomb.inkml").write_text(bomb)
        (corpus / "nan.inkml").write_text(INK.format(truth="x", points="NaN NaN"))
        (corpus / "stray.inkml").write_text(INK.format(truth="x", points="0 0, 1e12 1e12, 3 3"))
        (corpus / "none.inkml").write_text('<ink><annotation type="truth">x</annotation></ink>')
        (corpus / "dot.inkml").write_text(INK.format(truth=".", points="5 5"))
        (corpus / "long.inkml").write_text(INK.format(truth="x+" * 50000 + "x", points="5 5"))
        assert run(tmp_path, "source=crohme-inkml", f"path={corpus}", "name=a") == 0
        kept = [Path(record["images"][0]).stem for record in read(tmp_path / "data/a/a.json")]
        assert {"good", "dot"} <= set(kept)
        dropped = {change["id"]: change["reason"] for change in changes(tmp_path / "data/a")}
        assert {"bomb", "nan", "none"} <= set(dropped)
        assert set(dropped.values()) == {"ink"}

    def test_a_damaged_truth_is_replaced_and_said(self, shared_data: Path, tmp_path: Path) -> None:
        path = shared_data / "crohme-inkml" / "TestEM2014GT"
        assert (
            run(tmp_path, "source=crohme-inkml", f"path={path}", "name=crohme_2014", "split=test", "tasks=vanilla")
            == 0
        )
        manifest = read(tmp_path / "data/crohme_2014/manifest.json")
        assert manifest["samples"]["kept"] == 986
        assert manifest["repaired"]["mathml"] == 3
        gold = {row["img_id"]: row["gt"] for row in read(shared_data / "predictions/crohme_2014_pred.json")}
        built = {
            Path(record["images"][0]).stem: record["messages"][1]["value"]
            for record in read(tmp_path / "data/crohme_2014/crohme_2014.json")
        }
        assert built.keys() == gold.keys()
        assert sum(built[name] == gold[name] for name in gold) >= 0.985 * len(gold)


class TestPictures:
    def test_they_are_upright_flat_and_small(self, tmp_path: Path) -> None:
        corpus = tmp_path / "in"
        corpus.mkdir()
        tall = Image.new("RGB", (900, 600), "white")
        exif = Image.Exif()
        exif[0x0112] = 6
        tall.save(corpus / "turned.jpg", exif=exif)
        clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
        clear.paste((0, 0, 0, 255), (10, 10, 20, 20))
        clear.save(corpus / "clear.png")
        (corpus / "truth.tsv").write_text("turned.jpg\tx\nclear.png\ty\n")
        assert run(tmp_path, "source=table", f"path={corpus}", "name=a") == 0
        images = tmp_path / "data/a/images"
        with Image.open(images / "turned.jpg") as turned:
            assert turned.height > turned.width
            assert turned.width * turned.height <= 262144
            assert 0x0112 not in turned.getexif()
        with Image.open(images / "clear.png") as flat:
            assert flat.mode == "RGB"
            assert flat.getpixel((0, 0)) == (255, 255, 255)
            assert flat.getpixel((15, 15)) == (0, 0, 0)


class TestPhotographs:
    def test_ink_and_pictures_become_jpegs_alike_at_any_worker_count(self, tmp_path: Path) -> None:
        ink, table = write_ink(tmp_path / "ink", THREE), write_table(tmp_path / "table", THREE)
        words = ["augment=photo", "name=set"]
        for corpus in ([f"path={ink}", "source=crohme-inkml"], [f"path={table}", "source=table"]):
            kind = corpus[1].partition("=")[2]
            built = [tmp_path / f"{kind}_{workers}" for workers in (1, 2)]
            for workers, output in enumerate(built, 1):
                assert run(output, *corpus, *words, workers=workers) == 0
            assert contents(built[0]) == contents(built[1])
            images = sorted((built[0] / "data/set/images").iterdir())
            assert [image.name for image in images] == ["a.jpg", "b.jpg", "c.jpg"]
            assert read(built[0] / "data/set/set.json")[0]["images"] == ["./data/set/images/a.jpg"]
            assert all(load_image(image).mode == "RGB" for image in images)
            other = tmp_path / f"{kind}_seed"
            assert run(other, *corpus, *words, "seed=7") == 0
            assert (other / "data/set/images/a.jpg").read_bytes() != images[0].read_bytes()

    def test_without_it_the_manifest_has_no_word_of_it(self, tmp_path: Path) -> None:
        ink = write_ink(tmp_path / "ink", THREE)
        assert run(tmp_path, f"path={ink}", "source=crohme-inkml", "name=set") == 0
        plain = contents(tmp_path / "data/set")
        assert "augment" not in read(tmp_path / "data/set/manifest.json")["config"]
        assert run(tmp_path / "again", f"path={ink}", "source=crohme-inkml", "name=set", "augment=none") == 0
        assert contents(tmp_path / "again/data/set") == plain

    def test_the_bound_of_pixels_holds(self, tmp_path: Path) -> None:
        ink = write_ink(tmp_path / "ink", THREE)
        words = ["source=crohme-inkml", "name=set", "augment=photo", "image_max_pixels=5000"]
        assert run(tmp_path, f"path={ink}", *words) == 0
        sizes = [load_image(image).size for image in (tmp_path / "data/set/images").iterdir()]
        assert all(wide * high <= 5000 for wide, high in sizes)

    @pytest.mark.parametrize("images", ["reference", "none"])
    def test_it_needs_pictures_of_its_own(
        self, images: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(tmp_path, "source=table", f"path={tmp_path}", "augment=photo", f"images={images}") == 2
        assert "write images=copy" in capsys.readouterr().err


class TestGuard:
    @pytest.fixture
    def output(self, tmp_path: Path) -> Path:
        """A test set of three samples is built; the training corpus has one of them, and one with an equal label."""
        test = write_table(tmp_path / "test", {"t0": "x", "t1": "y", "t2": "z"})
        train = write_table(tmp_path / "train", {f"p{number}": f"a_{number}" for number in range(40)})
        (train / "leak.png").write_bytes((test / "t1.png").read_bytes())
        Image.effect_noise((90, 40), 120).save(train / "other.png")
        with (train / "truth.tsv").open("a") as table:
            table.write("leak\ty\nother\tx\n")
        for number in range(40):  # no picture of the test set but the one
            Image.effect_noise((60 + number, 50), 90).save(train / f"p{number}.png")
        assert run(tmp_path / "out", "source=table", f"path={test}", "name=my_test", "split=test") == 0
        return tmp_path / "out"

    def words(self, output: Path) -> list[str]:
        return ["source=table", f"path={output.parent / 'train'}", "name=my_train"]

    def test_a_test_sample_in_a_training_set_stops_the_build(
        self, output: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(output, *self.words(output)) == 1
        assert "training sample leak is my_test/t1 (same picture)" in capsys.readouterr().err
        assert not (output / "data/my_train/my_train.json").exists()

    def test_it_can_be_left_out_and_listed(self, output: Path) -> None:
        assert run(output, *self.words(output), "guard=drop") == 0
        (change,) = changes(output / "data/my_train")
        assert (change["id"], change["reason"]) == ("leak", "in_test_set")
        assert "other" in (output / "data/my_train/my_train.json").read_text()  # an equal label alone is no leak

    def test_it_can_be_told_to_keep_it(self, output: Path) -> None:
        assert run(output, *self.words(output), "guard=keep") == 0
        assert read(output / "data/my_train/manifest.json")["samples"]["kept"] == 42

    def test_a_new_test_set_is_looked_at_again(self, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(output, *self.words(output), "guard=drop") == 0
        second = write_table(output.parent / "test2", {"u0": "b"})
        assert run(output, "source=table", f"path={second}", "name=more", "split=test") == 0
        capsys.readouterr()
        assert run(output, *self.words(output), "guard=drop") == 0
        assert "my_train: built" in capsys.readouterr().out


def test_changed_ink_and_a_bank_beside_the_sets_stop_no_training_set(tmp_path: Path) -> None:
    ink = build.SAMPLE / "test"
    assert faithful.main([f"set={ink}", f"output={tmp_path / 'data/faithful'}"]) == 0
    assert bank.main([f"path={ink}", f"output={tmp_path / 'data/bank'}", "workers=1"]) == 0
    assert run(tmp_path, "source=table", f"path={write_table(tmp_path / 'in', {'a': 'x'})}", "name=mine") == 0


class TestYaml:
    def test_several_sets_test_sets_first_and_one_missing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        train, test = (write_table(tmp_path / name, {name: name[0]}) for name in ("train", "test"))
        recipe = tmp_path / "sets.yaml"
        recipe.write_text(
            f"source: table\noutput: {tmp_path}\ntasks: [vanilla]\nguard: drop\nsets:\n"
            f"- {{name: a, path: {train}}}\n- {{name: gone, path: {tmp_path}/gone}}\n"
            f"- {{name: b, path: {test}, split: test, tasks: [tree]}}\n"
            f"- {{name: c, path: {tmp_path}/c, source: crohme-inkml}}\n"
        )
        assert build.main([str(recipe), "workers=1"]) == 1
        shown = capsys.readouterr()
        assert shown.err.splitlines()[-1] == "the same command with --plan says where missing corpora are to be got"
        assert [line.partition(":")[0] for line in shown.out.splitlines() if "built" in line] == ["b"]
        assert "gone: no such file" in shown.err
        assert (tmp_path / "data/b/b_tree.json").is_file()

    def test_only_some(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})
        recipe = tmp_path / "sets.yaml"
        recipe.write_text(f"source: table\npath: {corpus}\noutput: {tmp_path}\nsets: [{{name: a}}, {{name: b}}]\n")
        assert build.main([str(recipe), "only=b", "workers=1"]) == 0
        assert [path.name for path in (tmp_path / "data").iterdir()] == ["b"]
        assert build.main([str(recipe), "only=c"]) == 2
        assert "only: no set 'c'. Known: a, b" in capsys.readouterr().err

    def test_the_recipe_of_the_paper_builds_the_published_sets(self) -> None:
        configs = build.plan([str(ROOT / "recipes" / "data" / "paper.yaml")])
        splits = [config.split == "test" for config in configs]
        assert splits == sorted(splits, reverse=True)
        assert {config.name for config in configs if config.split == "test"} == set(registry.TEST_SETS)
        assert {config.name for config in configs if config.split != "test"} == set(registry.TRAINING_SETS)
        for config in configs:
            assert config.path and not config.path.is_absolute()
            names = {f"{config.name}{get_task(task).suffix}" for task in config.tasks}
            assert names <= set(registry.published()) or config.split == "test"


def test_the_documented_example_of_a_new_corpus_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "corpora.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    module: dict[str, Any] = {"__name__": "unimumer_data.sources.blackboard", "__package__": "unimumer_data.sources"}
    exec(code, module)
    monkeypatch.setitem(SOURCES, "blackboard", module["SOURCE"])
    corpus = tmp_path / "lectures"
    corpus.mkdir()
    for name in "ab":
        Image.new("RGB", (60, 40), "white").save(corpus / f"{name}.webp")
    (corpus / "a.tex").write_text(r"\frac12")
    assert run(tmp_path, "source=blackboard", f"path={corpus}", "name=lectures") == 0
    assert answers(tmp_path / "data/lectures/lectures.json") == [r"\frac { 1 } { 2 }"]
    assert [(change["id"], change["reason"]) for change in changes(tmp_path / "data/lectures")] == [("b", "no_label")]


class TestMistakes:
    @pytest.mark.parametrize(
        ("words", "status", "message"),
        [
            (["source=crohme-inkml", "path=nowhere"], 1, "nowhere: no such folder"),
            (["source=crohme-inkm", "path=."], 2, r"unknown source 'crohme-inkm' (did you mean 'crohme-inkml'?)"),
            (["source=table", "path=.", "tasks=tre"], 2, "unknown task 'tre' (did you mean 'tree'?)"),
            (["source=table", "path=.", "tasks=error_find"], 2, "needs wrong predictions"),
            (["sorce=table"], 2, "unknown key 'sorce' (did you mean 'source'?)"),
            (["path=."], 2, "source is missing"),
            (["source=table", "path=.", "limit=0"], 2, "limit must be at least 1"),
            (["source=table", "path=.", "shard=0/2"], 2, "the first of four parts is shard=1/4"),
            (["source=table", "path=.", "name=a/b"], 2, "write letters, digits"),
            (["source=table", "path=.", "name=.."], 2, "write letters, digits"),
            (["source=table", "path=.", "conventions=x"], 2, "unknown corpus 'x'"),
            (["source=table", "path=.", "options={column: x}"], 2, "table has no option 'column'"),
            (["nowhere.yaml"], 2, "nowhere.yaml: no such file"),
        ],
    )
    def test_each_ends_in_one_clear_sentence(
        self, words: list[str], status: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert build.main([*words, f"output={tmp_path}"] if "=" in words[0] else words) == status
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
        assert not list(tmp_path.iterdir())

    def test_an_output_that_cannot_be_written(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})
        (tmp_path / "file").touch()
        assert run(tmp_path / "file", "source=table", f"path={corpus}", "name=a") == 1
        assert "cannot be written" in capsys.readouterr().err

    def test_a_damaged_registry_is_found_before_the_work(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", {"a": "x"})
        (tmp_path / "dataset_info.json").write_text("{")
        assert run(tmp_path, "source=table", f"path={corpus}", "name=a") == 1
        assert "dataset_info.json: cannot be read as JSON" in capsys.readouterr().err
        assert not (tmp_path / "data").exists()

    @pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
    def test_a_full_disk_ends_in_one_sentence_and_the_next_run_goes_on(self, tmp_path: Path) -> None:
        """A limit on the size of files stands in for the disk: the same error from the same call."""
        file = tmp_path / "toy_captions.json"
        file.write_text(json.dumps([f"x _ {number}" for number in range(3000)]))
        words = ["source=captions", f"path={file}", "name=a", "images=none", f"output={tmp_path}", "workers=1"]
        command = [sys.executable, "-m", "unimumer_data.build", *words]

        def shrink() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))

        failed = subprocess.run(command, preexec_fn=shrink, capture_output=True, text=True)
        assert failed.returncode == 1
        assert "OutputError" in failed.stderr.splitlines()[-1]
        assert "Traceback" not in failed.stderr
        assert not (tmp_path / "data/a/a.json").exists()
        assert build.main(words) == 0
        assert len(read(tmp_path / "data/a/a.json")) == 3000
        assert not (tmp_path / "data/a/.build").exists()

    def test_help_names_keys_sources_and_tasks(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stop:
            build.main(["--help"])
        assert stop.value.code == 0
        shown = capsys.readouterr().out
        assert all(word in shown for word in ("image_max_pixels", "crohme-inkml", "captions", "vanilla", "shard"))


class TestScale:
    def test_ray_that_is_not_installed_and_an_address_without_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        corpus = write_table(tmp_path / "in", THREE)
        words = ("source=table", f"path={corpus}", "name=s")
        monkeypatch.setitem(sys.modules, "ray", None)
        assert run(tmp_path, *words, "scale=ray") == 2
        assert "scale=ray needs Ray on every machine: pip install 'unimumer[ray]'" in capsys.readouterr().err
        assert run(tmp_path, *words, "address=auto") == 2
        assert "write scale=ray beside it" in capsys.readouterr().err

    def test_a_build_is_the_same_wherever_it_runs(self, tmp_path: Path) -> None:
        keys = {"source": "table", "path": write_table(tmp_path / "in", THREE), "name": "s", "output": tmp_path}
        here, there = SetConfig(**keys, workers=2), SetConfig(**keys, scale="ray", address="auto")
        assert SetBuilder(here).key() == SetBuilder(there).key()


def test_heic_photographs_are_built(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra [recognize]")
    (tmp_path / "in").mkdir()
    picture = Image.effect_noise((90, 60), 60).convert("RGB")
    pillow_heif.from_pillow(picture).save(tmp_path / "in/IMG_0001.HEIC", quality=90)
    (tmp_path / "in/t.tsv").write_text("IMG_0001.HEIC\tx ^ 2\n")
    assert run(tmp_path, "source=table", f"path={tmp_path / 'in'}", "name=s", "tasks=vanilla") == 0
    (record,) = read(tmp_path / "data/s/s.json")
    assert record["images"] == ["./data/s/images/IMG_0001.png"]
    assert load_image(tmp_path / record["images"][0]).size == (90, 60)
    assert "pillow_heif" in read(tmp_path / "data/s/manifest.json")["versions"]
