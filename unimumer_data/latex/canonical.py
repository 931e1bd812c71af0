r"""The canonical forms: equal formulas give equal strings. The rules stand in docs/canonical-form.md.

The symbols of the parse tree get their canonical names. Then the tree is rewritten in one pass without recursion:
fonts, groups and wrappers that say nothing open up into the row around them. `writer` writes the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from unimumer_data.errors import ConfigError, suggestion

from .conventions import CONVENTIONS, FONT_NAMES, LOOSE, RECORD_NAMES, STRICT_NAMES
from .grammar import COMMANDS, ENVIRONMENTS, FUNCTIONS, GROUP, ORDINARY, SYMBOLS, VERBATIM, Environment, is_unknown
from .joins import JOINS, Join, can_take_scripts, make_plain, move_scripts, trim
from .parser import LONGEST_OPTION, Repair, parse_tokens
from .rules import Rules
from .tokens import tokenize
from .tree import Node, Row
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
        repairs: None to refuse what is broken; a list to repair it and to note every repair there.

    Raises:
        LatexSyntaxError: only without ``repairs``; with reason, token index and context.
        ConfigError: no such form, corpus or rule.
    """
    return " ".join(write_tokens(canonical_tree(text, form, corpus=corpus, forgive=forgive, repairs=repairs)))


def canonical_tree(
    text: str | Sequence[str],
    form: Form = "records",
    *,
    corpus: str | None = None,
    forgive: Collection[str] = (),
    repairs: list[Repair] | None = None,
) -> Row:
    """The tree that `canonical` spells, of text or of its tokens. Its nodes know the tokens they were read from."""
    row = parse_tokens(tokenize(text) if isinstance(text, str) else text, repairs=repairs)
    walk = None
    for prepared in _passes(form, corpus or "", tuple(sorted(forgive))):
        walk = _apply(prepared, row, walk or _walk(row))
    return row


def strict_and_loose(text: str) -> tuple[list[str], list[str]]:
    r"""The tokens of both forms that scores compare, read once.

    >>> strict_and_loose(r"\cdots")
    (['\\cdots'], ['\\ldots'])

    Raises:
        LatexSyntaxError: the text cannot be read.
    """
    row = parse_tokens(tokenize(text))
    first, second = _passes("loose", "", ())
    walk = _apply(first, row, _walk(row)) or _walk(row)
    strict = write_tokens(row)
    return strict, strict if _apply(second, row, walk) is walk else write_tokens(row)


class _Pass(NamedTuple):
    """Rules, the joins that they ask for, the symbols that call for one, and all that the pass may change."""

    rules: Rules
    joins: list[tuple[frozenset[str], Join]]
    triggers: frozenset[str]
    changes: frozenset[str]


def _prepared(rules: Rules, before: frozenset[str] = frozenset()) -> _Pass:
    """A pass; symbols that called for a join in the pass ``before`` are joined by now."""
    joins = [(symbols, join) for applies, symbols, join in JOINS if applies(rules)]
    triggers = frozenset().union(*[symbols for symbols, _ in joins])
    return _Pass(rules, joins, triggers, (triggers - before) | _OPENABLE | rules.names.keys())


_Walk = tuple[list[Row], set[str]]


def _walk(row: Row) -> _Walk:
    """All rows of a tree, those below after those above, and their symbols."""
    rows, symbols = [row], set[str]()
    for current in rows:  # grows as it goes
        symbols.update([node.symbol for node in current])
        rows += [child for node in current if node.children is not None for _, child in node.children]
    return rows, symbols


def _apply(prepared: _Pass, row: Row, walk: _Walk) -> _Walk | None:
    """One pass over a tree, in place. Returns ``walk`` itself where nothing changes, None where rows moved."""
    rows, symbols = walk
    if prepared.changes.isdisjoint(symbols):
        return walk
    if not prepared.rules.names.keys().isdisjoint(symbols):
        _rename(rows, prepared.rules.names)
        walk = _walk(row)
    if _OPENABLE.isdisjoint(walk[1]) and prepared.triggers.isdisjoint(walk[1]):
        return walk
    _Rewriter(prepared).rewrite(row)
    return None


