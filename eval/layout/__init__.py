r"""Formulas on paper without TeX: LaTeX to glyphs with boxes, and to SVG.

>>> len(layout(r"\frac{a}{b}").marks)
3
"""

from .boxes import Mark
from .svg import draw, to_svg
from .typeset import Layout, layout, layout_row

__all__ = ["Layout", "Mark", "draw", "layout", "layout_row", "to_svg"]
