"""pix2tex (LaTeX-OCR) as an engine of this project.

    pip install pix2tex
    unimumer recognize photos/ output=out.jsonl engine=python:examples.recognizers.pix2tex:Pix2Tex

Its weights come from a hub when it is made for the first time. It was trained on printed formulas.
"""

from __future__ import annotations

from PIL import Image


class Pix2Tex:
    """A picture to LaTeX; the model is loaded once."""

    def __init__(self) -> None:
        from pix2tex.cli import LatexOCR

        self._model = LatexOCR()

    def __call__(self, picture: Image.Image) -> str:
        """Read one formula."""
        latex: str = self._model(picture)
        return latex
