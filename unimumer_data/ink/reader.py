"""InkML files, read strictly and safely: expat, no document type, no entities of the file's own, no network."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from unimumer_data.errors import InkError
from unimumer_data.support.files import regular
from unimumer_data.support.limits import INK_BYTES

from .points import Channels, decode_points

LABEL_TYPES = ("truth", "normalizedLabel", "label")  # CROHME; MathWriting; its isolated symbols

# Character sets of files. Python has other codecs too, which unpack, escape or fail by design.
_ENCODINGS = re.compile(
    r"utf-(8|16|32)(-[bl]e)?|utf-8-sig|ascii|iso8859-\d+|cp\d+|koi8-[rut]|mac-\w+|gb\w+|big5\w*|euc_\w+|shift_\w+|hz|"
    r"iso2022_\w+|johab|tis-620|kz1048|ptcp154|hp-roman8"
)
_DECLARED = re.compile(rb"""^<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    r"""One handwritten symbol of the segmentation: the strokes that were marked as belonging together.

    Args:
        label: LaTeX of the symbol (``\alpha``, ``x``), as the file has it.
        traces: ids in `Ink.traces`.
        href: id of its node in the MathML layout, or None.
    """

    label: str
    traces: tuple[str, ...]
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """One InkML file.

    Args:
        name: of the file, for messages.
        traces: id -> x and y in turn, in device units, y downwards; strokes in the order of writing.
        annotations: type -> text of the annotations of the whole expression, the first of each type.
        symbols: segmentation, where the file has one.
        layout: the `<annotationXML>` with the MathML of the expression, as it stands in the file, or None.
        notes: what had to be repaired to read the file; empty for a good one.
    """

    name: str
    traces: dict[str, list[float]]
    annotations: dict[str, str]
    symbols: tuple[Symbol, ...] = ()
    layout: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Raw LaTeX as the file has it, `$` included; empty where it has none."""
        return next((self.annotations[kind] for kind in LABEL_TYPES if self.annotations.get(kind)), "")

    @property
    def writer(self) -> str | None:
        return self.annotations.get("writer")

    @property
    def unique_id(self) -> str | None:
        """CROHME's `UI` annotation, without the quotes that some makers wrote around it."""
        return self.annotations.get("UI", "").strip('" ') or None


def read_inkml(path: Path) -> Ink:
    """Read an InkML file.

    Raises:
        InkError: missing, empty, over `INK_BYTES`, not well-formed, with a document type, a trace that cannot be
            read, or no stroke at all; names file, trace and cure.
    """
    try:
        with open(path, "rb", buffering=0, opener=regular) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.readall() if size <= INK_BYTES else b""
    except FileNotFoundError as error:
        raise InkError(f"{path}: no such file; correct the path") from error
    except OSError as error:
        raise InkError(f"{path}: cannot be read ({error.strerror})") from error
    if size > INK_BYTES:
        raise InkError(f"{path}: over {INK_BYTES} bytes; not the ink of one expression, split it")
    return parse_inkml(data, name=str(path))


def parse_inkml(data: bytes, *, name: str) -> Ink:
    """As `read_inkml`, from the content of a file. ``name`` opens the error messages."""
    if not data.strip():
        raise InkError(f"{name}: empty file; fetch it again")
    data, notes = _to_utf8(data)
    reader = _Reader(name, data)
    reader.notes += notes
    return reader.read()


def _to_utf8(data: bytes) -> tuple[bytes, list[str]]:
    """UTF-8 whatever the file's encoding; a file that is in another one is read as Latin-1, which never fails."""
    declared = _DECLARED.match(data)
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        if not _ENCODINGS.fullmatch(codecs.lookup(encoding).name):
            encoding = "utf-8"
        return data.decode(encoding).removeprefix("\ufeff").encode("utf-8"), []
    except (UnicodeError, LookupError):
        return data.decode("latin-1").encode("utf-8"), [f"not {encoding}: read as Latin-1"]


@dataclass
class _Group:
    """A `<traceGroup>` that is being read."""

    label: str = ""
    traces: list[str] = field(default_factory=list)
    href: str | None = None


