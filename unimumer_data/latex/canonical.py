r"""The canonical forms: one string for what is one formula. The rules stand in docs/canonical-form.md.

Names give way to their canonical spelling among the tokens. Then the parse tree is rewritten in one pass without
recursion: fonts, groups and wrappers that say nothing open up into the row around them. `writer` spells the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Literal

from unimumer_data.errors import ConfigError, suggestion

from .conventions import CONVENTIONS, FONT_NAMES, LOOSE, NEGATED, RECORD_NAMES, RUNS, STRICT_NAMES
from .grammar import COMMANDS, ENVIRONMENTS, FUNCTIONS, GROUP, OPERATORS, ORDINARY, SYMBOLS, Environment
from .reader import Node, Repair, Row, hang_script, parse_tokens
from .tokens import tokenize
from .treetext import BREAK
from .writer import write_tokens

Form = Literal["records", "strict", "loose"]
FORMS: tuple[Form, ...] = ("records", "strict", "loose")


def canonical(
    text: str,
    form: Form = "records",
    *,
    corpus: str | None = None,
    forgive: Collection[str] = (),
    repairs: list[Repair] | None = None,
) -> str:
    r"""The canonical token string of a formula.

    >>> canonical(r"\left( x^2_i \right)")
    '( x _ { i } ^ { 2 } )'
    >>> canonical(r"\mathrm{sin} x \le {a \over b}", "strict")
    '\\sin x \\leq \\frac { a } { b }'

    Args:
        text: LaTeX as people write it, or canonical tokens.
        form: ``records``, as the published data is written; ``strict``, one string for one printed formula; ``loose``,
            which also forgives all that `conventions.LOOSE` names.
        corpus: whose conventions ``records`` follows (`conventions.CONVENTIONS`); None for no one's.
        forgive: names of loose rules to add to ``strict``.
        repairs: None to refuse what is broken; a list to mend it and to note every mend there.

    Raises:
        LatexSyntaxError: only without ``repairs``; with reason, token index and context.
        ConfigError: no such form, corpus or rule.
    """
    return " ".join(write_tokens(canonical_tree(text, form, corpus=corpus, forgive=forgive, repairs=repairs)))


def canonical_tree(
    text: str,
    form: Form = "records",
    *,
    corpus: str | None = None,
    forgive: Collection[str] = (),
    repairs: list[Repair] | None = None,
) -> Row:
    """The tree that `canonical` spells; the same arguments. Its nodes know the tokens they were read from."""
    rules = _rules(form, corpus or "", tuple(sorted(forgive)))
    tokens = tokenize(text)
    names = rules.names
    if not names.keys().isdisjoint(tokens):
        tokens = list(chain.from_iterable([names.get(token) or (token,) for token in tokens]))
    return _Rewriter(rules).rewrite(parse_tokens(tokens, repairs=repairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What a form does to a formula."""

    names: Mapping[str, tuple[str, ...]]
    keep_fonts: bool = False
    limits: frozenset[str] = frozenset()  # operators that get \limits where they lack it
    compare: bool = False  # join what prints the same: for scores, not for records
    columns: bool = True  # keep the column alignment of arrays
    forgive: frozenset[str] = frozenset()


@lru_cache(maxsize=256)
def _rules(form: str, corpus: str, forgive: tuple[str, ...]) -> _Rules:
    if form == "records":
        if corpus not in CONVENTIONS:
            known = ", ".join(filter(None, CONVENTIONS))
            raise ConfigError(f"unknown corpus {corpus!r}{suggestion(corpus, CONVENTIONS)}. Known: {known}")
        convention = CONVENTIONS[corpus]
        names = {**RECORD_NAMES, **convention.names}
        return _Rules(names=_split(names), limits=convention.limits)
    if form == "loose":
        forgive = tuple(LOOSE)
    elif form != "strict":
        raise ConfigError(f"unknown form {form!r}{suggestion(form, FORMS)}. Known: {', '.join(FORMS)}")
    names = dict(STRICT_NAMES)
    for rule in forgive:
        if rule not in LOOSE:
            raise ConfigError(f"unknown rule {rule!r}{suggestion(rule, LOOSE)}. Known: {', '.join(LOOSE)}")
        merged = LOOSE[rule]
        names = {name: merged.get(target, target) for name, target in names.items()} | dict(merged)
    return _Rules(
        names=_split(names),
        keep_fonts="fonts" not in forgive,
        compare=True,
        columns="columns" not in forgive,
        forgive=frozenset(forgive),
    )


