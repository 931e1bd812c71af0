"""Each export is read back by the tool that it is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.build import command as build
from unimumer_data.export import formats
from unimumer_data.export.command import main
from unimumer_data.images import fit_pixels, load_image


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built set of seven samples, one of them a photograph."""
    folder = tmp_path_factory.mktemp("root")
    corpus = folder / "in"
    corpus.mkdir()
    rows = {f"p{number}.png": f"x_{number}" for number in range(6)} | {"photo.v1.jpg": r"\frac12"}
    for number, name in enumerate(rows):
        Image.new("RGB", (60 + number, 50), (number, 100, 200)).save(corpus / name)
    (corpus / "t.tsv").write_text("".join(f"{name}\t{label}\n" for name, label in rows.items()))
    words = ["source=table", f"path={corpus}", "name=s", f"output={folder}", "workers=1", "tasks=vanilla,tree"]
    assert build.main(words) == 0
    return folder


def records(root: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((root / f"data/s/{name}.json").read_text())


def answers(root: Path, name: str = "s_tree") -> list[str]:
    return [record["messages"][1]["value"] for record in records(root, name)]


def same(picture: Image.Image, root: Path, place: int) -> bool:
    built = load_image(root / records(root, "s")[place]["images"][0])
    return picture.convert("RGB").tobytes() == built.tobytes()


def export(root: Path, output: Path, form: str, name: str = "s_tree") -> Path:
    assert main([f"set={name}", f"format={form}", f"root={root}", f"output={output}"]) == 0
    return output


def test_parquet_is_a_folder_of_datasets(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(formats, "ROWS_OF_A_SHARD", 3)
    monkeypatch.setattr(formats, "ROWS_OF_A_GROUP", 2)
    folder = export(root, tmp_path / "out", "parquet")
    assert len(list((folder / "data").iterdir())) == 3
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]
    assert loaded["train"]["answer"] == answers(root)
    assert loaded["train"]["label"] == answers(root, "s")
    assert all(same(row["image"], root, place) for place, row in enumerate(loaded["train"]))
    card = (folder / "README.md").read_text()
    assert "Licence of the corpus: your own data" in card
    assert "| different labels | 7 (100.0 %) |" in card
    assert "| Picture width | pixels | 60 | 63 |" in card


def test_messages_are_what_trl_takes(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    data_utils = pytest.importorskip("trl.data_utils")
    folder = export(root, tmp_path / "out", "messages")
    monkeypatch.chdir(folder)
    loaded = datasets.load_dataset("json", data_files="s_tree.jsonl", split="train", cache_dir=str(tmp_path / "cache"))
    loaded = loaded.cast_column("images", datasets.Sequence(datasets.Image()))
    assert data_utils.is_conversational(loaded[0])
    assert [row["messages"][1]["content"][0]["text"] for row in loaded] == answers(root)
    assert all(same(row["images"][0], root, place) for place, row in enumerate(loaded))


def test_swift(root: Path, tmp_path: Path) -> None:
    folder = export(root, tmp_path / "out", "swift", "s")
    rows = [json.loads(line) for line in (folder / "s.jsonl").read_text().splitlines()]
    assert [row["messages"][1]["content"] for row in rows] == answers(root, "s")
    for row in rows:
        assert row["messages"][0]["content"].count("<image>") == len(row["images"]) == 1
        assert (folder / row["images"][0]).is_file()


def test_webdataset_reads_its_archives(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    webdataset = pytest.importorskip("webdataset")
    monkeypatch.setattr(formats, "ROWS_OF_A_SHARD", 3)
    folder = export(root, tmp_path / "out", "webdataset")
    shards = sorted(str(path) for path in folder.iterdir())
    assert len(shards) == 3
    read = list(webdataset.WebDataset(shards, shardshuffle=False).decode("pil"))
    assert [one["json"]["answer"] for one in read] == answers(root)
    assert all(same(one.get("png") or one["jpg"], root, place) for place, one in enumerate(read))
    again = export(root, tmp_path / "again", "webdataset")
    assert [path.read_bytes() for path in sorted(again.iterdir())] == [Path(shard).read_bytes() for shard in shards]


def test_lf_v1_is_read_by_its_data_engine(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = pytest.importorskip("llamafactory.v1.core.data_engine")
    folder = export(root, tmp_path / "out", "lf-v1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    read = engine.DataEngine(str(folder / "s_tree.jsonl"))
    assert [read[place]["messages"][1]["content"][0]["value"] for place in range(len(read))] == answers(root)
    for place in range(len(read)):
        picture, question = read[place]["messages"][0]["content"]
        assert (picture["type"], question["type"]) == ("image_url", "text")
        assert same(Image.open(folder / picture["value"]), root, place)
    assert [turn["loss_weight"] for turn in read[0]["messages"]] == [0.0, 1.0]


class Letters:
    """A tokenizer whose tokens are letters."""

    @staticmethod
    def encode(text: str, add_special_tokens: bool) -> list[int]:
        assert not add_special_tokens
        return [ord(letter) for letter in text]


@pytest.mark.parametrize("template", ["chatml", "qwen3", "qwen3_nothink"])
def test_a_tree_cannot_weigh_less_than_its_expression(template: str) -> None:
    """When this fails, LLaMA-Factory has learned what docs/corpora.md says it cannot."""
    rendering = pytest.importorskip("llamafactory.v1.core.utils.rendering")
    render = rendering.Renderer(template, Letters()).render_messages
    tree, answer = ({"type": "text", "value": text} for text in ("tree\n", "answer"))
    question = {"role": "user", "content": [{"type": "text", "value": "read"}], "loss_weight": 0.0}

    def turn(*parts: dict[str, str], weight: float) -> dict[str, Any]:
        return {"role": "assistant", "content": [*parts], "loss_weight": weight}

    one = render([question, turn({"type": "text", "value": "tree\nanswer"}, weight=0.5)])
    parts = render([question, turn(tree, answer, weight=0.5)])
    assert parts == one and set(parts["loss_weights"]) == {0.0, 0.5}
    turns = render([question, turn(tree, weight=0.1), turn(answer, weight=1.0)])
    assert set(turns["loss_weights"]) == {0.0, 0.1, 1.0}
    said = "".join(map(chr, turns["input_ids"]))
    assert "tree\n<|im_end|>\n<|im_start|>assistant\n" in said and turns["input_ids"] != one["input_ids"]
    with pytest.raises(ValueError, match="Unsupported content type: image_url"):
        render([{**question, "content": [{"type": "image_url", "value": "a.png"}]}, turn(answer, weight=1.0)])


def test_lf_v1_fits_pictures_and_weighs_answers(root: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    words = ["set=s", "format=lf-v1", f"root={root}", f"output={output}", "image_max_pixels=2500", "loss_weight=0.25"]
    assert main(words) == 0
    rows = [json.loads(line) for line in (output / "s.jsonl").read_text().splitlines()]
    assert {row["messages"][1]["loss_weight"] for row in rows} == {0.25}
    for place, row in enumerate(rows):
        picture = Image.open(output / row["messages"][0]["content"][0]["value"])
        built = load_image(root / records(root, "s")[place]["images"][0])
        assert picture.convert("RGB").tobytes() == fit_pixels(built, 2500).tobytes()
        assert picture.width * picture.height <= 2500 < built.width * built.height


def test_what_stands_before_an_expression_can_weigh_less(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def turns(name: str, output: str) -> list[list[dict[str, Any]]]:
        words = [f"set={name}", "format=swift", f"root={root}", f"output={tmp_path / output}", "reasoning_weight=0.5"]
        assert main(words) == 0
        assert "--is_binary_loss_scale false" in capsys.readouterr().err
        rows = (tmp_path / output / f"{name}.jsonl").read_text().splitlines()
        return [json.loads(row)["messages"][1:] for row in rows]

    for parts, answer in zip(turns("s_tree", "tree"), answers(root), strict=True):
        assert "".join(part["content"] for part in parts) == answer
        assert [(part["loss_scale"], part["content"].endswith("\n")) for part in parts] == [(0.5, True), (1.0, False)]
    for (only,) in turns("s", "plain"):
        assert set(only) == {"role", "content"}


def test_pictures_of_one_name_and_samples_of_one_id(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    webdataset = pytest.importorskip("webdataset")
    first, second = records(root, "s")[:2]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/twice.json").write_text(json.dumps([first, {**first, "messages": second["messages"]}]))
    (tmp_path / "images").mkdir()
    (tmp_path / "images/p0.png").write_bytes((root / second["images"][0]).read_bytes())
    (tmp_path / "data/both.json").write_text(json.dumps([first, {**second, "images": ["images/p0.png"]}]))
    (tmp_path / "data/s").symlink_to(root / "data/s")
    entry = json.loads((root / "dataset_info.json").read_text())["s"]
    names = {name: {**entry, "file_name": f"data/{name}.json"} for name in ("twice", "both")}
    (tmp_path / "dataset_info.json").write_text(json.dumps(names))
    folder = export(tmp_path, tmp_path / "out", "webdataset", "twice")
    (shard,) = map(str, folder.iterdir())
    read = list(webdataset.WebDataset(shard, shardshuffle=False).decode("pil"))
    assert [(one["__key__"], one["json"]["answer"]) for one in read] == [
        ("p0", first["messages"][1]["value"]),
        ("p0__2", second["messages"][1]["value"]),
    ]
    assert main(["set=both", "format=swift", f"root={tmp_path}", f"output={tmp_path / 'no'}"]) == 1
    assert "another picture of the set has this name; build it with images=copy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["set=s", "format=parqet"], 2, "unknown format 'parqet' (did you mean 'parquet'?)"),
        (["set=t", "format=swift"], 1, "no data set 't'"),
        (["set=s", "format=lf-v1", "loss_weight=0"], 2, "loss_weight must be over 0"),
        (["set=s", "format=swift", "reasoning_weight=-1"], 2, "reasoning_weight must be 0 or more"),
        (["set=s", "format=lf-v1", "reasoning_weight=0.5"], 2, "lf-v1 has one weight for a whole answer, or none"),
    ],
)
def test_mistakes(
    root: Path, tmp_path: Path, words: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, f"root={root}", f"output={tmp_path / 'out'}"]) == status
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten_and_half_an_export_is_none(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    assert main(["set=s", "format=swift", f"root={root}", f"output={tmp_path / 'out'}"]) == 1
    assert "exists; choose another output" in capsys.readouterr().err
    file = root / "data/s/broken.json"
    file.write_text(json.dumps([records(root, "s")[0], {"images": ["a", "b"]}]))
    registry = json.loads((root / "dataset_info.json").read_text())
    registry["broken"] = {**registry["s"], "file_name": "data/s/broken.json"}
    (root / "dataset_info.json").write_text(json.dumps(registry))
    assert main(["set=broken", "format=swift", f"root={root}", f"output={tmp_path / 'new'}"]) == 1
    assert "record 1: one picture, a question and an answer are needed" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_licence_that_forbids_sharing_is_said(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "built"
    corpus = ["source=crohme-inkml", f"path={build.SAMPLE / 'test'}", "name=ink"]
    assert build.main([*corpus, f"output={output}", "workers=1", "tasks=vanilla"]) == 0
    capsys.readouterr()
    export(output, tmp_path / "out", "parquet", "ink")
    assert "before you share it: CROHME: CC BY-NC-SA" in capsys.readouterr().err
    assert "CC BY\\-NC" in (tmp_path / "out/README.md").read_text() or "NC" in (tmp_path / "out/README.md").read_text()


@pytest.mark.parametrize(
    ("words", "name", "licence"),
    [
        ([], "sample", "Apache-2.0"),
        (["source=crohme-inkml", f"path={build.SAMPLE / 'test'}", "name=ink", "licence=mine"], "ink", "mine"),
    ],
)
def test_ink_that_is_not_of_crohme_has_a_licence_of_its_own(
    words: list[str], name: str, licence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "built"
    assert build.main([*words, f"output={output}", "workers=1", "tasks=vanilla"]) == 0
    export(output, tmp_path / "out", "parquet", name)
    shown, card = capsys.readouterr(), (tmp_path / "out/README.md").read_text().replace("\\", "")
    assert "before you share it" not in shown.err
    assert f"Licence of the corpus: {licence}" in card and "CROHME" not in card.partition("##")[0]


def test_an_export_in_a_store_has_the_files_of_a_folder(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fsspec = pytest.importorskip("fsspec")
    folder = export(root, tmp_path / "out", "swift", "s")
    words = ["set=s", "format=swift", f"root={root}", "output=memory://bucket/exports/s"]
    assert main(words) == 0
    memory = fsspec.filesystem("memory")
    found = {path.removeprefix("/bucket/exports/s/"): memory.cat_file(path) for path in memory.find("/bucket")}
    assert found == {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(words) == 1
    assert "memory://bucket/exports/s: exists; choose another output" in capsys.readouterr().err
    assert main([*words[:-1], "output=nosuch://a/b"]) == 2
    assert "output=nosuch://a/b: ValueError: Protocol not known: nosuch" in capsys.readouterr().err
