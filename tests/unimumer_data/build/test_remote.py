"""Builds from and to a store give the files of a build here; a set in a store is whole or absent."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.build import join, manifest
from unimumer_data.build.command import main
from unimumer_data.errors import OutputError
from unimumer_data.support.stores import Store

pytest.importorskip("fsspec")


@pytest.fixture(autouse=True)
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a store with a table of nine pictures, one of them broken; the working folder is empty."""
    corpus = tmp_path / "bucket/corpus"
    corpus.mkdir(parents=True)
    for number in range(9):
        Image.new("RGB", (60 + number, 50), (number, 100, 200)).save(corpus / f"p{number}.png")
    (corpus / "p4.png").write_bytes(b"no picture")
    (corpus / "t.tsv").write_text("".join(f"p{number}.png\tx_{number}\n" for number in range(9)))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return f"file://{tmp_path}/bucket"


def words(path: object, output: object, *more: str) -> list[str]:
    return ["source=table", f"path={path}", "name=s", f"output={output}", "workers=1", *more]


def contents(folder: Path) -> dict[str, Any]:
    """The files of a set, without what says where the corpus was and how old its files are."""
    found: dict[str, Any] = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.*")}
    made = json.loads(found.pop(manifest.FILE_NAME))
    found["samples"], found["pictures"] = made["samples"], made["images"]
    found["drops"] = [json.loads(line)["id"] for line in found.pop(manifest.DROPPED).splitlines()]
    return found


