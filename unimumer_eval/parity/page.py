"""The result for the screen, as JSON, and as one page."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from unimumer_data.support.files import write_whole
from unimumer_data.support.tables import write_table
from unimumer_eval.report.pictures import Pictures

from .differences import Finding, Parity, StageResult
from .trace import Trace

TITLES = {
    "picture": "picture: patches and pixel values",
    "prompt": "prompt: token ids",
    "positions": "positions of all tokens",
    "label": "label: log-probabilities",
    "text": "greedy text",
}
_ASSETS = Path(__file__).with_name("assets")
_PICTURES, _PICTURE_BYTES = 200, 4_000_000


def screen(parity: Parity) -> str:
    """A table of the stages, the first difference, and the cost."""
    rows = [(TITLES[stage.stage], *_cells(stage)) for stage in parity.stages]
    lines = [
        f"{parity.names[0]} against {parity.names[1]}, {parity.n} pictures",
        write_table(("stage", "compared", "equal", "largest difference"), rows, "screen"),
        verdict(parity),
    ]
    if parity.exprate is not None:
        lines.append(cost(parity))
    return "\n".join(lines)


def verdict(parity: Parity) -> str:
    """One sentence: equal, or the first difference."""
    if parity.first is None:
        seen = [stage.stage for stage in parity.stages if stage.compared]
        return f"no difference ({', '.join(seen)})"
    return f"first difference: {_sentence(parity.first)}"


def cost(parity: Parity) -> str:
    """Strict ExpRate of both, and the difference with its interval."""
    assert parity.exprate is not None
    one = parity.exprate
    change = one.difference
    return (
        f"strict ExpRate: {one.first:.2f} and {one.second:.2f}, difference {change.value:+.2f} "
        f"[{change.low:+.2f}, {change.high:+.2f}] points"
    )


def write_report(parity: Parity, traces: tuple[Trace, Trace], folder: Path) -> list[Path]:
    """Write ``parity.json`` and ``parity.html`` into a folder; the files.

    Raises:
        OutputError: they cannot be written.
    """
    settings = {trace.name: dict(trace.settings) for trace in traces}
    first = None if parity.first is None else asdict(parity.first)
    content = {**asdict(parity), "first": first, "settings": settings}
    texts = {
        "parity.json": json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n",
        "parity.html": _page(parity, traces, settings, folder),
    }
    for name, text in texts.items():
        write_whole(folder / name, text)
    return [folder / name for name in texts]


def _cells(stage: StageResult) -> tuple[str, str, str]:
    if not stage.compared:
        return "not shown", "", ""
    largest = "" if stage.largest is None else f"{stage.largest:.2g}"
    return str(stage.compared), str(stage.compared - len(stage.findings)), largest


def _sentence(finding: Finding) -> str:
    return f"{finding.stage} of {finding.id}: {finding.place}"


def _page(parity: Parity, traces: tuple[Trace, Trace], settings: dict[str, Any], folder: Path) -> str:
    environment = Environment(
        loader=FileSystemLoader(_ASSETS), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    pictures = Pictures(folder=folder, root=Path(), count=_PICTURES, size=_PICTURE_BYTES)
    others = {look.question.id: look for look in traces[1].looks}
    places: dict[str, list[str]] = {}
    for finding in (finding for stage in parity.stages for finding in stage.findings):
        places.setdefault(finding.id, []).append(f"{finding.stage}: {finding.place}")
    rows = [
        {
            "id": look.question.id,
            "picture": pictures.source(str(look.question.image), put_in=True),
            "label": look.question.label,
            "texts": [one.failure or one.text for one in (look, others[look.question.id])],
            "differences": places.get(look.question.id, []),
        }
        for look in traces[0].looks
        if look.question.id in others
    ]
    return environment.get_template("parity.html.jinja").render(
        parity=parity,
        stages=[(TITLES[stage.stage], *_cells(stage)) for stage in parity.stages],
        verdict=verdict(parity),
        cost=cost(parity) if parity.exprate else None,
        rows=sorted(rows, key=lambda row: not row["differences"]),
        settings=json.dumps(settings, ensure_ascii=False, indent=1, default=str),
    )
