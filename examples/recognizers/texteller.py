"""TexTeller as an engine of this project.

    pip install texteller
    unimumer recognize photos/ output=out.jsonl engine=python:examples.recognizers.texteller:TexTeller

Its weights come from a hub when it is made for the first time.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image


class TexTeller:
    """Pictures to LaTeX, several at once; the model is loaded once."""

    def __init__(self) -> None:
        import numpy
        from texteller import img2latex, load_model, load_tokenizer

        self._read, self._array = img2latex, numpy.asarray
        self._model, self._tokenizer = load_model(), load_tokenizer()

    def __call__(self, pictures: Sequence[Image.Image]) -> list[str]:
        """Read formulas, in order."""
        arrays = [self._array(picture) for picture in pictures]
        latex: list[str] = self._read(self._model, self._tokenizer, arrays)
        return latex
