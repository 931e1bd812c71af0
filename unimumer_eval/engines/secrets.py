"""A key that no file, no screen and no answer may show."""

from __future__ import annotations

import base64
from urllib.parse import quote

_SHORTEST = 8  # a shorter key, such as the EMPTY of local servers, is no secret
_PART = 10  # characters of a key that are hidden where they stand alone


class Secret:
    """Hides a key, and every part of it of `_PART` characters, also where it is base64 or percent-encoded."""

    def __init__(self, key: str) -> None:
        self._parts: set[str] = set()
        if len(key) >= _SHORTEST:
            for form in _forms(key):
                length = min(_PART, len(form))
                self._parts |= {form[i : i + length] for i in range(len(form) - length + 1)}

    def hide(self, text: str) -> str:
        """The text with ``***`` in place of the key; texts are hidden before they are cut."""
        hidden = bytearray(len(text))
        for part in self._parts:
            start = text.find(part)
            while start >= 0:
                hidden[start : start + len(part)] = b"\1" * len(part)
                start = text.find(part, start + 1)
        if not any(hidden):
            return text
        pieces, start = [], 0
        while start < len(text):
            stop = hidden.find(0 if hidden[start] else 1, start)
            stop = len(text) if stop < 0 else stop
            pieces.append("***" if hidden[start] else text[start:stop])
            start = stop
        return "".join(pieces)


def _forms(key: str) -> set[str]:
    """The key as it is, percent-encoded, and as the middle of base64 text, at each of three offsets."""
    forms = {key, quote(key, safe="")}
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * offset + key.encode()).decode().rstrip("=")
            forms.add(text[0 if offset == 0 else offset + 1 : len(text) - 1])  # the ends depend on what is beside
    return {form for form in forms if len(form) >= _SHORTEST}