def test_a_set_from_and_to_a_store(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "bucket/sets"
    assert main(words(tmp_path / "bucket/corpus", "local")) == 0
    asked = words(f"{bucket}/corpus", f"{bucket}/sets")
    assert main(asked) == 0
    assert f"built, 8 of 9 samples kept -> {bucket}/sets/data/s" in capsys.readouterr().out
    assert contents(there / "data/s") == contents(Path("local/data/s"))
    assert (there / "dataset_info.json").read_bytes() == Path("local/dataset_info.json").read_bytes()
    assert json.loads((there / "data/s/manifest.json").read_text())["config"]["path"] == f"{bucket}/corpus"
    assert not list(Path(".unimumer/out").rglob("*.png"))  # nothing of the set stays here
    shutil.rmtree(".unimumer")
    assert main([*asked, "staging=elsewhere"]) == 0  # as on another machine
    assert "unchanged" in capsys.readouterr().out


def test_what_has_changed_in_a_store_is_built_again(
    bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, corpus, made = words(f"{bucket}/corpus", f"{bucket}/sets"), tmp_path / "bucket/corpus", "bucket/sets/data/s"
    assert main([*asked, "tasks=vanilla,tree"]) == 0
    Image.new("RGB", (99, 50)).save(corpus / "p4.png")
    (corpus / "p8.png").unlink()
    (tmp_path / made / "mine.txt").write_text("stays")
    assert main([*asked, "tasks=vanilla"]) == 0
    names = {file.name for file in (tmp_path / made).rglob("*.*")}
    assert "p4.png" in names and "mine.txt" in names and not {"p8.png", "s_tree.json"} & names
    assert list(json.loads((tmp_path / "bucket/sets/dataset_info.json").read_text())) == ["s"]
    (tmp_path / made / "images/p0.png").unlink()
    capsys.readouterr()
    assert main([*asked, "tasks=vanilla"]) == 0
    assert "s: built, 8 of 9" in capsys.readouterr().out
    assert (tmp_path / made / "images/p0.png").is_file()


def test_a_single_file_in_a_store(bucket: str, tmp_path: Path) -> None:
    table = tmp_path / "bucket/t.tsv"
    for labels in (["x", "y"], ["z"]):
        table.write_text("".join(f"{number}\t{label}\n" for number, label in enumerate(labels)))
        assert main(words(f"{bucket}/t.tsv", ".", "images=none")) == 0
        records = json.loads(Path("data/s/s.json").read_text())
        assert [record["messages"][1]["value"] for record in records] == labels


def test_the_guard_knows_the_test_sets_of_the_store(
    bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = words(f"{bucket}/corpus", f"{bucket}/sets")
    assert main([*asked, "split=test", "limit=2"]) == 0
    shutil.rmtree(".unimumer")
    train = [*asked, "name=train", "guard=drop"]
    assert main(train) == 0
    assert "train: built, 6 of 9" in capsys.readouterr().out
    (tmp_path / "bucket/sets/data/s/manifest.json").unlink()
    assert main(train) == 1
    assert f"{bucket}/sets/data/s/manifest.json: is gone, so that samples" in capsys.readouterr().err


def test_shards_in_a_store_are_joined_there(bucket: str, tmp_path: Path) -> None:
    for output in (f"{bucket}/one", f"{bucket}/many"):
        for shard in ["shard=1/2", "shard=2/2"] if output.endswith("many") else [""]:
            assert main([*words(f"{bucket}/corpus", output), *shard.split()]) == 0
    assert join.main(["name=s", f"output={bucket}/many"]) == 0
    sets = {name: tmp_path / "bucket" / name / "data/s" for name in ("one", "many")}
    files = {
        name: {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*.*")}
        for name, folder in sets.items()
    }
    assert files["one"] == files["many"]
    assert not list(Path(".unimumer/out").rglob("*.png"))


def test_an_upload_that_fails_is_made_good(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, made = words(f"{bucket}/corpus", f"{bucket}/sets"), tmp_path / "bucket/sets/data/s"
    assert main([*asked, "limit=3"]) == 0

    def put(store: Store, folder: Path, names: list[str], below: str = "") -> None:
        if manifest.FILE_NAME in names:
            raise OutputError("no route to the store")
        whole(store, folder, names, below)

    whole = Store.put
    with monkeypatch.context() as patched:
        patched.setattr(Store, "put", put)
        assert main(asked) == 1
        assert "no route to the store" in capsys.readouterr().err
    assert not (made / manifest.FILE_NAME).exists()
    read = (tmp_path / "here").joinpath(".unimumer/in")
    (picture,) = read.rglob("p3.png")
    picture_time = picture.stat().st_mtime_ns
    assert main(asked) == 0
    assert (made / manifest.FILE_NAME).exists() and picture.stat().st_mtime_ns == picture_time
    assert len(list((made / "images").iterdir())) == 8


def test_what_build_did_not_make_stays(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bucket/sets/data/s").mkdir(parents=True)
    (tmp_path / "bucket/sets/data/s/s.json").write_text("mine")
    assert main(words(f"{bucket}/corpus", f"{bucket}/sets")) == 1
    assert f"{bucket}/sets/data/s: was not made by build" in capsys.readouterr().err
    assert (tmp_path / "bucket/sets/data/s/s.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"path": "nosuch://a/b"}, 2, "path=nosuch://a/b: ValueError: Protocol not known: nosuch"),
        ({"output": "nosuch://a/b"}, 2, "output=nosuch://a/b: ValueError: Protocol not known: nosuch"),
        ({"path": "s3://a/b"}, 2, "path=s3://a/b: needs fsspec and its package for it"),
        ({"path": "memory://none"}, 1, "memory://none: nothing is there; correct path="),
        ({"images": "reference"}, 2, "images=reference would point to a copy in staging="),
        ({"tasks": "vanilla,error_find", "errors": "e.json"}, 2, "records of wrong predictions are made beside a set"),
    ],
)
def test_mistakes(
    bucket: str,
    given: dict[str, str],
    status: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)  # as if it was not installed
    keys = {"path": f"{bucket}/corpus", "output": f"{bucket}/sets"} | given
    more = [f"{key}={keys.pop(key)}" for key in list(keys) if key not in ("path", "output")]
    assert main(words(keys["path"], keys["output"], *more)) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_a_plan_says_that_a_corpus_was_not_copied(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = words(f"{bucket}/corpus", f"{bucket}/sets")
    assert main([*asked, "--plan"]) == 0
    said = capsys.readouterr().out
    assert f"{bucket}/corpus: MISSING" in said and "--dry-run instead of --plan copies it" in said
    assert main([*asked, "--dry-run"]) == 0
    assert main([*asked, "--plan"]) == 0
    assert f"{bucket}/corpus: is there (s)" in capsys.readouterr().out