class _Reader:
    """Expat's events, gathered. Text is only listened to inside of the few elements that carry some."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data = name, data
        self.traces: dict[str, list[float]] = {}
        self.annotations: dict[str, str] = {}
        self.symbols: list[Symbol] = []
        self.layout: str | None = None
        self.notes: list[str] = []
        self._channels = Channels()
        self._format: list[dict[str, str]] = []
        self._intermittent = False
        self._groups: list[_Group] = []
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []
        self._layout_start = 0
        self._trace_count = 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start_root
        self._parser.EndElementHandler = self._end

    def read(self) -> Ink:
        try:
            self._parser.Parse(self.data, True)
        except expat.ExpatError as error:
            raise InkError(f"{self.name}: not well-formed XML ({error}); correct or leave out the file") from None
        finally:
            del self._parser  # it holds this reader: without a cycle both are freed at once
        if not self.traces:
            raise InkError(f"{self.name}: no stroke in it; leave the file out")
        return Ink(
            name=self.name,
            traces=self.traces,
            annotations=self.annotations,
            symbols=tuple(self.symbols),
            layout=self.layout,
            notes=tuple(self.notes),
        )

    def _refuse_doctype(self, *_: object) -> None:
        raise InkError(f"{self.name}: has a DOCTYPE, which could expand or fetch anything; take it out of the file")

    def _start_root(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) != "ink":
            raise InkError(f"{self.name}: <{name}> is not InkML, whose root is <ink>; check the path")
        self._parser.StartElementHandler = self._start

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        handler = _STARTS.get(_local(name) if ":" in name else name)
        if handler:
            handler(self, attributes)

    def _end(self, name: str) -> None:
        handler = _ENDS.get(_local(name) if ":" in name else name)
        if handler:
            handler(self)

    def _listen(self, attributes: dict[str, str]) -> None:
        self._attributes = attributes
        self._text = []
        self._parser.CharacterDataHandler = self._text.append

    def _heard(self) -> str:
        self._parser.CharacterDataHandler = None
        return "".join(self._text)

    def _end_trace(self) -> None:
        text, attributes = self._heard(), self._attributes
        index = self._trace_count
        self._trace_count += 1
        trace = attributes.get("id") or attributes.get("xml:id") or f"#{index}"
        try:
            points = decode_points(text, self._channels)
        except InkError as error:
            raise InkError(f"{self.name}: trace {index} (id {trace!r}), {error}") from None
        if trace in self.traces:
            raise InkError(f"{self.name}: trace {index}: id {trace!r} for the second time; give it another")
        if points and attributes.get("type") != "penUp":  # a pen in the air leaves no ink
            self.traces[trace] = points
            if self._groups:
                self._groups[-1].traces.append(trace)

    def _end_annotation(self) -> None:
        text, kind = self._heard().strip(), self._attributes.get("type", "")
        if not self._groups:
            self.annotations[kind] = self.annotations.get(kind) or text
        elif kind in ("", "truth"):
            self._groups[-1].label = text

    def _start_layout(self, attributes: dict[str, str]) -> None:
        if self._groups:
            self._groups[-1].href = attributes.get("href")
            return
        self._layout_start = self._parser.CurrentByteIndex
        self._parser.StartElementHandler = None  # the MathML inside is kept as it stands
        self._parser.EndElementHandler = self._end_layout

    def _end_layout(self, name: str) -> None:
        if _local(name) != "annotationXML":
            return
        end = self._parser.CurrentByteIndex
        if end > self._layout_start and self.layout is None:
            self.layout = self.data[self._layout_start : end].decode("utf-8") + f"</{name}>"
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def _start_format(self, attributes: dict[str, str]) -> None:
        self._format = []
        self._intermittent = False

    def _start_intermittent(self, attributes: dict[str, str]) -> None:
        self._intermittent = True

    def _add_channel(self, attributes: dict[str, str]) -> None:
        if not self._intermittent:  # those stand behind a colon, at some points only
            self._format.append(attributes)

    def _end_format(self) -> None:
        names = [channel.get("name", "").upper() for channel in self._format]
        if "X" not in names or "Y" not in names:
            raise InkError(f"{self.name}: the trace format has the channels {names}; X and Y are needed")
        y = names.index("Y")
        upwards = self._format[y].get("orientation") == "-ve"
        self._channels = Channels(names.index("X"), y, len(names), -1.0 if upwards else 1.0)

    def _start_group(self, attributes: dict[str, str]) -> None:
        self._groups.append(_Group())

    def _add_view(self, attributes: dict[str, str]) -> None:
        if self._groups:
            self._groups[-1].traces.append(attributes.get("traceDataRef", "").removeprefix("#"))

    def _end_group(self) -> None:
        group = self._groups.pop()
        if group.traces:
            self.symbols.append(Symbol(label=group.label, traces=tuple(group.traces), href=group.href))


_STARTS: dict[str, Callable[[_Reader, dict[str, str]], None]] = {
    "trace": _Reader._listen,
    "annotation": _Reader._listen,
    "annotationXML": _Reader._start_layout,
    "traceFormat": _Reader._start_format,
    "intermittentChannels": _Reader._start_intermittent,
    "channel": _Reader._add_channel,
    "traceGroup": _Reader._start_group,
    "traceView": _Reader._add_view,
}

_ENDS: dict[str, Callable[[_Reader], None]] = {
    "trace": _Reader._end_trace,
    "annotation": _Reader._end_annotation,
    "traceFormat": _Reader._end_format,
    "traceGroup": _Reader._end_group,
}


def _local(name: str) -> str:
    return name.rpartition(":")[2]
