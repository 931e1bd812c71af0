"""How much an input may cost. All bounds that keep a stranger's file from taking the machine stand here.

They are far above what any known corpus needs; what goes beyond is refused with a sentence.
"""

from __future__ import annotations

INK_BYTES = 2**22
"""Of an InkML file; the largest of the known corpora has 0.3 MB."""

MATHML_BYTES = 2**20
"""Of the MathML layout in an InkML file."""

MATHML_DEPTH = 200
"""Elements inside one another in it."""

LABEL_CHARACTERS = 2_000_000
"""Of a label."""

LABEL_WORK = 4_000_000
"""Tokens of a label times the depth of its braces: about the size of its tree text in characters."""

SHEET_BYTES = 2**28
"""Of an Excel workbook, unpacked."""

PICTURE_PIXELS = 2**26
"""Height times width of a picture before it is scaled: 67 megapixels, 200 MB as RGB."""

PREDICTION_BYTES = 2**28
"""Of a prediction file, unpacked."""

PREDICTION_CHARACTERS = 100_000
"""Of one answer or label; a longer one is no formula but a runaway, and scoring it would take minutes."""

YAML_DEPTH = 50
"""Lists and mappings within each other."""

WORKERS = 512
"""Processes of one command."""