def _split(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(target.split()) for name, target in names.items() if name != target}


@dataclass(slots=True)
class _Scripts:
    """Work item: the scripts of something that was opened up; its content is ``row[mark:]`` by then."""

    children: Children
    mark: int


Children = list[tuple[str, Row]]


class _Rewriter:
    """Makes the tree canonical, in place; holds what is still to be done, so that depth costs no recursion."""

    def __init__(self, rules: _Rules) -> None:
        self.rules = rules
        self.rows: list[tuple[Row, str]] = []  # every row met so far, with its font
        self.joins = [(symbols, join) for applies, symbols, join in _JOINS if applies(rules)]

    def rewrite(self, row: Row) -> Row:
        self.rows.append((row, ""))
        for below, font in self.rows:  # grows as it goes
            self._rewrite_row(below, font)
        for finished, _ in reversed(self.rows):  # a row comes after those that hang below it
            self._finish_row(finished)
        return row

    def _rewrite_row(self, row: Row, font: str) -> None:
        if not font and _OPENABLE.isdisjoint([node.symbol for node in row]):
            for node in row:
                if node.children is not None:
                    self._visit(node.children, font)
            return
        target: Row = []
        work: list[tuple[Node | _Scripts, str]] = [(node, font) for node in reversed(row)]
        while work:
            item, font = work.pop()
            if isinstance(item, _Scripts):
                self._hang_scripts(target, item)
            elif item.symbol == "\\begin":
                work += self._open_environment(item, target, font)
            else:
                content = self._content(item) if item.symbol in _OPENABLE else None
                if content is None:
                    target.append(self._keep(item, font))
                else:
                    inside, inner = content
                    work += self._scripts(item, len(target), font)
                    work += [(node, font if inner is None else inner) for node in reversed(inside)]
        row[:] = target

    def _finish_row(self, row: Row) -> None:
        """Take out what has turned out empty, and join what prints as one."""
        thinned = False
        for node in row:
            if node.children is not None:
                if node.symbol == "\\begin":
                    _trim_rows(node)
                if not all([child for _, child in node.children]):
                    node.children = [child for child in node.children if child[1]] or None
                    thinned = True
        if thinned:
            row[:] = [kept for node in row for kept in _remains(node)]
        symbols = {node.symbol for node in row}
        for triggers, join in self.joins:
            if not triggers.isdisjoint(symbols):
                join(row, self.rules)
                symbols = {node.symbol for node in row}

    def _visit(self, children: Children, font: str) -> Children:
        """Have the rows of these children rewritten in their turn."""
        self.rows += [(row, font) for _, row in children]
        return children

    def _keep(self, item: Node, font: str) -> Node:
        """The node as it is, in its font."""
        children = self._visit(item.children, font) if item.children else []
        if font and item.symbol in _CHANGED_BY.get(font, _LETTERS_AND_DIGITS):
            letter = Node(item.symbol, item.start, item.start + 1)
            return Node(font, item.start, item.stop, [("above", [letter]), *children])
        return item

    def _content(self, node: Node) -> tuple[Row, str | None] | None:
        """What stands in the row instead of ``node``, in which font (None: as around it); None if the node stays."""
        content = node.child("above") or []
        if node.symbol == GROUP:
            # an empty group with scripts is their base; otherwise braces say nothing
            return None if not content and node.children else (content, None)
        if COMMANDS[node.symbol].role == "class":
            return content, None
        font = FONT_NAMES.get(node.symbol, node.symbol)
        if font == "\\mathrm":
            name = "".join([letter.symbol for letter in content if letter.children is None])
            if name in FUNCTIONS and len(name) == len(content) and "fonts" not in self.rules.forgive:
                return [Node("\\" + name, node.start, node.stop)], None
        return content, font if self.rules.keep_fonts else None

    def _scripts(self, node: Node, mark: int, font: str) -> list[tuple[Node | _Scripts, str]]:
        scripts = [child for child in node.children or () if child[0] in ORDINARY.scripts]
        return [(_Scripts(self._visit(scripts, font), mark), font)] if scripts else []

    def _hang_scripts(self, target: Row, item: _Scripts) -> None:
        """Scripts of an opened group go to its last node, where that looks the same; else the group stays."""
        content = target[item.mark :]
        relations = [relation for relation, _ in item.children]
        if content and _can_take_scripts(content, relations, same_looks=self.rules.compare):
            last = content[-1]
            names = dict(zip(ORDINARY.scripts, COMMANDS.get(last.symbol, ORDINARY).scripts, strict=True))
            for relation, row in item.children:
                hang_script(last, names[relation], row)
        else:
            last = Node(GROUP, children=[("above", content), *item.children])
            target[item.mark :] = [last]

    def _open_environment(self, node: Node, target: Row, font: str) -> list[tuple[Node | _Scripts, str]]:
        """Put the environment into ``target``, for a comparison with its delimiters as symbols; a wrapper such as
        equation gives way to its formula. Returns the work that is left."""
        children = dict(node.children or ())
        name = next(relation[4:] for relation in children if relation.startswith("end_"))
        environment = ENVIRONMENTS.get(name) or Environment(means=name, columns=True)
        body, columns = children.get(f"begin_{name}", []), children.get("above", [])
        if not environment.means:
            content: list[tuple[Node | _Scripts, str]] = [(child, font) for child in reversed(body)]
            return self._scripts(node, len(target), font) + content
        left = right = ""
        if self.rules.compare:
            name, columns = _plain_array(environment, columns, keep_columns=self.rules.columns)
            left, right = environment.left, environment.right
        plain = Node("\\begin", node.start, node.stop)
        plain.children = [
            *self._visit([("above", columns)], ""),
            *self._visit([(f"begin_{name}", body)], font),
            (f"end_{name}", [Node("\\end")]),
        ]
        target += [Node(left), plain] if left else [plain]
        target += [Node(right)] if right else []
        return self._scripts(node, len(target) - 1, font)


