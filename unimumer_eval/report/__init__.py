"""Result files and pages from scores: text as published, JSON, CSV, Markdown, LaTeX, HTML."""

from .data import comparison_json
from .files import write_results
from .page import report_page
from .tables import comparison_notes, comparison_table, differences_table, holm_table, markdown_table, screen_table

__all__ = [
    "comparison_json",
    "comparison_notes",
    "comparison_table",
    "differences_table",
    "holm_table",
    "markdown_table",
    "report_page",
    "screen_table",
    "write_results",
]
