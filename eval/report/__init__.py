"""Result files and pages from scores: text as published, JSON, CSV, Markdown, LaTeX, HTML."""

from .files import write_results
from .tables import screen_table

__all__ = ["screen_table", "write_results"]