@lru_cache(maxsize=256)
def _passes(form: str, corpus: str, forgive: tuple[str, ...]) -> tuple[_Pass, ...]:
    """The passes over a formula. Forgiving starts from the strict tree, so no rule separates what strict joins."""
    if form == "records":
        if corpus not in CONVENTIONS:
            known = ", ".join(filter(None, CONVENTIONS))
            raise ConfigError(f"unknown corpus {corpus!r}{suggestion(corpus, CONVENTIONS)}. Known: {known}")
        convention = CONVENTIONS[corpus]
        names = {**RECORD_NAMES, **convention.names}
        return (_prepared(Rules(names=_split(names), limits=convention.limits)),)
    if form == "loose":
        forgive = tuple(LOOSE)
    elif form != "strict":
        raise ConfigError(f"unknown form {form!r}{suggestion(form, FORMS)}. Known: {', '.join(FORMS)}")
    strict = Rules(names=_split(STRICT_NAMES), keep_fonts=True, compare=True)
    merged: dict[str, str] = {}
    for rule in forgive:
        if rule not in LOOSE:
            raise ConfigError(f"unknown rule {rule!r}{suggestion(rule, LOOSE)}. Known: {', '.join(LOOSE)}")
        merged |= LOOSE[rule]
    if not forgive:
        return (_prepared(strict),)
    forgiving = Rules(
        names=_split(merged),
        keep_fonts="fonts" not in forgive,
        compare=True,
        columns="columns" not in forgive,
        forgive=frozenset(forgive),
    )
    first = _prepared(strict)
    return first, _prepared(forgiving, first.triggers)


def _split(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(target.split()) for name, target in names.items() if name != target}


def _rename(rows: list[Row], names: Mapping[str, tuple[str, ...]]) -> None:
    """Give every symbol its canonical name, in place; a name of several tokens becomes several nodes."""
    for current in rows:
        if names.keys().isdisjoint([node.symbol for node in current]):
            continue
        renamed: Row = []
        for node in current:
            target = names.get(node.symbol)
            if target is None:
                renamed.append(node)
            elif len(target) == 1 and node.symbol not in _OTHER_SCRIPTS:
                node.symbol = target[0]
                renamed.append(node)
            else:
                renamed += _written_out(node, target)
        current[:] = renamed


def _written_out(node: Node, target: tuple[str, ...]) -> Row:
    """The nodes of several tokens in place of one; its scripts go to the last."""
    row = parse_tokens(target)
    parts = [row]
    for current in parts:  # grows as it goes
        for part in current:
            part.start, part.stop = node.start, node.stop
            parts += [child for _, child in part.children or ()]
    move_scripts(node, row[-1])
    return row


@dataclass(slots=True)
class _Scripts:
    """Work item: the scripts of something that was opened up; its content is ``row[mark:]`` by then."""

    children: Children
    mark: int


Children = list[tuple[str, Row]]


