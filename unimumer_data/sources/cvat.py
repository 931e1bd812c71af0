"""CVAT: an export "CVAT for images 1.1", an XML file beside the pictures.

The LaTeX stands in an attribute. Of a tag it is that of the whole picture; of a box, that of the part inside, which is
cut out here: a page with several formulas is as many samples. Other shapes, and turned boxes, are named and left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from xml.parsers import expat

from PIL import Image

from unimumer_data.errors import ImageError, SourceError
from unimumer_data.images import load_image
from unimumer_data.records.record import Sample
from unimumer_data.support.files import regular

from .base import Drop, Source, existing_folder
from .formats.columns import LABEL_COLUMNS
from .formats.finder import Found, PictureFinder
from .formats.tables import single_file

SHAPES = ("tag", "box", "polygon", "polyline", "points", "ellipse", "mask", "cuboid", "skeleton")
_BLOCK = 1 << 20


@dataclass(slots=True)
class Shape:
    """Something that was drawn, or a tag.

    Args:
        kind: one of `SHAPES`.
        fields: of the XML element: coordinates.
        attributes: name -> text, as people typed them.
    """

    kind: str
    fields: Mapping[str, str]
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Annotated:
    """A picture of the export.

    Args:
        place: file and line, for messages.
        fields: of the XML element: name, width, height.
        shapes: in the order of the file.
    """

    place: str
    fields: Mapping[str, str]
    shapes: list[Shape] = field(default_factory=list)


def read(path: Path, split: str, *, pictures: str = "", attribute: str = "") -> Iterator[Sample | Drop]:
    """The samples in the order of the export. A tagged picture that is missing has ``image=None``.

    Args:
        path: the export, or a folder that holds one XML file.
        pictures: folder of the pictures, if they are not beside the export or below.
        attribute: name of the attribute with the LaTeX, where shapes have several.
    """
    file = single_file(path, ".xml", "CVAT export (XML)")
    finder = PictureFinder(existing_folder(Path(pictures)) if pictures else file.parent, start=file.parent)
    for one in _annotated(file):
        yield from _samples(one, finder.look_up(one.fields.get("name", "")), split, attribute)


def _samples(one: Annotated, found: Found, split: str, attribute: str) -> Iterator[Sample | Drop]:
    labelled = [(shape, label) for shape in one.shapes if (label := _label(shape, attribute))]
    name = one.fields.get("name") or one.place
    if not labelled:
        yield Drop(id=found.id or name, reason="no_label", message=f"{one.place}: {name} has no shape with a text")
    page: Image.Image | None = None
    for number, (shape, label) in enumerate(labelled, 1):
        sample_id = found.id if len(labelled) == 1 else f"{found.id}__{number}"
        if shape.kind == "tag" or found.image is None:
            absent = f"{name}: {found.fault}" if found.fault else ""
            yield Sample(id=sample_id, label=label, image=found.image, split=split, absent=absent)
            continue
        try:
            page = page or load_image(found.image)
            yield Sample(id=sample_id, label=label, pixels=_cut(page, shape, one), split=split)
        except ImageError as error:
            message = f"{one.place}, {shape.kind} {number}: {error}"
            yield Drop(id=sample_id, reason=error.reason, message=message, before=label)


def _label(shape: Shape, wanted: str) -> str:
    """The LaTeX of a shape: the attribute that was asked for, one whose name says so, or the only one."""
    if wanted:
        return shape.attributes.get(wanted, "").strip()
    names = {name.strip().lower(): name for name in shape.attributes}
    named = next((names[name] for name in (*LABEL_COLUMNS, "transcription") if name in names), None)
    if named is None and len(names) == 1:
        (named,) = shape.attributes
    return shape.attributes[named].strip() if named else ""


def _cut(page: Image.Image, shape: Shape, one: Annotated) -> bytes:
    """The part of a page inside a box, as PNG.

    Raises:
        ImageError: no upright box within the page, or the page has another size than CVAT saw.
    """
    if shape.kind != "box":
        raise ImageError("only boxes and tags can be read; draw a box")
    try:
        left, top, right, bottom, turn = (float(shape.fields.get(key, "0")) for key in _CORNERS)
        size = tuple(int(float(one.fields[key])) for key in ("width", "height") if key in one.fields)
        box = (math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
    except (ValueError, OverflowError):
        raise ImageError("its corners are no numbers; export it again") from None
    if turn:
        raise ImageError(f"is turned by {turn:g} degrees; draw an upright box")
    if size and size != page.size:
        raise ImageError(f"the picture is {page.width}x{page.height}, the export says {'x'.join(map(str, size))}")
    box = (max(0, box[0]), max(0, box[1]), min(page.width, box[2]), min(page.height, box[3]))
    if box[0] >= box[2] or box[1] >= box[3]:
        raise ImageError("the box is empty, or outside of the picture; draw it again")
    buffer = BytesIO()
    page.crop(box).save(buffer, "PNG")
    return buffer.getvalue()


_CORNERS = ("xtl", "ytl", "xbr", "ybr", "rotation")


def _annotated(file: Path) -> Iterator[Annotated]:
    """The pictures of an export, read block by block.

    Raises:
        SourceError: no such export, not well-formed, or with a document type.
    """
    reader = _Reader(file)
    try:
        with open(file, "rb", opener=regular) as stream:
            while block := stream.read(_BLOCK):
                reader.parser.Parse(block, False)
                yield from reader.take()
            reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise SourceError(f"{file}:{error.lineno}: not well-formed ({expat.errors.messages[error.code]})") from error
    if not reader.is_cvat:
        raise SourceError(f"{file}: is no export of CVAT; choose the format 'CVAT for images 1.1'")


class _Reader:
    """Expat's events, gathered."""

    def __init__(self, file: Path) -> None:
        self._file, self._done = file, list[Annotated]()
        self._picture: Annotated | None = None
        self._shape: Shape | None = None
        self._attribute: str | None = None
        self.is_cvat = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def take(self) -> list[Annotated]:
        """The pictures that were read since the last call."""
        done, self._done = self._done, []
        return done

    def _refuse(self, *_: object) -> None:
        raise SourceError(f"{self._file}: has a document type, which CVAT does not write; it is not read")

    def _start(self, tag: str, fields: dict[str, str]) -> None:
        if tag == "annotations":
            self.is_cvat = True
        elif tag == "image":
            self._picture = Annotated(f"{self._file.name}:{self.parser.CurrentLineNumber}", fields)
        elif self._picture is not None and tag in SHAPES:
            self._shape, self._attribute = Shape(tag, fields), None
            self._picture.shapes.append(self._shape)
        elif self._shape is not None and tag == "attribute":
            self._attribute = fields.get("name", "")
            self._shape.attributes[self._attribute] = ""

    def _end(self, tag: str) -> None:
        if tag == "image" and self._picture is not None:
            self._done.append(self._picture)
            self._picture = self._shape = None
        elif tag in SHAPES:
            self._shape = None
        elif tag == "attribute":
            self._attribute = None

    def _text(self, text: str) -> None:
        if self._shape is not None and self._attribute is not None:
            self._shape.attributes[self._attribute] += text


SOURCE = Source(
    name="cvat",
    layout="an export of CVAT (CVAT for images 1.1, .xml) and the pictures; tags or boxes with a text attribute",
    read=read,
    licence="your own data",
    options={
        "pictures": "folder of the pictures, if they are not beside the export or below",
        "attribute": "attribute with the LaTeX, where shapes have several",
    },
)
