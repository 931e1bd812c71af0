"""InkML of an ink, as CROHME has it: annotations, traces, and a trace group for each symbol."""

from __future__ import annotations

import re

from unimumer_data.support.xml import escape, quoteattr

from .reader import Ink


def write_inkml(ink: Ink) -> str:
    """The file of an ink: what `read_inkml` reads, except for ``layout`` and ``notes``."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<ink xmlns="http://www.w3.org/2003/InkML">']
    lines.append('<traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/></traceFormat>')
    lines += [_annotation(kind, text) for kind, text in ink.annotations.items()]
    for name, points in ink.traces.items():
        pairs = zip(points[::2], points[1::2], strict=True)
        text = ", ".join([f"{x:.10g} {y:.10g}" for x, y in pairs])
        lines.append(f"<trace id={quoteattr(name)}>{text}</trace>")
    if ink.symbols:
        lines.append("<traceGroup>" + _annotation("truth", "Segmentation"))
        for symbol in ink.symbols:
            views = "".join([f"<traceView traceDataRef={quoteattr(trace)}/>" for trace in symbol.traces])
            lines.append(f"<traceGroup>{_annotation('truth', symbol.label)}{views}</traceGroup>")
        lines.append("</traceGroup>")
    return "\n".join(lines) + "\n</ink>\n"


def _annotation(kind: str, text: str) -> str:
    return f"<annotation type={quoteattr(kind)}>{escape(_CONTROL.sub(' ', text))}</annotation>"


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML cannot hold them
