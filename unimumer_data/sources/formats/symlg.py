"""Symbol-level label graphs (SymLG, `.lg`), the second truth of CROHME 2019 and 2023: a tree of symbols back to LaTeX.

    O, F_1, F, 1.0, O                object: id, label, weight, path from the root
    R, F_1, z_1, Sub, 1.0            relation: parent id, child id, relation, weight

Source: the CROHME 2019 package's converter notes (tex2symlg, lg2symlg) and LgEval's file format.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from unimumer_data.errors import SourceError
from unimumer_data.records.record import Replacement
from unimumer_data.support.files import regular

from .tables import decode

RELATIONS = {
    "right": "right", "r": "right", "hor": "right",
    "sup": "sup", "rsup": "sup", "super": "sup",
    "sub": "sub", "rsub": "sub", "subsc": "sub",
    "above": "above", "a": "above",
    "below": "below", "b": "below",
    "inside": "inside", "i": "inside", "contains": "inside", "c": "inside",
}  # fmt: skip
"""Spelling in a file, lower-cased -> relation. LgEval has used all of these over the years."""

SYMBOLS = {"COMMA": ",", "\\lt": "<", "\\gt": ">", "{": "\\{", "}": "\\}", "#": "\\#", "%": "\\%"}
"""Labels that a comma-separated file or TeX cannot hold as they are -> LaTeX."""

LIMIT_OPERATORS = frozenset(
    r"""
    \sum \prod \coprod \int \iint \iiint \oint \lim \max \min \sup \inf \limsup \liminf \bigcup \bigcap
    \bigoplus \bigotimes \bigvee \bigwedge
    """.split()
)
BARE = {"sum": "\\sum", "int": "\\int", "lim": "\\lim", "sqrt": "\\sqrt"}

_ORDER = ("inside", "below", "above", "sub", "sup", "right")


def read_symlg(path: Path) -> tuple[str, tuple[Replacement, ...]]:
    r"""The LaTeX of a label graph, every group braced: ``z _ { F } + \frac { 1 } { x }``; and what was replaced.

    Args:
        path: a `.lg` file; objects with symbol labels, relations Right Sub Sup Above Below Inside.

    Raises:
        SourceError: not a tree of one root, an object that no relation reaches, an unknown relation, or a relation
            that LaTeX has no words for; names the file and line.
    """
    try:
        with open(path, "rb", opener=regular) as file:
            raw = file.read()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    text, replaced = decode(raw, str(path))
    return symlg_to_latex(text, name=str(path)), replaced


def symlg_to_latex(text: str, *, name: str = "label graph") -> str:
    r"""As `read_symlg`, from the text of the file.

    >>> symlg_to_latex("O, a, x, 1.0, O\nO, b, 2, 1.0, OSup\nR, a, b, Sup, 1.0")
    'x ^ { 2 }'
    """
    symbols, edges = _read_lines(text, name)
    if not symbols:
        raise SourceError(f"{name}: no objects; the label graph is empty")
    children = _children(symbols, edges, name)
    root = _root(symbols, children, name)
    return _write(root, symbols, children, name)


def _read_lines(text: str, name: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    symbols: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fields = [field.strip() for field in line.split(",")]
        if fields[0] == "O" and len(fields) >= 4:
            if not fields[2]:
                raise SourceError(f"{name}, line {number}: an object without a symbol (a comma is written COMMA)")
            symbols[fields[1]] = BARE.get(fields[2], SYMBOLS.get(fields[2], fields[2]))
        elif fields[0] in ("R", "EO") and len(fields) >= 4:
            relation = RELATIONS.get(fields[3].lower())
            if relation is None:
                raise SourceError(f"{name}, line {number}: unknown relation {fields[3]!r}")
            edges.append((fields[1], fields[2], relation))
        elif fields[0] and not fields[0].startswith("#"):
            raise SourceError(f"{name}, line {number}: {line!r} is neither an object (O) nor a relation (R)")
    return symbols, edges


def _children(symbols: dict[str, str], edges: list[tuple[str, str, str]], name: str) -> dict[str, dict[str, str]]:
    """Parent id -> relation -> child id."""
    alias = _aliases(symbols) if any(a not in symbols or b not in symbols for a, b, _ in edges) else {}
    children: dict[str, dict[str, str]] = {key: {} for key in symbols}
    for parent, child, relation in edges:
        parent, child = alias.get(parent, parent), alias.get(child, child)
        for key in (parent, child):
            if key not in symbols:
                raise SourceError(f"{name}: a relation names object {key!r}, which is not there")
        if relation in children[parent]:
            raise SourceError(f"{name}: object {parent!r} has two children {relation}")
        children[parent][relation] = child
    return children


def _aliases(symbols: dict[str, str]) -> dict[str, str]:
    """``x_2`` for the second ``x``: some files call the objects AUTO_1, AUTO_2 ... but not in their relations."""
    seen: Counter[str] = Counter()
    alias = {}
    for key, label in symbols.items():
        seen[label] += 1
        alias[f"{label}_{seen[label]}"] = key
    return alias


def _root(symbols: dict[str, str], children: dict[str, dict[str, str]], name: str) -> str:
    below = [child for relations in children.values() for child in relations.values()]
    roots = [key for key in symbols if key not in set(below)]
    if len(roots) != 1 or len(below) != len(set(below)):
        raise SourceError(f"{name}: not a tree ({len(roots)} objects without a parent); no label can be made of it")
    return roots[0]


def _write(root: str, symbols: dict[str, str], children: dict[str, dict[str, str]], name: str) -> str:
    """The tree as tokens. A stack instead of recursion: a line of writing is a chain of `right` children."""
    tokens: list[str] = []
    reached = 0
    todo = [("symbol", root)]
    while todo:
        kind, value = todo.pop()
        if kind == "token":
            tokens.append(value)
            continue
        reached += 1
        relations = children[value]
        plan = _layout(symbols[value], frozenset(relations), f"{name}: object {value!r}")
        todo.extend(
            ("symbol", relations[word[1:]]) if word[0] == "@" and word[1:] in _ORDER else ("token", word)
            for word in reversed([*plan, *(["@right"] if "right" in relations else [])])
        )
    if reached != len(symbols):
        raise SourceError(f"{name}: {len(symbols) - reached} objects hang together in a ring, off the tree")
    return " ".join(tokens)


def _layout(symbol: str, relations: frozenset[str], place: str) -> list[str]:
    """Tokens of a symbol and its children, a child as ``@relation``."""
    scripts = [word for key, mark in (("sub", "_"), ("sup", "^")) if key in relations
               for word in (mark, "{", "@" + key, "}")]  # fmt: skip
    stacked = relations & {"above", "below", "inside"}
    if not stacked:
        return [symbol, *scripts]
    if symbol == "\\sqrt" and "inside" in stacked and "below" not in stacked:
        index = ["[", "@above", "]"] if "above" in stacked else []
        return [symbol, *index, "{", "@inside", "}", *scripts]
    if symbol == "-" and stacked == {"above", "below"}:
        return ["\\frac", "{", "@above", "}", "{", "@below", "}", *scripts]
    if symbol == "-" and stacked == {"below"}:
        return ["\\overline", "{", "@below", "}", *scripts]
    if symbol == "-" and stacked == {"above"}:
        return ["\\underline", "{", "@above", "}", *scripts]
    if symbol in LIMIT_OPERATORS and "inside" not in stacked and not scripts:
        below = ["_", "{", "@below", "}"] if "below" in stacked else []
        above = ["^", "{", "@above", "}"] if "above" in stacked else []
        return [symbol, "\\limits", *below, *above]
    raise SourceError(f"{place} {symbol!r} with children {', '.join(sorted(relations))}: no LaTeX for that")