class _Rewriter:
    """Makes the tree canonical, in place; holds what is still to be done, so that depth costs no recursion."""

    def __init__(self, prepared: _Pass) -> None:
        self.rules = prepared.rules
        self.joins, self.triggers = prepared.joins, prepared.triggers
        # every row met so far, its font, and whether groups at its beginning are arguments of an unknown environment
        self.rows: list[tuple[Row, str, bool]] = []
        self.number = 0  # of the row that is being rewritten
        self.groups: dict[int, list[Node]] = {}  # number of a row -> groups made in it, inner ones first
        self.opened: set[int] = set()  # ids of groups that may open now that they are finished

    def rewrite(self, row: Row) -> Row:
        self.rows.append((row, "", False))
        for number, (below, font, leading) in enumerate(self.rows):  # grows as it goes
            self.number = number
            self._rewrite_row(below, font, leading)
        for number in range(len(self.rows) - 1, -1, -1):  # a row is finished after those that hang below it
            finished, _, leading = self.rows[number]
            if self.groups:
                for group in self.groups.get(number, ()):
                    self._finish_group(group)
            self._finish_row(finished, leading)
        return row

    def _rewrite_row(self, row: Row, font: str, leading: bool) -> None:
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
                if content is None or (item.symbol == GROUP and (target or leading) and _is_argument(target, leading)):
                    target.append(self._keep(item, "" if item.symbol == GROUP and _says_columns(target) else font))
                else:
                    inside, inner = content
                    if not inner and font == "\\boldsymbol":  # \mbox{\boldmath $x$} is bold
                        inner = font
                    work += self._scripts(item, len(target), font)
                    work += [(node, font if inner is None else inner) for node in reversed(inside)]
        row[:] = target

    def _finish_group(self, group: Node) -> None:
        """Finish what stands in a group that scripts needed; they may not need it any more."""
        content = group.child("above") or []
        self._finish_row(content, False)
        scripts = [relation for relation, row in group.children or () if row and relation in ORDINARY.scripts]
        if not content or not scripts or can_take_scripts(content, scripts, same_looks=self.rules.compare):
            self.opened.add(id(group))

    def _finish_row(self, row: Row, leading: bool) -> None:
        """Take out what has turned out empty, and join what prints as one."""
        if self.opened:
            _open_finished(row, self.opened)
        thinned = False
        for node in row:
            if node.children is not None:
                if node.symbol == "\\begin":
                    trim(node)
                    if self.rules.compare:
                        make_plain(node, keep_columns=self.rules.columns)
                if not all([child for _, child in node.children]):
                    node.children = [child for child in node.children if child[1]] or None
                    thinned = True
        if thinned:
            _open_emptied(row, leading)
        symbols = {node.symbol for node in row}
        if self.triggers.isdisjoint(symbols):
            return
        for triggers, join in self.joins:
            if not triggers.isdisjoint(symbols):
                join(row, self.rules)
                symbols = {node.symbol for node in row}

    def _visit(self, children: Children, font: str) -> Children:
        """Have the rows of these children rewritten in their turn."""
        self.rows += [(row, font, False) for _, row in children]
        return children

    def _keep(self, item: Node, font: str) -> Node:
        """The node as it is, in its font."""
        inner = "" if item.symbol in VERBATIM else font
        children = self._visit(item.children, inner) if item.children else []
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
        if node.symbol == "\\substack":
            return ([_as_subarray(content)], None) if self.rules.compare else None
        if node.symbol == "\\fbox":  # a box of text; one of mathematics is \boxed
            text = Node("\\text", node.start, node.stop, [("above", content)])
            return [Node("\\boxed", node.start, node.stop, [("above", [text])])], None
        command = COMMANDS[node.symbol]
        if command.role == "math":
            return content, ""
        if command.role == "class":
            return content, None
        if command.role == "fence":
            return ([Node(command.left), *content, Node(command.right)], None) if self.rules.compare else None
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
        if content and can_take_scripts(content, relations, same_looks=self.rules.compare):
            move_scripts(Node("", children=item.children), content[-1])
        else:
            last = Node(GROUP, children=[("above", content), *item.children])
            target[item.mark :] = [last]
            if content:
                self.groups.setdefault(self.number, []).append(last)

    def _open_environment(self, node: Node, target: Row, font: str) -> list[tuple[Node | _Scripts, str]]:
        """Put the environment into ``target`` and return the work that is left.

        For a comparison its delimiters become symbols; a wrapper such as equation gives way to its formula.
        """
        children = dict(node.children or ())
        name = next(relation[4:] for relation in children if relation.startswith("end_"))
        environment = ENVIRONMENTS.get(name) or Environment(means=name, columns=True)
        body, columns = children.get(f"begin_{name}", []), children.get("above", [])
        if not environment.means:
            content: list[tuple[Node | _Scripts, str]] = [(child, font) for child in reversed(body)]
            return self._scripts(node, len(target), font) + content
        left, right = (environment.left, environment.right) if self.rules.compare else ("", "")
        plain = Node("\\begin", node.start, node.stop)
        plain.children = [
            *(self._visit([("above", columns)], "") if columns else ()),
            (f"begin_{name}", body),
            (f"end_{name}", [Node("\\end")]),
        ]
        self.rows.append((body, font, name not in ENVIRONMENTS))
        target += [Node(left), plain] if left else [plain]
        target += [Node(right)] if right else []
        return self._scripts(node, len(target) - 1, font)


