from __future__ import annotations

import json
from pathlib import Path

import pytest

from unimumer_data.errors import RecordError, SourceError
from unimumer_data.records.record import Sample
from unimumer_data.sources import get_source
from unimumer_data.sources.base import Drop

SOURCE = get_source("captions")


def write(folder: Path, caption: str, pictures: tuple[str, ...]) -> Path:
    """A caption file and (empty) pictures: a reader opens none."""
    file = folder / caption
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a_1\tx ^ { 2 }\na_2\t\\frac { 1 } { 2 }\n")
    for name in pictures:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def read(path: Path, split: str = "train") -> list[Sample | Drop]:
    return list(SOURCE.read(path, split))


@pytest.mark.parametrize(
    ("caption", "pictures"),
    [
        pytest.param("2014_caption.txt", ("2014/off_image_test/a_1_0.bmp", "2014/off_image_test/a_2_0.bmp"), id="WAP"),
        pytest.param("caption.txt", ("a_1.bmp", "a_2.bmp"), id="BTTR"),
        pytest.param("caption.txt", ("img/a_1.bmp", "img/a_2.bmp"), id="CoMER"),
        pytest.param("test/caption.txt", ("test/img/a_1.JPG", "test/img/a_2.png"), id="TAMER, mixed"),
    ],
)
def test_the_layouts_in_use(tmp_path: Path, caption: str, pictures: tuple[str, ...]) -> None:
    samples = read(write(tmp_path, caption, pictures), "test")
    assert [(s.id, s.label, s.image, s.split) for s in samples if isinstance(s, Sample)] == [
        ("a_1", "x ^ { 2 }", tmp_path / pictures[0], "test"),
        ("a_2", "\\frac { 1 } { 2 }", tmp_path / pictures[1], "test"),
    ]


def test_of_several_caption_files_the_split_chooses(tmp_path: Path) -> None:
    write(tmp_path, "train/caption.txt", ("train/img/a_1.bmp", "train/img/a_2.bmp"))
    write(tmp_path, "2014/caption.txt", ("2014/img/a_1.bmp", "2014/img/a_2.bmp"))
    for split, folder in (("train", "train"), ("test", "2014")):
        first = read(tmp_path, split)[0]
        assert isinstance(first, Sample)
        assert first.image == tmp_path / folder / "img" / "a_1.bmp"


def test_several_that_fit_are_listed(tmp_path: Path) -> None:
    write(tmp_path, "2014/caption.txt", ())
    write(tmp_path, "2016/caption.txt", ())
    with pytest.raises(SourceError, match=r"2 caption files; write path= one of them: .*2014.*2016"):
        read(tmp_path, "test")


def test_names_with_a_suffix_spaces_for_tabs_and_windows_lines(tmp_path: Path) -> None:
    write(tmp_path, "caption.txt", ("a.png", "b.jpg"))
    (tmp_path / "caption.txt").write_bytes(b"\xef\xbb\xbfa.png\tx\r\n\r\nb y _ { 1 }\r\n")
    assert [(s.id, s.label.strip()) for s in read(tmp_path) if isinstance(s, Sample)] == [
        ("a", "x"),
        ("b", "y _ { 1 }"),
    ]


def test_bad_rows_are_said_and_the_others_read(tmp_path: Path) -> None:
    write(tmp_path, "caption.txt", ("a.png",))
    (tmp_path / "caption.txt").write_bytes(b"a\tx\nb\ncaf\xe9\ty\nmissing\tz\n../../etc/passwd\tx\n")
    first, empty, encoding, missing, outside = read(tmp_path)
    assert isinstance(empty, Drop) and empty.reason == "empty_label"
    assert isinstance(encoding, Sample) and encoding.id == "café"
    assert [(one.reason, one.before) for one in encoding.replaced] == [("encoding", "caf\\xe9\ty")]
    assert isinstance(first, Sample) and first.image == tmp_path / "a.png"
    assert isinstance(missing, Sample) and missing.image is None
    assert isinstance(outside, Sample) and outside.image is None and outside.id == "../../etc/passwd"


def test_a_json_array_of_labels(tmp_path: Path) -> None:
    file = tmp_path / "toy_captions.json"
    file.write_text(json.dumps(["x", "y \\\\ z", "数"], ensure_ascii=False, indent=1), encoding="utf-8")
    assert [(s.id, s.label) for s in read(file) if isinstance(s, Sample)] == [
        ("toy_0", "x"),
        ("toy_1", "y \\\\ z"),
        ("toy_2", "数"),
    ]
    file.write_text('{"a": "x"}')
    with pytest.raises(RecordError, match="a JSON array is needed"):
        read(file)
    file.write_text('["x", ')
    with pytest.raises(RecordError, match="broken JSON at character"):
        read(file)


def test_a_wrong_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="no caption file"):
        read(tmp_path)


def test_the_published_folder_is_read_whole(shared_data: Path) -> None:
    samples = read(shared_data / "crohme-wap", "test")
    assert len(samples) == 986
    assert all(isinstance(sample, Sample) and sample.image for sample in samples)
