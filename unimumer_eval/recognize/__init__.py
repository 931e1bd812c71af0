"""Pictures and ink in, LaTeX out: the recognizer, and the command ``unimumer recognize``.

from unimumer_eval import Recognizer

Recognizer("outputs/unimumer")("photo.jpg").latex
"""

from .recognizer import DEFAULT_MODEL, Recognizer
from .result import Alternative, Recognition
from .symbols import Symbol

__all__ = ["DEFAULT_MODEL", "Alternative", "Recognition", "Recognizer", "Symbol"]