def _remains(node: Node) -> Row:
    """What is left of a node that has lost empty rows: braces without scripts say nothing."""
    if node.symbol != GROUP or any(relation in ORDINARY.scripts for relation, _ in node.children or ()):
        return [node]
    return node.child("above") or []


def _trim_rows(node: Node) -> None:
    """A row break at the end of an environment begins no row."""
    for relation, row in node.children or ():
        while relation.startswith("begin_") and row and row[-1].symbol == BREAK and row[-1].children is None:
            row.pop()


def _plain_array(environment: Environment, columns: Row, *, keep_columns: bool) -> tuple[str, Row]:
    """Name and columns of the environment that prints the same without delimiters: centred columns are a matrix's."""
    if environment.means != "array":
        return environment.means, []
    align = environment.align or "".join([column.symbol for column in columns])
    if len(set(align)) == 1:
        align = align[0]
    if align in ("", "c") or not keep_columns:
        return "matrix", []
    return "array", [Node(column) for column in align]


def _can_take_scripts(content: Row, relations: Collection[str], *, same_looks: bool) -> bool:
    """Whether the scripts of a group may hang on its last node.

    They may where the node has none of that kind yet. With ``same_looks``, only if the print stays the same: the node
    has none of the other kind either, and nothing in the group is taller than a letter.
    """
    last = content[-1]
    command = COMMANDS.get(last.symbol, ORDINARY)
    taken = [name for name, own in zip(ORDINARY.scripts, command.scripts, strict=True) if last.child(own) is not None]
    if command.role == "cell" or not set(taken).isdisjoint(relations):
        return False
    if not same_looks:
        return True
    flat = all(node.children is None or COMMANDS.get(node.symbol, ORDINARY).role == "font" for node in content)
    return not taken and (len(content) == 1 or flat)


def _open_single_cells(row: Row, rules: _Rules) -> None:
    """A matrix of one cell prints what the cell holds."""
    for index in range(len(row) - 1, -1, -1):
        node = row[index]
        if node.symbol == "\\begin" and node.child("end_matrix") and not node.child("above"):
            body = node.child("begin_matrix") or []
            if len(node.children or ()) <= 2 and not any(cell.symbol in _CELLS for cell in body):
                row[index : index + 1] = body


