from __future__ import annotations

import json
import os
from pathlib import Path
from typing import ClassVar

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


def samples(path: Path, **options: str) -> list[tuple[str, str]]:
    """(picture, label) of the samples that have both."""
    return [(s.image.name, s.label) for s in read(path, **options) if isinstance(s, Sample) and s.image]


class TestSeparatorsAndHeaders:
    @pytest.mark.parametrize(
        ("table", "content"),
        [
            ("semicolon.csv", "image;latex\na.png;f(x, y)\nb.jpg;y\n"),
            ("semicolon, no header.csv", "a.png;f(x, y)\nb.jpg;y\n"),
            ("tabs.csv", "image\tlatex\na.png\tf(x, y)\nb.jpg\ty\n"),
            ("told.csv", "sep=;\nimage;latex\na.png;f(x, y)\nb.jpg;y\n"),
            ("commas.tsv", 'image,latex\na.png,"f(x, y)"\nb.jpg,y\n'),
            ("bars.csv", "image|latex\na.png|f(x, y)\nb.jpg|y\n"),
            ("unquoted commas.csv", "image,latex\na.png,f(x, y)\nb.jpg,y\n"),
            ("other words.csv", 'Scan,Formel\na.png,"f(x, y)"\nb.jpg,y\n'),
            ("words.csv", 'Image name,LaTeX code\na.png,"f(x, y)"\nb.jpg,y\n'),
            ("other words, reversed.csv", 'Formel,Scan\n"f(x, y)",a.png\ny,b.jpg\n'),
            ("reversed.csv", '"f(x, y)",a.png\ny,b.jpg\n'),
            ("reversed.tsv", "f(x, y)\ta.png\ny\tb.jpg\n"),
            ("no suffixes, reversed.tsv", "f(x, y)\ta\ny\tb\n"),
            ("utf-8 mark.csv", '\ufeffimage,latex\na.png,"f(x, y)"\nb.jpg,y\n'),
            ("pandas index.csv", ',image,latex\n0,a.png,"f(x, y)"\n1,b.jpg,y\n'),
            ("old mac.tsv", "image\tlatex\ra.png\tf(x, y)\rb.jpg\ty\r"),
        ],
    )
    def test_tables_as_people_write_them(self, tmp_path: Path, table: str, content: str) -> None:
        path = write(tmp_path, table, content)
        assert samples(path) == [("a.png", "f(x, y)"), ("b.jpg", "y")]

    @pytest.mark.parametrize(
        ("table", "content", "message"),
        [
            ("swapped.csv", "image,latex\nx,a.png\ny,b.jpg\n", "are the columns swapped"),
            ("swapped.jsonl", '{"image": "x", "label": "a.png"}\n', "are the columns swapped"),
            (
                "three.csv",
                "Scan,Wer,Formel\na.png,me,x\nb.jpg,you,y\n",
                "which column is the label; columns: Scan, Wer",
            ),
            ("tasks.json", '[{"id": 1, "data": {}, "result": []}]', "no column 'label"),
            ("wide.csv", "\ufeffimage,latex\n".encode("utf-16").decode("latin-1"), "UTF-16"),
        ],
    )
    def test_what_cannot_be_told_is_explained(self, tmp_path: Path, table: str, content: str, message: str) -> None:
        raw = content.encode("latin-1") if table == "wide.csv" else content
        with pytest.raises(SourceError, match=message):
            read(write(tmp_path, table, raw))

    @pytest.mark.parametrize("row", ["a.png x", "a.png: x"])
    def test_a_row_without_a_separator_is_told_which_there_are(self, tmp_path: Path, row: str) -> None:
        (drop,) = read(write(tmp_path, "t.csv", f"{row}\n"))
        assert isinstance(drop, Drop) and "a comma, ';', tab or '|'" in drop.message

    def test_a_quote_that_never_closes_spoils_one_row(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.csv", 'image,latex\na.png,"x\nb.jpg,y\n')
        bad, good = read(path)
        assert isinstance(bad, Drop) and "does not close" in bad.message and bad.id == "t.csv:2"
        assert isinstance(good, Sample) and good.label == "y"

    def test_quotes_over_two_lines_and_quotes_that_are_text(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.csv", 'image,latex\na.png,"x\n""+"" y"\nb.jpg,y"\n')
        assert samples(path) == [("a.png", 'x\n"+" y'), ("b.jpg", 'y"')]

    def test_more_cells_than_the_header_has(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.csv", "latex,image\nf(x, y),a.png\ny,b.jpg\n")
        bad, good = read(path)
        assert isinstance(bad, Drop) and "3 cells, the header has 2" in bad.message
        assert isinstance(good, Sample) and good.label == "y"


class TestPathsOfOtherMachines:
    @pytest.mark.parametrize(
        "name",
        [
            r"images\a.png",
            r"C:\Users\me\data\images\a.png",
            "C:/Users/me/images/a.png",
            r"\\server\share\images\a.png",
            "/home/me/data/images/a.png",
            "https://example.org/files/a.png",
            "https://example.org/files/a.png?token=1",
            "file:///home/me/images/a.png",
            "s3://bucket/images/a.png",
            "/data/upload/1/0a1b2c3d-a.png",
            "/data/local-files/?d=images/a.png",
            "./images/a.png",
            "images/../images/a.png",
        ],
    )
    def test_they_are_found_by_what_they_end_in(self, tmp_path: Path, name: str) -> None:
        path = write(tmp_path, "t.tsv", f"{name}\tx\n", ("images/a.png", "images/b.png"))
        (sample,) = read(path)
        assert isinstance(sample, Sample)
        assert sample.image is not None and sample.image.samefile(tmp_path / "images/a.png")
        assert sample.id in ("a", "images__a")

    @pytest.mark.parametrize("name", [r"images\a", r"D:\x\images\a"])
    def test_names_without_a_suffix_too(self, tmp_path: Path, name: str) -> None:
        path = write(tmp_path, "t.tsv", f"{name}\tx\n", ("images/a.png", "images/aa.png"))
        assert samples(path) == [("a.png", "x")]

    def test_an_absolute_path_into_the_folder(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.tsv", f"{tmp_path}/images/a.png\tx\n", ("images/a.png", "other/a.png"))
        (sample,) = read(path)
        assert isinstance(sample, Sample) and sample.image == tmp_path / "images/a.png"

    @pytest.mark.parametrize("name", ["../a.png", "/etc/a.png", "a/../../a.png", r"D:\a.png", "http://h/a.png"])
    def test_what_is_not_there_is_refused_for_its_own_reason(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "a.png").touch()
        (sample,) = read(write(tmp_path / "in", "t.tsv", f"{name}\tx\n", ("other.png",)))
        assert isinstance(sample, Sample) and sample.image is None
        assert name in sample.absent and "options={pictures: FOLDER}" in sample.absent

    def test_the_pictures_beside_the_folder_of_the_table(self, tmp_path: Path) -> None:
        (tmp_path / "labels").mkdir()
        path = write(tmp_path / "labels", "t.tsv", "../images/a.png\tx\n", ("../images/a.png",))
        assert samples(path) == []
        assert samples(path, pictures=str(tmp_path / "images")) == [("a.png", "x")]

    def test_of_two_pictures_of_one_name_none_is_guessed(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.tsv", "D:\\x\\a.png\tx\n", ("p/a.png", "q/a.png"))
        (sample,) = read(path)
        assert isinstance(sample, Sample) and sample.image is None and "2 pictures have that name" in sample.absent


class TestPicturesThatCannotBeRead:
    @pytest.mark.parametrize(
        ("listed", "there", "message"),
        [
            ("a.JXL", "a.JXL", "a JPEG XL picture"),
            ("a", "a.psd", "a Photoshop document"),
            ("a.png", "a.avif", "an AVIF picture"),
            ("a.pdf", "a.pdf", "a PDF document"),
            ("a", "a.svg", "an SVG drawing"),
            ("a.PNG", "a.png", "other capital letters"),
            ("a.png", "a.PNG", "other capital letters"),
            ("a.png", "a.jpg", "of another kind"),
            ("a.jfif", "a.jfif", "not of a kind that is read"),
            ("a.png", "c.png", "options={pictures: FOLDER}"),
        ],
    )
    def test_they_are_named_as_such(self, tmp_path: Path, listed: str, there: str, message: str) -> None:
        path = write(tmp_path, "t.tsv", f"b.jpg\ty\n{listed}\tx\n", ("b.jpg", there))
        sample = read(path)[1]
        assert isinstance(sample, Sample) and sample.image is None
        assert message in sample.absent

    def test_a_pipe_is_no_picture(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.tsv", "a.png\tx\nb.jpg\ty\n", ("b.jpg",))
        os.mkfifo(tmp_path / "a.png")
        sample = read(path)[0]
        assert isinstance(sample, Sample) and sample.image is None and "a pipe" in sample.absent

    def test_beside_texts_too(self, tmp_path: Path) -> None:
        write(tmp_path, "a.txt", "x", ("a.avif",))
        (drop,) = read(tmp_path)
        assert isinstance(drop, Drop) and "convert it to PNG or JPEG" in drop.message


def test_two_labels_for_one_picture_are_said(tmp_path: Path) -> None:
    path = write(tmp_path, "t.tsv", "a.png\tx\n./a.png\ty\nb.jpg\tz\n")
    first, second, third = read(path)
    assert isinstance(first, Sample) and isinstance(third, Sample)
    assert isinstance(second, Drop) and second.reason == "two_labels" and "t.tsv:1" in second.message


class TestSpreadsheets:
    def test_the_first_sheet_of_a_workbook(self, tmp_path: Path) -> None:
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        for row in (("Scan", "LaTeX"), ("a.png", "x_1"), (None, None), ("b.jpg", 12.0)):
            book.active.append(row)
        book.create_sheet().append(("other", "sheet"))
        book.save(tmp_path / "t.xlsx")
        write(tmp_path, "unused.md", "")
        assert samples(tmp_path / "t.xlsx") == samples(tmp_path) == [("a.png", "x_1"), ("b.jpg", "12")]

    def test_what_is_none(self, tmp_path: Path) -> None:
        pytest.importorskip("openpyxl")
        with pytest.raises(SourceError, match=r"cannot be read as \.xlsx"):
            read(write(tmp_path, "t.xlsx", "no workbook"))


class TestShapesOfJson:
    SHAPES: ClassVar = {
        "picture to label": {"a.png": "x_1", "b.jpg": "y"},
        "picture to fields": {"a.png": {"latex": "x_1", "by": "me"}, "b.jpg": {"latex": "y", "by": "me"}},
        "wrapped": {"version": 1, "data": [{"image": "a.png", "latex": "x_1"}, {"image": "b.jpg", "latex": "y"}]},
        "pandas, columns": {"image": {"0": "a.png", "1": "b.jpg"}, "latex": {"0": "x_1", "1": "y"}},
        "pandas, index": {"0": {"image": "a.png", "latex": "x_1"}, "1": {"image": "b.jpg", "latex": "y"}},
        "pandas, split": {"columns": ["image", "latex"], "index": [0, 1], "data": [["a.png", "x_1"], ["b.jpg", "y"]]},
        "lists": {"image": ["a.png", "b.jpg"], "latex": ["x_1", "y"]},
        "pairs": [["a.png", "x_1"], ["b.jpg", "y"]],
        "other names": [{"scan": "a.png", "what": "x_1"}, {"scan": "b.jpg", "what": "y"}],
    }

    @pytest.mark.parametrize("shape", SHAPES)
    def test_all_are_the_same_table(self, tmp_path: Path, shape: str) -> None:
        assert samples(write(tmp_path, "t.json", json.dumps(self.SHAPES[shape], indent=1))) == [
            ("a.png", "x_1"),
            ("b.jpg", "y"),
        ]

    def test_lines_in_a_file_that_is_called_json(self, tmp_path: Path) -> None:
        lines = '{"image": "a.png", "latex": "x_1"}\n{"image": "b.jpg", "latex": "y"}\n'
        assert samples(write(tmp_path, "t.json", lines)) == [("a.png", "x_1"), ("b.jpg", "y")]

    def test_another_shape_is_refused_with_those_that_are_read(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.json", json.dumps({"images": [{"id": 1}], "annotations": [{"id": 2}]}))
        with pytest.raises(SourceError, match=r"\{picture: label\}; found an object with 'images', 'annotations'"):
            read(path)

    def test_a_picture_that_stands_there_twice_is_not_lost_in_silence(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.json", '{"a.png": "x", "a.png": "y"}')
        with pytest.raises(SourceError, match=r"'a\.png' stands there twice"):
            read(path)


class TestColumnsByTheirPictures:
    @pytest.mark.parametrize("header", ["id,latex,scan", "name,latex,where", "path,latex,photo"])
    def test_a_column_that_is_named_as_pictures_are_but_holds_none(self, tmp_path: Path, header: str) -> None:
        path = write(tmp_path, "t.csv", f"{header}\n101,x_1,a.png\n102,y,b.jpg\n")
        assert samples(path) == [("a.png", "x_1"), ("b.jpg", "y")]

    def test_names_with_percent_signs_of_addresses(self, tmp_path: Path) -> None:
        path = write(tmp_path, "t.csv", "image,latex\nmy%20scans/a.png,x\n", ("my scans/a.png",))
        assert samples(path) == [("a.png", "x")]
        (tmp_path / "my%20scans").mkdir()
        (tmp_path / "my%20scans" / "a.png").touch()
        (sample,) = read(path)
        assert isinstance(sample, Sample) and sample.image == tmp_path / "my%20scans" / "a.png"


class TestExportsOfLabelStudio:
    def test_are_known_whatever_the_source_is_called(self, tmp_path: Path) -> None:
        task = {"type": "textarea", "from_name": "t", "to_name": "image", "value": {"text": ["x_1"]}}
        tasks = [{"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-a.png"}, "annotations": [{"result": [task]}]}]
        assert samples(write(tmp_path, "export.json", json.dumps(tasks))) == [("a.png", "x_1")]

    def test_the_csv(self, tmp_path: Path) -> None:
        head = "image,id,my_formula,annotator,annotation_id,created_at,updated_at,lead_time"
        rows = "/data/upload/1/0a1b2c3d-a.png,7,x_1,1,3,2026-01-01,2026-01-01,2.5"
        assert samples(write(tmp_path, "export.csv", f"{head}\n{rows}\n")) == [("a.png", "x_1")]
