"""Digital ink: read InkML, draw it.

ink = read_inkml(Path("514_em_341.inkml"))
encode_png(render(ink))
"""

from .reader import Ink, Symbol, read_inkml
from .render import Style, encode_png, render
from .writer import write_inkml

__all__ = ["Ink", "Style", "Symbol", "encode_png", "read_inkml", "render", "write_inkml"]