def _drop_limits(row: Row, rules: _Rules) -> None:
    r"""``\limits`` only says where scripts stand: hang them on the operator."""
    for index in range(len(row) - 1, -1, -1):
        if row[index].symbol in ("\\limits", "\\nolimits"):
            node = row.pop(index)
            relations = [relation for relation, _ in node.children or ()]
            if index and _can_take_scripts(row[index - 1 : index], relations, same_looks=False):
                names = COMMANDS.get(row[index - 1].symbol, ORDINARY).scripts
                for relation, child in node.children or ():
                    hang_script(row[index - 1], names[ORDINARY.scripts.index(relation)], child)
            elif node.children:
                row.insert(index, Node(GROUP, node.start, node.stop, node.children))


def _add_limits(row: Row, rules: _Rules) -> None:
    r"""Scripts of an operator are written after ``\limits``, as in the CROHME records."""
    for index in range(len(row) - 1, -1, -1):
        node = row[index]
        if node.symbol == "\\nolimits":
            _drop_limits(row, rules)
        elif node.symbol in rules.limits and node.children is not None:
            names = COMMANDS[node.symbol].scripts
            scripts = [(ORDINARY.scripts[names.index(relation)], child) for relation, child in node.children]
            row.insert(index + 1, Node("\\limits", children=scripts))
            node.children = None


def _join_not(row: Row, rules: _Rules) -> None:
    r"""``\not =`` prints what ``\neq`` does."""
    for index in range(len(row) - 2, -1, -1):
        if row[index].symbol == "\\not" and row[index].children is None and row[index + 1].symbol in NEGATED:
            row[index + 1].symbol = NEGATED[row[index + 1].symbol]
            del row[index]


def _join_dots(row: Row, rules: _Rules) -> None:
    """Three dots are one symbol; scripts of the last one stay on it."""
    index = 0
    while index + 2 < len(row):
        first, second, third = row[index : index + 3]
        alike = first.symbol == second.symbol == third.symbol and first.symbol in RUNS
        if alike and first.children is None and second.children is None:
            name = RUNS[third.symbol]
            third.symbol = rules.names.get(name, (name,))[0]
            third.start = first.start
            del row[index : index + 2]
        index += 1


def _raise_primes(row: Row, rules: _Rules) -> None:
    r"""``a \prime`` on the line is meant as ``a ^ { \prime }``."""
    for index in range(len(row) - 1, 0, -1):
        node, before = row[index], row[index - 1]
        names = COMMANDS.get(before.symbol, ORDINARY).scripts
        if node.symbol != "\\prime" or node.children is not None or before.symbol == "\\prime":
            continue
        if COMMANDS.get(before.symbol, ORDINARY).role == "cell":
            continue
        run = index + 1
        while run < len(row) and row[run].symbol == "\\prime" and row[run].children is None:
            run += 1
        if before.child(names[1]) is None:
            before.hang(names[1], row[index:run])
            del row[index:run]


# When a form joins, which symbols call for it, and how.
_JOINS: tuple[tuple[Callable[[_Rules], bool], frozenset[str], Callable[[Row, _Rules], None]], ...] = (
    (lambda rules: rules.compare, frozenset(("\\begin",)), _open_single_cells),
    (lambda rules: bool(rules.limits), frozenset(OPERATORS.split()) | {"\\nolimits"}, _add_limits),
    (lambda rules: rules.compare, frozenset(("\\limits", "\\nolimits")), _drop_limits),
    (lambda rules: rules.compare, frozenset(("\\not",)), _join_not),
    (lambda rules: rules.compare, frozenset(RUNS), _join_dots),
    (lambda rules: "primes" in rules.forgive, frozenset(("\\prime",)), _raise_primes),
)

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LETTERS_AND_DIGITS = _LETTERS | frozenset("0123456789")
# Which symbols a font changes: upright digits are upright already, and letters are in italics.
_CHANGED_BY = {
    "\\mathrm": _LETTERS,
    "\\mathit": frozenset("0123456789"),
    "\\boldsymbol": _LETTERS_AND_DIGITS | SYMBOLS | frozenset("+-=<>()[]|/*.,:;!"),
}
_CELLS = frozenset(name for name, command in COMMANDS.items() if command.role == "cell")
_OPENABLE = frozenset(name for name, command in COMMANDS.items() if command.role in ("font", "class")) | {
    GROUP,
    "\\begin",
}
