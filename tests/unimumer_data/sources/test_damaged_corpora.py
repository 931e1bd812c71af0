"""Whatever stands in the place of a file of a corpus, a build ends: with what is left, or with one sentence."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_up_corpora import picture_bytes, save_ink, save_picture, save_text

from unimumer_data.build import command as build

SECONDS = 60  # for one build; a reader that waits for a pipe takes for ever
NAMES = ("a", "b")


def pictures(folder: Path, suffix: str = ".png") -> None:
    for name in NAMES:
        save_picture(folder / f"{name}{suffix}")


def table(folder: Path) -> None:
    pictures(folder)
    save_text(folder / "t.tsv", "a.png\tx\nb.png\ty\n")


def json_table(folder: Path) -> None:
    pictures(folder)
    save_text(folder / "t.json", '[{"image": "a.png", "latex": "x"}, {"image": "b.png", "latex": "y"}]')


def workbook(folder: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    pictures(folder)
    book = openpyxl.Workbook()
    for row in (("image", "latex"), ("a.png", "x"), ("b.png", "y")):
        book.active.append(row)
    book.save(folder / "t.xlsx")


def texts(folder: Path) -> None:
    pictures(folder)
    for name in NAMES:
        save_text(folder / f"{name}.txt", name)


def captions(folder: Path) -> None:
    pictures(folder / "img")
    save_text(folder / "caption.txt", "a\tx\nb\ty\n")


def crohme(folder: Path) -> None:
    for name in NAMES:
        save_ink(folder / f"{name}.inkml", truth=name)


def crohme2023(folder: Path) -> None:
    for name in NAMES:
        save_ink(folder / f"INKML/train/p/{name}.inkml", truth="")
        save_picture(folder / f"IMG/train/p/{name}.png")
        save_text(folder / f"SymLG/train/p/{name}.lg", "O, a, x, 1.0, O\n")


def hme100k(folder: Path) -> None:
    pictures(folder / "train_images", ".jpg")
    save_text(folder / "train_labels.txt", "a.jpg\tx\nb.jpg\ty\n")


def im2latex(folder: Path) -> None:
    pictures(folder / "formula_images")
    save_text(folder / "im2latex_formulas.lst", "x\ny\n")
    save_text(folder / "im2latex_train.lst", "0 a basic\n1 b basic\n")


def im2latex_csv(folder: Path) -> None:
    pictures(folder)
    save_text(folder / "train.csv", "formula,image\nx,a.png\ny,b.png\n")


def mathwriting(folder: Path) -> None:
    for name in NAMES:
        save_ink(folder / f"train/{name}.inkml", normalizedLabel=name)


def pickled(folder: Path) -> None:
    numpy = pytest.importorskip("numpy")
    folder.mkdir(parents=True)
    arrays = dict.fromkeys(NAMES, numpy.full((20, 30), 255, "u1"))
    (folder / "train_images.pkl").write_bytes(pickle.dumps(arrays))
    save_text(folder / "train_labels.txt", "a x\nb y\n")


def conversation(answer: str) -> list[dict[str, str]]:
    return [{"from": "human", "value": "q"}, {"from": "gpt", "value": answer}]


def published(folder: Path) -> None:
    pictures(folder)
    records = [{"images": [f"{name}.png"], "messages": conversation(name)} for name in NAMES]
    save_text(folder / "r.json", json.dumps(records))


def conversations(folder: Path) -> None:
    pictures(folder)
    records = [{"image": f"{name}.png", "conversations": conversation(name)} for name in NAMES]
    save_text(folder / "r.json", json.dumps(records))


def cvat(folder: Path) -> None:
    pictures(folder)
    image = '<image name="{0}.png"><tag label="f"><attribute name="latex">{0}</attribute></tag></image>'
    save_text(folder / "a.xml", f"<annotations>{''.join(map(image.format, NAMES))}</annotations>")


def label_studio(folder: Path) -> None:
    pictures(folder)
    tasks = [{"data": {"image": f"/data/upload/1/{name}.png"}, "latex": name} for name in NAMES]
    save_text(folder / "export.json", json.dumps(tasks))


def imagefolder(folder: Path) -> None:
    pictures(folder / "train")
    save_text(folder / "train/metadata.csv", "file_name,text\na.png,x\nb.png,y\n")


def unimer(folder: Path) -> None:
    for number in range(2):
        save_picture(folder / f"images/{number:07d}.png")
    save_text(folder / "train.txt", "x\ny\n")


def parquet(folder: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    folder.mkdir(parents=True)
    for name in NAMES:
        row = {"image": {"bytes": picture_bytes(), "path": f"{name}.png"}, "conversations": conversation(name)}
        parquet.write_table(pyarrow.Table.from_pylist([row]), folder / f"{name}.parquet")


def collected(folder: Path) -> None:
    for name in NAMES:
        save_ink(folder / f"{name}.inkml", truth=name, said=name, consent="yes")


CORPORA: dict[Callable[[Path], None], str] = {
    **dict.fromkeys((table, json_table, workbook, texts), "table"),
    **{captions: "captions", crohme: "crohme-inkml", crohme2023: "crohme2023", hme100k: "hme100k"},
    **{im2latex: "im2latex", im2latex_csv: "im2latex-csv", mathwriting: "mathwriting", pickled: "pickle"},
    **{published: "published-json", conversations: "conversations", cvat: "cvat", label_studio: "label-studio"},
    **{imagefolder: "imagefolder", unimer: "unimer", parquet: "hub-parquet", collected: "collected"},
}


def changed(file: Path, harm: str) -> None:
    data = file.read_bytes()
    file.unlink()
    match harm:
        case "pipe":
            os.mkfifo(file)
        case "folder":
            file.mkdir()
        case "loop":
            file.symlink_to(file)
        case "endless":
            file.symlink_to("/dev/zero")
        case "dangling":
            file.symlink_to(file.parent / "nowhere")
        case "noise":
            file.write_bytes(random.Random(0).randbytes(500))
        case "half":
            file.write_bytes(data[: len(data) // 2])
        case "flipped":
            source = random.Random(len(data))
            flipped = bytearray(data)
            for _ in range(5):
                flipped[source.randrange(len(data))] = source.randrange(256)
            file.write_bytes(flipped)


@pytest.fixture
def alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise AssertionError("waits for ever")

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("write", CORPORA, ids=lambda write: write.__name__)
def test_a_build_ends_whatever_a_file_is(
    tmp_path: Path, write: Callable[[Path], None], alarm: None, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, source = tmp_path / "whole", CORPORA[write]
    write(whole)
    one_of_each = {file.suffix: file for file in sorted(whole.rglob("*")) if file.is_file()}
    for file in one_of_each.values():
        for harm in ("none", "pipe", "folder", "loop", "endless", "dangling", "noise", "half", "flipped"):
            corpus = tmp_path / f"{file.name}_{harm}"
            shutil.copytree(whole, corpus)
            if harm != "none":
                changed(corpus / file.relative_to(whole), harm)
            path = corpus / "r.json" if source == "published-json" else corpus
            signal.alarm(SECONDS)
            words = [f"source={source}", f"path={path}", "name=s", f"output={tmp_path / 'out'}", "workers=1"]
            code = build.main([*words])
            signal.alarm(0)
            said = capsys.readouterr()
            assert code in (0, 1), (file.name, harm)
            assert code == 0 or said.err.strip().splitlines()[-1].partition(":")[0].endswith("Error"), (harm, said.err)
            assert harm != "none" or "2 of 2" in said.out
