"""Pictures of a page: small copies inside it as far as there is room, links to the files for the rest."""

from __future__ import annotations

import base64
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from unimumer_data.errors import ImageError
from unimumer_eval.engines.base import INK_SUFFIX, open_picture

_LARGEST = (560, 150)  # pixels; the page shows them at most 130 high
_GREYS = 16


@dataclass(slots=True, kw_only=True)
class Pictures:
    """The room that pictures may take, and what is left of it.

    Args:
        folder: of the page; links are relative to it.
        root: where relative paths start.
        count: pictures that may still be put in.
        size: bytes that may still be put in.
    """

    folder: Path
    root: Path
    count: int
    size: int
    _start: str = field(init=False)
    _end: str = field(init=False)

    def __post_init__(self) -> None:
        # resolved once, and joined as text: asking the disk for each of many thousand samples takes seconds
        self._start, self._end = str(self.root.resolve()), str(self.folder.resolve())

    def source(self, path: str, *, put_in: bool) -> str | None:
        """What stands in ``src``: the picture itself if asked for and there is room, else the way to the file.

        Ink is drawn and put in while there is room.

        A picture that cannot be opened is linked as well: the page says what it does not find.
        """
        if not path:
            return None
        file = os.path.join(self._start, path)
        is_ink = file.lower().endswith(INK_SUFFIX)  # which no browser shows
        if (put_in or is_ink) and self.count > 0 and os.path.isfile(file):
            data = _thumbnail(Path(file))
            if data is not None and len(data) <= self.size:
                self.count -= 1
                self.size -= len(data)
                return data
        if is_ink and os.path.isfile(file):
            return None
        return quote(os.path.relpath(file, self._end).replace(os.sep, "/"))


def _thumbnail(file: Path) -> str | None:
    """A small grey PNG as data URI; ink keeps its edges in 16 greys at a few kilobytes."""
    try:
        image = open_picture(file).convert("L")
    except ImageError:
        return None
    image.thumbnail(_LARGEST)
    small = io.BytesIO()
    image.quantize(_GREYS).save(small, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(small.getvalue()).decode()
