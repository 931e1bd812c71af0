"""The project's one parser of LaTeX mathematics: text to tree, tree to canonical tokens and Tree-CoT text."""

from .canonical import FORMS, Form, canonical, canonical_tree, strict_and_loose
from .counts import count_symbols, read_counts, write_counts
from .grammar import GROUP, INK_FREE, prints_ink
from .parser import Repair, parse, parse_tokens
from .tokens import tokenize
from .tree import Node, Row
from .treetext import read_tree, write_tree
from .writer import write_tokens

__all__ = [
    "FORMS",
    "GROUP",
    "INK_FREE",
    "Form",
    "Node",
    "Repair",
    "Row",
    "canonical",
    "canonical_tree",
    "count_symbols",
    "parse",
    "parse_tokens",
    "prints_ink",
    "read_counts",
    "read_tree",
    "strict_and_loose",
    "tokenize",
    "write_counts",
    "write_tokens",
    "write_tree",
]