def _as_subarray(body: Row) -> Node:
    r"""``\substack`` is an environment in braces."""
    children = [("above", [Node("c")]), ("begin_subarray", body), ("end_subarray", [Node("\\end")])]
    return Node("\\begin", children=children)


def _is_argument(before: Row, leading: bool) -> bool:
    r"""Whether a group that comes next is an argument of a command or environment that the grammar lacks.

    A star and options in brackets may stand before it: ``\foo * [ x ] { y }``.
    """
    end = len(before)
    while end and before[end - 1].symbol == "]" and before[end - 1].children is None:
        start = _option_start(before, end)
        if start == end:
            return False
        end = start
    if end > 1 and before[end - 1].symbol == "*" and is_unknown(before[end - 2].symbol):
        return before[end - 1].children is before[end - 2].children is None
    if not end:
        return leading
    last = before[end - 1]
    if last.symbol == GROUP:  # groups that say nothing are open by now
        return not _has_scripts(last)
    return last.children is None and is_unknown(last.symbol)


def _says_columns(before: Row) -> bool:
    r"""Whether what comes next is the number or the preamble of ``\multicolumn``, which no font changes."""
    return any(node.symbol in _SPANNING for node in before[-2:])


def _option_start(row: Row, end: int) -> int:
    """Where the option begins that ends before ``end``; ``end`` if none does."""
    depth = 0
    for index in range(end - 1, max(-1, end - 1 - LONGEST_OPTION), -1):
        depth += (row[index].symbol == "]") - (row[index].symbol == "[")
        if depth == 0:
            return index
    return end


def _has_scripts(node: Node) -> bool:
    return any(relation in ORDINARY.scripts for relation, _ in node.children or ())


def _open_finished(row: Row, opened: set[int]) -> None:
    """Open groups in the row around them; their scripts go to the last node, if there is one."""
    if opened.isdisjoint(map(id, row)):
        return
    kept: Row = []
    for node in row:
        content = (node.child("above") or []) if id(node) in opened else [node]
        if id(node) in opened and content:
            move_scripts(node, content[-1])
        elif id(node) in opened and _has_scripts(node):
            content = [node]
        kept += content
    row[:] = kept


def _open_emptied(row: Row, leading: bool) -> None:
    """Braces that have lost their scripts say nothing."""
    kept: Row = []
    for node in row:
        if node.symbol != GROUP or _has_scripts(node) or _is_argument(kept, leading):
            kept.append(node)
        else:
            kept += node.child("above") or []
    row[:] = kept


_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LETTERS_AND_DIGITS = _LETTERS | frozenset("0123456789")
# Which symbols a font changes: upright digits are upright already, and letters are in italics.
_CHANGED_BY = {
    "\\mathrm": _LETTERS,
    "\\mathit": frozenset("0123456789"),
    "\\boldsymbol": _LETTERS_AND_DIGITS | SYMBOLS | frozenset("+-=<>()[]|/*.,:;!"),
}
_OPENABLE = frozenset(
    name for name, command in COMMANDS.items() if command.role in ("font", "class", "fence", "math")
) | {GROUP, "\\begin", "\\substack", "\\fbox"}
_SPANNING = frozenset((r"\multicolumn", r"\multirow"))
_OTHER_SCRIPTS = frozenset(name for name, command in COMMANDS.items() if command.scripts != ORDINARY.scripts)
