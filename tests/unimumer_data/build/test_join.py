"""Shards that are joined are the set that one build makes, byte for byte."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.build import command as build
from unimumer_data.build.join import main


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 pictures with good, broken, repeated, missing and foreign ones among them."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = []
    for number in range(300):
        name = f"p{number}"
        if number % 31 != 5:
            Image.new("L", (50 + number % 40, 40), number % 250).save(folder / f"{name}.png")
        label = "x ^ { 2" if number % 17 == 3 else r"M\ltN" if number % 23 == 4 else f"x_{{{number}}}"
        rows.append((name, label))
        if number % 29 == 7:
            rows += [(name, label), (name, "another"), ("../up", "x")]
    (folder / "t.tsv").write_text("".join(f"{name}\t{label}\n" for name, label in rows))
    return folder


def run(corpus: Path, output: Path, *words: str) -> int:
    return build.main(["source=table", f"path={corpus}", "name=s", f"output={output}", "workers=1", *words])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    "words", [("split=test",), ("split=train", "images=reference"), ("images=none", "repair=true")]
)
def test_the_same_bytes_as_one_build(corpus: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(corpus, tmp_path / "one", *words) == 0
    for index in (1, 2, 3):
        assert run(corpus, tmp_path / "many", *words, f"shard={index}/3") == 0
    assert main(["name=s", f"output={tmp_path / 'many'}"]) == 0
    assert contents(tmp_path / "many/data/s") == contents(tmp_path / "one/data/s")
    assert "s_tree" in json.loads((tmp_path / "many/dataset_info.json").read_text())


def test_shards_are_named_by_their_folders(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for shard in ("1/2", "2/2", "1/1", "1/3"):
        assert run(corpus, tmp_path, f"shard={shard}") == 0
    monkeypatch.chdir(tmp_path.parent)
    whole = tmp_path / "data/s"
    folders = sorted(str(folder) for folder in (tmp_path / "data").glob("s_*of2"))
    for words in (
        [f"{tmp_path}/data/s_*of2"],
        folders,
        [f"{tmp_path.name}/data/s_1of1/"],
        ["s_*of2", f"output={tmp_path.name}"],
    ):
        assert main(words) == 0, words
        assert f"{len(json.loads((whole / 's.json').read_text()))} samples" in capsys.readouterr().out
        shutil.rmtree(whole)
    assert main(["name=s", f"output={tmp_path}"]) == 2
    assert "shards of 's' of 1 and of 2 and of 3; say which by count=" in capsys.readouterr().err
    assert main([f"{tmp_path}/data/s_*of3"]) == 1
    assert "shard 2/3 of 's' is missing" in capsys.readouterr().err
    assert main([*folders, "other_1of2"]) == 2
    assert "shards of several sets" in capsys.readouterr().err
    assert main(["sets/s_1of2"]) == 2
    assert "sets/s_1of2: no such file" in capsys.readouterr().err


def test_what_was_joined_is_unchanged_for_a_build_of_the_whole(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in (1, 2):
        assert run(corpus, tmp_path, "split=test", f"shard={index}/2") == 0
    assert main(["name=s", f"output={tmp_path}"]) == 0
    assert run(corpus, tmp_path, "split=test") == 0
    assert "s: unchanged" in capsys.readouterr().out


class TestRefusals:
    def test_no_shards_and_a_missing_one(
        self, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["name=s", f"output={tmp_path}"]) == 2
        assert "no shards of 's'" in capsys.readouterr().err
        assert run(corpus, tmp_path, "shard=1/2") == 0
        assert main(["name=s", f"output={tmp_path}"]) == 1
        assert "shard 2/2 of 's' is missing" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("harm", "message"),
        [
            ("tasks", "was built with another tasks"),
            ("damage", "is not whole"),
            ("code", "was built by other code"),
            ("third", "shards of 's' of 2 and of 3"),
        ],
    )
    def test_shards_that_do_not_belong_together(
        self, corpus: Path, tmp_path: Path, harm: str, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(corpus, tmp_path, "shard=1/2") == 0
        assert run(corpus, tmp_path, "shard=2/2", *(["tasks=vanilla"] if harm == "tasks" else [])) == 0
        folder = tmp_path / "data/s_2of2"
        if harm == "damage":
            (folder / "s_2of2.json").write_text("[]\n")
        elif harm == "code":
            manifest = folder / "manifest.json"
            manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "code": "older"}))
        elif harm == "third":
            assert run(corpus, tmp_path, "shard=1/3") == 0
        assert main(["name=s", f"output={tmp_path}"]) in (1, 2)
        assert message in capsys.readouterr().err
        assert not (tmp_path / "data/s").exists()

    def test_a_corpus_that_has_changed(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        for name in "abcdefghijklmnop":
            Image.new("L", (50, 40), 9).save(folder / f"{name}.png")
        table = folder / "t.tsv"
        table.write_text("".join(f"{name}\tx\n" for name in "abcdefghijklmnop"))
        for index in (1, 2):
            assert run(folder, tmp_path, "tasks=vanilla", f"shard={index}/2") == 0
        table.write_text("".join(f"{name}\tx\n" for name in "abcdefgh"))
        assert main(["name=s", f"output={tmp_path}"]) == 1
        assert "does not fit the corpus any more" in capsys.readouterr().err
        assert not (tmp_path / "data/s/s.json").exists()


class TestGuard:
    """A test set in shards guards training sets as the joined set does."""

    @pytest.fixture
    def output(self, corpus: Path, tmp_path: Path) -> Path:
        (tmp_path / "train").mkdir()
        for number, name in enumerate(("p8", "p9", "p10", "p11")):
            Image.effect_noise((90 + number, 40), 120).save(tmp_path / f"train/new{number}.png")
            (tmp_path / f"train/{name}.png").write_bytes((corpus / f"{name}.png").read_bytes())
        names = sorted(path.stem for path in (tmp_path / "train").iterdir())
        (tmp_path / "train/t.tsv").write_text("".join(f"{name}\tx\n" for name in names))
        return tmp_path

    def train(self, output: Path) -> int:
        words = ["source=table", f"path={output / 'train'}", "name=train", f"output={output}", "workers=1"]
        return build.main([*words, "guard=drop"])

    def test_shards_and_the_joined_set_are_the_same_test_set(
        self, corpus: Path, output: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for index in (1, 2, 3):
            assert run(corpus, output, "split=test", f"shard={index}/3") == 0
        assert self.train(output) == 0
        content = json.loads((output / "data/train/manifest.json").read_text())
        assert (content["samples"]["kept"], content["dropped"]) == (4, {"in_test_set": 4})
        assert list(content["config"]["guarded_against"]) == ["s"]
        assert "is s/p8 (same picture)" in (output / "data/train/dropped.jsonl").read_text()
        assert main(["name=s", f"output={output}"]) == 0
        assert self.train(output) == 0
        assert "train: unchanged" in capsys.readouterr().out

    def test_a_shard_that_is_not_built_yet_stops_training_sets(
        self, corpus: Path, output: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(corpus, output, "split=test", "shard=1/2") == 0
        assert self.train(output) == 1
        assert "s_2of2/fingerprints.tsv: is missing" in (said := capsys.readouterr().err)
        assert f"path={corpus} name=s split=test shard=2/2; or remove its other shards" in said
        assert run(corpus, output, "split=test", "shard=2/2") == 0
        assert self.train(output) == 0

    @pytest.mark.parametrize("shard", ["x", "3/2", "1/"])
    def test_a_manifest_with_an_odd_shard_is_damaged(
        self, corpus: Path, output: Path, shard: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(corpus, output, "split=test", "limit=3") == 0
        manifest = output / "data/s/manifest.json"
        content = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**content, "config": {**content["config"], "shard": shard}}))
        assert self.train(output) == 1
        assert "data/s/manifest.json: is damaged" in capsys.readouterr().err
