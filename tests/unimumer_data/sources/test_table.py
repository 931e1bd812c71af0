from __future__ import annotations

from pathlib import Path

import pytest

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Sample
from unimumer_data.sources import get_source
from unimumer_data.sources.base import Drop

SOURCE = get_source("table")


def read(path: Path, **options: str) -> list[Sample | Drop]:
    return list(SOURCE.read(path, "train", **options))


def write(folder: Path, table: str, content: str | bytes, pictures: tuple[str, ...] = ("a.png", "b.jpg")) -> Path:
    path = folder / table
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for name in pictures:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return path


TABLES = {
    "headless.tsv": "a\tx_1\nb\t\\frac{1}{2}\n",
    "head.tsv": "image\tlatex\na.png\tx_1\nb.jpg\t\\frac{1}{2}\n",
    "head.csv": 'Label,File_Name\nx_1,a.png\n"\\frac{1}{2}",b.jpg\n',
    "headless.csv": "a.png,x_1\nb.jpg,\\frac{1}{2}\n",
    "lines.jsonl": '{"image": "a.png", "gt": "x_1"}\n\n{"image": "b.jpg", "gt": "\\\\frac{1}{2}"}\n',
    "array.json": '[{"img": "a.png", "formula": "x_1"}, {"img": "b.jpg", "formula": "\\\\frac{1}{2}"}]',
}


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_in_use(tmp_path: Path, table: str) -> None:
    path = write(tmp_path, table, TABLES[table])
    for where in (path, tmp_path):
        assert [(s.id, s.label, s.image) for s in read(where) if isinstance(s, Sample)] == [
            ("a", "x_1", tmp_path / "a.png"),
            ("b", r"\frac{1}{2}", tmp_path / "b.jpg"),
        ]


def test_a_text_beside_each_picture(tmp_path: Path) -> None:
    for name, label in (("1/x", "a\nb"), ("2/x", "c"), ("2/y", "d")):
        write(tmp_path, "unused.md", "", (f"{name}.png",))
        (tmp_path / f"{name}.txt").write_text(label)
    write(tmp_path, "unused.md", "", ("unlabelled.png",))
    assert [(s.id, s.label) for s in read(tmp_path) if isinstance(s, Sample)] == [
        ("1__x", "a b"),
        ("2__x", "c"),
        ("y", "d"),
    ]


def test_quotes_tabs_and_trailing_spaces_of_latex_survive(tmp_path: Path) -> None:
    path = write(tmp_path, "t.tsv", 'a\t"x" \\\tb \\ \n')
    (sample,) = read(path)
    assert sample == Sample(id="a", label='"x" \\\tb \\ ', image=tmp_path / "a.png", split="train")


def test_pictures_in_the_folder_that_shares_a_word_with_the_table(tmp_path: Path) -> None:
    path = write(tmp_path, "truth_2014.tsv", "a\tx\n", ("test/2013/a.png", "test/2014/a.png"))
    (sample,) = read(path)
    assert isinstance(sample, Sample)
    assert sample.image == tmp_path / "test" / "2014" / "a.png"


def test_pictures_elsewhere_and_columns_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "nr,tex_clean,scan\n1,x,a\n", ("scans/a.png",))
    (sample,) = read(path, pictures=str(tmp_path / "scans"), image_column="scan", label_column="tex_clean")
    assert sample == Sample(id="a", label="x", image=tmp_path / "scans" / "a.png", split="train")
    with pytest.raises(
        SourceError, match=r"no column 'tex_cleen' \(did you mean 'tex_clean'\?\); columns: nr, tex_clean, scan"
    ):
        read(path, image_column="scan", label_column="tex_cleen")


def test_subfolders_in_names_are_part_of_the_id(tmp_path: Path) -> None:
    path = write(tmp_path, "t.tsv", "p/a.png\tx\nq/a.png\ty\n", ("p/a.png", "q/a.png"))
    assert [s.id for s in read(path)] == ["p__a", "q__a"]


def test_bad_rows_are_said_and_the_others_read(tmp_path: Path) -> None:
    path = write(tmp_path, "t.jsonl", b'{"image": "a", "gt": "x"}\n{"image": \n[1]\n{"image": "b"}\n')
    first, broken, no_object, no_label = read(path)
    assert isinstance(first, Sample)
    assert all(isinstance(item, Drop) and item.reason == "bad_row" for item in (broken, no_object, no_label))
    path = write(tmp_path, "t.tsv", b"a\tx\njust one\nb\tcaf\xe9\n")
    (tmp_path / "t.jsonl").unlink()
    first, one, encoding = read(path)
    assert isinstance(one, Drop) and one.reason == "bad_row"
    assert isinstance(encoding, Sample) and encoding.label == "café"
    assert [one.reason for one in encoding.replaced] == ["encoding"]


@pytest.mark.parametrize("name", ["../a.png", "/etc/a.png", "a/../../a.png"])
def test_a_name_that_leads_out_of_the_folder_finds_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "a.png").touch()
    (sample,) = read(write(tmp_path / "in", "t.tsv", f"{name}\tx\n", ("other.png",)))
    assert isinstance(sample, Sample)
    assert (sample.id, sample.image) == (name, None)


def test_wrong_paths_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="holds neither a table"):
        read(tmp_path)
    write(tmp_path, "a.tsv", "a\tx\n")
    write(tmp_path, "b.tsv", "a\tx\n")
    with pytest.raises(SourceError, match=r"2 tables; write path= one of them: .*a\.tsv, .*b\.tsv"):
        read(tmp_path)


@pytest.mark.parametrize(("year", "count"), [(2013, 671), (2014, 986)])
def test_the_published_tables_are_read_whole(shared_data: Path, year: int, count: int) -> None:
    samples = read(shared_data / "crohme-png" / f"groundtruth_{year}.tsv")
    assert len(samples) == count
    assert all(isinstance(sample, Sample) and sample.image for sample in samples)
