r"""Formulas on paper without TeX: LaTeX to glyphs with boxes, and to SVG.

>>> len(layout(r"\frac{a}{b}").marks)
3
"""

from .boxes import Mark
from .svg import draw, extent, outline, to_svg
from .typeset import Layout, layout, layout_row

__all__ = ["Layout", "Mark", "draw", "extent", "layout", "layout_row", "outline", "to_svg"]
