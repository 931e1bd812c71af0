"""Ink: what the reader accepts and refuses, and what the renderer promises."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.errors import InkError
from unimumer_data.images import fit_pixels, image_token_count, load_image
from unimumer_data.ink import Ink, Style, Symbol, encode_png, read_inkml, render
from unimumer_data.ink.points import Channels, decode_points
from unimumer_data.ink.reader import parse_inkml

ROOT = Path(__file__).resolve().parents[2]
FORMAT = '<traceFormat><channel name="X"/><channel name="Y"/></traceFormat>'


def document(body: str, namespace: str = ' xmlns="http://www.w3.org/2003/InkML"') -> bytes:
    return f"<ink{namespace}>{body}</ink>".encode()


def parse(body: str) -> Ink:
    return parse_inkml(document(body), name="a.inkml")


def ink(*strokes: list[float]) -> Ink:
    return Ink(name="made.inkml", traces={str(index): stroke for index, stroke in enumerate(strokes)}, annotations={})


ZIGZAG: list[float] = [0, 0, 40, 60, 80, 0, 120, 60]


class TestPoints:
    @pytest.mark.parametrize(
        ("text", "channels", "expected"),
        [
            ("1 2, 3 4", Channels(count=2), [1, 2, 3, 4]),
            ("\n 1 2,3 4 ,\n", Channels(count=2), [1, 2, 3, 4]),
            ("1.5 -2e1, .5 +4", Channels(count=2), [1.5, -20, 0.5, 4]),
            ("1 2 1290000000000, 3 4 1290000000001", Channels(count=3), [1, 2, 3, 4]),
            ("9 1 2, 9 3 4", Channels(x=2, y=1, count=3), [2, 1, 4, 3]),
            ("1 2 7, 3 4 8", Channels(), [1, 2, 3, 4]),
            ("1 2 T, 3 4 F", Channels(count=3), [1, 2, 3, 4]),
            ("1 2, '3'4, 1 1", Channels(count=2), [1, 2, 4, 6, 5, 7]),
            ("10 10, '2'2, \"1\"1, 1 1, !5!5", Channels(count=2), [10, 10, 12, 12, 15, 15, 19, 19, 5, 5]),
            ("1125 18432,'23'43,\"7\"-8,3-5", Channels(count=2), [1125, 18432, 1148, 18475, 1178, 18510, 1211, 18540]),
            ("5 5, * 6, '1 *", Channels(count=2), [5, 5, 5, 6, 6, 6]),
            ("#FF #0A", Channels(count=2), [255, 10]),
            ("1 2:9, 3 4", Channels(count=2), [1, 2, 3, 4]),
            ("1 2", Channels(count=2, y_sign=-1.0), [1, -2]),
            (" ", Channels(count=2), []),
        ],
    )
    def test_encodings_of_the_standard(self, text: str, channels: Channels, expected: list[float]) -> None:
        assert decode_points(text, channels) == expected

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("1 2, 3", "point 1: 1 values"),
            ("1 2 3, 3 4", "point 0: 3 values"),
            ("1 2, , 3 4", "point 1: 0 values"),
            ("1 2, x 4", "point 1: 'x 4' is not a number"),
            ("1 nan", "'nan' is not a number"),
            ("NaN NaN", "is not a number"),
            ("Infinity 0", "is not a number"),
            ("1 2, 1e300 4", "point 1: coordinate 1e.300 is out of range"),
            ("1 2, 4 1e999", "point 1: coordinate inf is out of range"),
            ("1 " + "9" * 6000, "out of range"),
            ("'1 2", "gives no coordinate"),
            ("? 1", "gives no coordinate"),
            ("[1] 2", "not a number"),
        ],
    )
    def test_damage_is_located(self, text: str, message: str) -> None:
        with pytest.raises(InkError, match=message):
            decode_points(text, Channels(count=2))


class TestReader:
    def test_a_crohme_file(self) -> None:
        read = parse(
            FORMAT
            + """
            <annotation type="truth">$x^2 &lt; 1$</annotation>
            <annotation type="writer">w7</annotation>
            <annotation type="UI">"2011_IVC_1"</annotation>
            <annotationXML type="truth" encoding="Content-MathML">
              <math xmlns='http://www.w3.org/1998/Math/MathML'><msup><mi xml:id="x_1">x</mi><mn>2</mn></msup></math>
            </annotationXML>
            <trace id="0">1 2, 3 4</trace><trace id="1">5 6</trace>
            <traceGroup xml:id="a"><annotation type="truth">Segmentation</annotation>
              <traceGroup xml:id="b"><annotation type="truth">x</annotation>
                <traceView traceDataRef="0"/><traceView traceDataRef="#1"/><annotationXML href="x_1"/></traceGroup>
            </traceGroup>"""
        )
        assert read.traces == {"0": [1, 2, 3, 4], "1": [5, 6]}
        assert (read.label, read.writer, read.unique_id) == ("$x^2 < 1$", "w7", "2011_IVC_1")
        assert read.symbols == (Symbol(label="x", traces=("0", "1"), href="x_1"),)
        assert read.layout is not None
        assert read.layout.startswith("<annotationXML")
        assert read.layout.endswith("</math>\n            </annotationXML>")
        assert "Segmentation" not in read.annotations.values()

    def test_mathwriting_normalised_label(self) -> None:
        read = parse(
            '<annotation type="label">\\frac12</annotation>'
            '<annotation type="normalizedLabel">\\frac{1}{2}</annotation>'
            "<traceFormat><channel name='X'/><channel name='Y'/><channel name='T'/></traceFormat>"
            "<trace>1.5 2 0.0,3 4 16</trace>"
        )
        assert read.label == r"\frac{1}{2}"
        assert list(read.traces.values()) == [[1.5, 2, 3, 4]]

    @pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.w3.org/2003/InkML"', ' xmlns:inkml="urn:x"'])
    def test_any_namespace_or_none(self, namespace: str) -> None:
        prefix = "inkml:" if ":inkml" in namespace else ""
        text = f"<{prefix}ink{namespace}><{prefix}trace>1 2</{prefix}trace></{prefix}ink>"
        assert list(parse_inkml(text.encode(), name="a").traces.values()) == [[1, 2]]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_unicode_encodings(self, encoding: str) -> None:
        text = '<ink><annotation type="writer">Žofie</annotation><trace>1 2</trace></ink>'
        read = parse_inkml(text.encode(encoding), name="a")
        assert (read.writer, read.notes) == ("Žofie", ())

    def test_a_file_that_is_not_utf8_is_read_and_says_so(self) -> None:
        data = "<ink><annotation type='writer'>Zoë</annotation><trace>1 2</trace></ink>".encode("latin-1")
        read = parse_inkml(data, name="a")
        assert read.writer == "Zoë"
        assert read.notes == ("not utf-8: read as Latin-1",)

    def test_a_pen_in_the_air_leaves_no_ink(self) -> None:
        assert list(parse('<trace type="penUp">9 9</trace><trace>1 2</trace>').traces.values()) == [[1, 2]]

    def test_intermittent_channels_do_not_count(self) -> None:
        head = '<traceFormat><channel name="X"/><channel name="Y"/><intermittentChannels><channel name="B"/>'
        read = parse(head + "</intermittentChannels></traceFormat><trace>1 2:7, 3 4</trace>")
        assert list(read.traces.values()) == [[1, 2, 3, 4]]

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "empty file"),
            (b"  \n", "empty file"),
            (document("<trace>1 2</trace>")[:-4], "not well-formed"),
            (b"<html><body/></html>", "not InkML"),
            (document(""), "no stroke"),
            (document("<trace></trace>"), "no stroke"),
            (document("<trace id='7'>1 2</trace><trace id='8'>1 2, x y</trace>"), r"trace 1 \(id '8'\), point 1"),
            (document("<trace id='7'>1 2</trace><trace id='7'>1 2</trace>"), "second time"),
            (document("<traceFormat><channel name='X'/></traceFormat><trace>1</trace>"), "X and Y are needed"),
            (
                b'<!DOCTYPE ink [<!ENTITY a "1 2,"><!ENTITY b "&a;&a;&a;&a;">]><ink><trace>&b;</trace></ink>',
                "DOCTYPE",
            ),
            (b'<!DOCTYPE ink SYSTEM "http://localhost/x.dtd"><ink><trace>1 2</trace></ink>', "DOCTYPE"),
            (
                b'<!DOCTYPE ink [<!ENTITY f SYSTEM "file:///etc/hostname">]><ink><trace>&f;</trace></ink>',
                "DOCTYPE",
            ),
            ('<!DOCTYPE ink [<!ENTITY a "1">]><ink><trace>&a; 2</trace></ink>'.encode("utf-16"), "DOCTYPE"),
            (document("<trace>&undefined;</trace>"), "not well-formed"),
        ],
    )
    def test_bad_files_are_refused_with_their_name(self, tmp_path: Path, data: bytes, message: str) -> None:
        path = tmp_path / "bad.inkml"
        path.write_bytes(data)
        with pytest.raises(InkError, match=message) as error:
            read_inkml(path)
        assert str(error.value).startswith(str(path))

    def test_a_missing_file_and_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InkError, match="no such file"):
            read_inkml(tmp_path / "nowhere.inkml")
        with pytest.raises(InkError, match="cannot be read"):
            read_inkml(tmp_path)

    def test_a_huge_file_is_refused_unread(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.inkml"
        with path.open("wb") as file:
            file.truncate(2**40)
        with pytest.raises(InkError, match="over 4194304 bytes"):
            read_inkml(path)


class TestRender:
    def test_the_same_ink_gives_the_same_bytes(self) -> None:
        assert encode_png(render(ink(ZIGZAG))) == encode_png(render(ink(list(ZIGZAG))))

    def test_black_on_white_with_margins_on_all_sides(self) -> None:
        image = render(ink(ZIGZAG))
        assert image.mode == "L"
        assert image.getextrema() == (0, 255)
        left, top, right, bottom = image.point(lambda grey: 255 - grey).getbbox()
        margins = (left, top, image.width - right, image.height - bottom)
        assert all(9 <= margin <= 12 for margin in margins), margins

    def test_grey_edges_show_that_it_is_anti_aliased(self) -> None:
        assert len(render(ink(ZIGZAG)).getcolors()) > 3

    @pytest.mark.parametrize("factor", [0.001, 1, 37.5, 1e6])
    def test_device_units_do_not_matter(self, factor: float) -> None:
        scaled = render(ink([value * factor + 12 for value in ZIGZAG]))
        assert scaled.size == render(ink(ZIGZAG)).size

    def test_aspect_is_kept_and_nothing_is_turned_or_mirrored(self) -> None:
        image = render(ink([0, 0, 200, 0], [0, 0, 0, 100]))  # a corner: upper edge and left edge
        dark = image.point(lambda grey: 255 if grey < 128 else 0)
        width, height = image.width - 24, image.height - 24
        assert width / height == pytest.approx(2, rel=0.06)
        assert dark.getpixel((image.width // 2, 12)) == 255
        assert dark.getpixel((12, image.height // 2)) == 255
        assert dark.getpixel((image.width // 2, image.height - 12)) == 0

    def test_writing_comes_out_in_the_same_size_however_long_it_is(self) -> None:
        short, long = (render(ink(*(_letters(x) for x in range(n)))) for n in (2, 12))
        assert short.height == long.height

    def test_the_pen_is_about_a_tenth_of_the_writing(self) -> None:
        image = render(ink([0, 0, 0, 100]))
        row = [image.getpixel((x, image.height // 2)) for x in range(image.width)]
        assert sum(255 - grey for grey in row) / 255 == pytest.approx(3, abs=0.6)

    @pytest.mark.parametrize("stroke", [[5, 5], [5, 5, 5, 5], [0, 0, 300, 0], [0, 0, 0, 300], [-1e8, 1e8]])
    def test_dots_and_flat_strokes_are_drawn(self, stroke: list[float]) -> None:
        image = render(ink(stroke))
        assert fit_pixels(image) is image
        assert image.getextrema()[0] == 0

    def test_sharp_corners_are_filled(self) -> None:
        """Without round joins the tip of a hairpin would be cut off square, with a notch."""
        image = render(ink([0, 0, 100, 0, 0, 3], [0, 0, 0, 40]))
        tip = image.crop((image.width - 14, 0, image.width, image.height))
        assert tip.getextrema()[0] == 0

    def test_bounds_in_pixels_and_in_tokens(self) -> None:
        wide = ink(*(_letters(x) for x in range(300)))
        assert math.prod(render(wide).size) <= 262144
        assert math.prod(render(wide, Style(max_pixels=50_000)).size) <= 50_000
        assert image_token_count(*render(wide, Style(max_tokens=64)).size) <= 64

    @pytest.mark.parametrize("stray", [1e8, 1e6])
    def test_a_stray_stroke_that_makes_all_illegible_is_refused(self, stray: float) -> None:
        with pytest.raises(InkError, match=r"made\.inkml: .*stray stroke"):
            render(ink(ZIGZAG, ZIGZAG, [stray, stray / 2, stray + 1, stray / 2]))

    def test_png_comes_back_whole(self) -> None:
        image = render(ink(ZIGZAG))
        data = encode_png(image)
        assert Image.open(BytesIO(data)).mode == "L"
        assert load_image(data).tobytes() == image.convert("RGB").tobytes()


def _letters(x: int) -> list[float]:
    return [x * 60 + 0, 50, x * 60 + 20, 0, x * 60 + 40, 50]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "unimumer_data" / "sample").rglob("*.inkml"))[:3], ids=lambda path: path.stem
)
def test_the_bundled_sample_is_read_with_its_segmentation(path: Path) -> None:
    read = read_inkml(path)
    assert read.label.startswith("$")
    assert sorted(trace for symbol in read.symbols for trace in symbol.traces) == sorted(read.traces)


def test_every_crohme_file_is_read_or_refused_with_a_reason(shared_data: Path) -> None:
    files = sorted((shared_data / "crohme-inkml" / "TestEM2014GT").glob("*.inkml"))
    files += sorted((shared_data / "inkml").glob("*.inkml"))
    files += sorted((shared_data / "crohme-inkml" / "TrainINKML" / "MfrDB").glob("MfrDB0[01]*.inkml"))
    files += sorted((shared_data / "crohme-inkml" / "TrainINKML" / "MfrDB").glob("MfrDB30*.inkml"))
    refused = []
    for path in files:
        try:
            assert render(read_inkml(path)).getextrema()[0] == 0
        except InkError as error:
            refused.append(str(error))
    assert len(files) > 1000
    assert len(refused) <= 1
    assert all("empty file" in reason for reason in refused)


def test_pictures_are_as_large_as_the_published_ones(shared_data: Path) -> None:
    ratios = []
    for path in sorted((shared_data / "crohme-inkml" / "TestEM2014GT").glob("*.inkml"))[::10]:
        published = shared_data / "crohme-wap" / "2014" / "off_image_test" / f"{path.stem}_0.bmp"
        if published.exists():
            ours, theirs = render(read_inkml(path)), Image.open(published)
            ratios.append(math.sqrt(math.prod(ours.size) / math.prod(theirs.size)))
    ratios.sort()
    assert len(ratios) > 80
    assert 0.9 < ratios[len(ratios) // 2] < 1.1
    assert ratios[len(ratios) // 10] > 0.75
    assert ratios[-len(ratios) // 10] < 1.3
