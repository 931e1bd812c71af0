r"""Tokens to the expression tree, in one pass and without recursion.

A `Row` is a line of writing, a list of nodes from left to right. A `Node` is a symbol with its children: rows that
hang on it by a relation (``sub``, ``sup``, ``above``, ``below``, ``begin_cases`` ...). Row and cell breaks (``\\``,
``&``) are nodes of their row. Braces are no nodes, except those that carry meaning by themselves (`grammar.GROUP`).

The reader is strict unless it is given a list for its repairs; then it mends what it can and lists every mend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from unimumer_data.errors import LatexSyntaxError

from .grammar import COMMANDS, ENVIRONMENTS, GROUP, ORDINARY, SYMBOLS, Command, foreign
from .tokens import tokenize


class Node:
    """A symbol and what hangs on it.

    Attributes:
        symbol: the token; ``grammar.GROUP`` for a pair of braces.
        start, stop: its tokens are ``tokens[start:stop]``, arguments and scripts included; -1 where the node was not
            read from tokens.
        children: (relation, row) pairs in the order of writing, lower script before upper; empty rows are left out.
    """

    __slots__ = ("children", "start", "stop", "symbol")

    def __init__(
        self, symbol: str, start: int = -1, stop: int = -1, children: list[tuple[str, Row]] | None = None
    ) -> None:
        self.symbol = symbol
        self.start = start
        self.stop = stop
        self.children = children

    def child(self, relation: str) -> Row | None:
        """The row that hangs on this node by ``relation``, or None."""
        for name, row in self.children or ():
            if name == relation:
                return row
        return None

    def hang(self, relation: str, row: Row) -> None:
        """Hang ``row`` on this node as its last child."""
        if self.children is None:
            self.children = [(relation, row)]
        else:
            self.children.append((relation, row))

    def __repr__(self) -> str:
        relations = ", ".join(relation for relation, _ in self.children or ())
        return f"<{self.symbol} {self.start}:{self.stop}{' ' + relations if relations else ''}>"


Row = list[Node]


@dataclass(frozen=True, slots=True)
class Repair:
    """A mend of the tolerant reader: the class of the fault, where, and what was done."""

    reason: str
    index: int
    message: str


def parse(text: str, *, repairs: list[Repair] | None = None) -> Row:
    r"""Read LaTeX mathematics.

    >>> parse(r"x^2_i + \frac12")
    [<x 0:5 sub, sup>, <+ 5:6>, <\frac 6:9 above, below>]

    Args:
        text: LaTeX as people write it, or spaced canonical tokens.
        repairs: None to refuse what is broken; a list to mend it and to note every mend there.

    Returns:
        The main line of writing. ``\left \right``, sizes and spaces are gone, infixes are fractions.

    Raises:
        LatexSyntaxError: only without ``repairs``; carries the token index and the reason.
    """
    return parse_tokens(tokenize(text), repairs=repairs)


def parse_tokens(tokens: Sequence[str], *, repairs: list[Repair] | None = None) -> Row:
    """Read tokens, as `parse` does text. Positions of the nodes count in ``tokens``, which are not modified."""
    return _Reader(tokens, repairs).read()


# What an open frame waits for.
_END, _BRACE, _BRACKET, _ENVIRONMENT, _RIGHT, _ATOM, _GROUP_END = range(7)
_WANTED = {_BRACE: "'}'", _BRACKET: "']'", _ENVIRONMENT: r"'\end'", _RIGHT: r"'\right'"}


class _Frame:
    """A row that is being read, and what becomes of it when it is complete."""

    __slots__ = ("infix", "kind", "node", "relation", "rest", "row", "start")

    def __init__(self, kind: int, row: Row, node: Node, relation: str, rest: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.row = row
        self.node = node  # the node that the row hangs on ...
        self.relation = relation  # ... by this relation; "" throws it away
        self.rest = rest  # arguments of the node that are still to come
        self.infix: Node | None = None  # a fraction whose denominator is being read
        self.start = 0  # where in the row that denominator begins; in brackets, how many are nested


class _Reader:
    def __init__(self, tokens: Sequence[str], repairs: list[Repair] | None) -> None:
        self.tokens = tokens
        self.repairs = repairs
        self.position = 0
        self.row: Row = []
        self.frame = _Frame(_END, self.row, Node(""), "")
        self.stack: list[_Frame] = []
        self.open = dict.fromkeys(_WANTED, 0)  # how many frames wait for each closer

    def read(self) -> Row:
        tokens = self.tokens
        count = len(tokens)
        known = _KNOWN.get
        while self.position < count:
            position = self.position
            token = tokens[position]
            command = known(token)
            if command is None and token[0] == "\\" and token not in SYMBOLS:
                command = foreign(token)
            if command is None:
                self.position = position + 1
                self.row.append(Node(token, position, position + 1))
                if self.frame.kind == _ATOM:
                    self._finish_atoms()
            else:
                _READ[command.role](self, token, command)
        self._close_until(_END)
        return self.row

    # -- faults ------------------------------------------------------------------------------------------------

    def _fault(self, reason: str, message: str, index: int | None = None) -> None:
        """Refuse, or note the mend that the caller makes."""
        index = self.position if index is None else index
        if self.repairs is None:
            self._refuse(reason, message, index)
        self.repairs.append(Repair(reason, index, message))

    def _refuse(self, reason: str, message: str, index: int) -> NoReturn:
        around = list(self.tokens[max(0, index - 6) : index + 6])
        place = min(index, 6)
        if place < len(around):
            around[place] = f">>{around[place]}<<"
        else:
            around.append(">><<")
        raise LatexSyntaxError(message, reason=reason, index=index, context=" ".join(around))

    # -- frames ------------------------------------------------------------------------------------------------

    def _push(self, frame: _Frame) -> None:
        self.stack.append(self.frame)
        self.frame = frame
        self.row = frame.row
        if frame.kind in self.open:
            self.open[frame.kind] += 1

    def _close(self) -> None:
        """The top frame's row is complete: hang it where it belongs and go on with the row around it."""
        frame = self.frame
        if frame.infix is not None:
            self._finish_infix()
        if frame.kind in self.open:
            self.open[frame.kind] -= 1
        self.frame = self.stack.pop()
        self.row = self.frame.row
        node = frame.node
        node.stop = self.position
        if frame.kind == _RIGHT:
            self.row.extend(frame.row)
        elif frame.row and frame.relation:
            hang_script(node, frame.relation, frame.row)
        if frame.kind == _ENVIRONMENT:
            node.hang(frame.rest[0], [Node("\\end", self.position - 2, self.position)])
        elif frame.rest:
            self._open_argument(node, frame.rest)

    def _finish_atoms(self) -> None:
        """Close the frames that wait for one atom, now that their rows hold it."""
        while self.frame.kind == _ATOM and self.frame.row:
            self._close()

    def _close_until(self, kind: int) -> None:
        """Close frames from the top down to one of ``kind``; those that still wait for a closer are faults."""
        while self.frame.kind != kind:
            wanted = self.frame.kind
            if wanted in _WANTED:
                where = f"opened at token {self.frame.node.start}"
                self._fault("unbalanced_" + _NAMES[wanted], f"{_WANTED[wanted]} is missing, {where}")
                if wanted == _BRACKET:  # close the brackets inside, too
                    self.row += [Node("]", self.position, self.position) for _ in range(self.frame.start)]
            elif wanted == _ATOM:
                self._fault("missing_argument", f"{self.frame.node.symbol!r} lacks an argument")
            self._close()
        if self.frame.infix is not None:
            self._finish_infix()

    def _add(self, node: Node) -> None:
        self.row.append(node)
        self.position = node.stop
        self._finish_atoms()

    def _open_argument(self, node: Node, relations: tuple[str, ...]) -> None:
        """Read the arguments of ``node`` that are still to come, in braces or as a single atom."""
        while relations:
            relation, relations = relations[0], relations[1:]
            token = self._peek()
            if token == "{":
                self.position += 1
                self._push(_Frame(_BRACE, [], node, relation, relations))
                return
            if token is not None and _role(token) not in _NO_ARGUMENT:
                self._push(_Frame(_ATOM, [], node, relation, relations))
                return
            self._fault("missing_argument", f"{node.symbol!r} lacks an argument")
        node.stop = max(node.stop, self.position)

    def _peek(self) -> str | None:
        """The next token that is not skipped, or None at the end."""
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            command = _KNOWN.get(token)
            if command is None or command.role != "skip" or command.args:
                return token
            self.position += 1
        return None

    # -- what each role does -------------------------------------------------------------------------------------

    def _read_symbol(self, token: str, command: Command) -> None:
        """A command, a font or a class: put it into the row and read its arguments."""
        node = Node(token, self.position, self.position + 1)
        if command.role != "skip":
            self.row.append(node)
        self.position += 1
        if command.option and self._peek() == "[":
            self.position += 1
            self._push(_Frame(_BRACKET, [], node, command.option, command.args))
        else:
            self._open_argument(node, command.args)
            self._finish_atoms()

    def _read_open_bracket(self, token: str, command: Command) -> None:
        self._add(Node(token, self.position, self.position + 1))
        if self.frame.kind == _BRACKET:
            self.frame.start += 1

    def _read_close_bracket(self, token: str, command: Command) -> None:
        if self.frame.kind != _BRACKET or self.frame.start:
            self.frame.start -= self.frame.kind == _BRACKET
            self._add(Node(token, self.position, self.position + 1))
            return
        self.position += 1
        self._close()
        self._finish_atoms()

    def _read_open(self, token: str, command: Command) -> None:
        node = Node(GROUP, self.position, self.position + 1)
        self.row.append(node)
        self.position += 1
        self._push(_Frame(_BRACE, [], node, "above"))

    def _read_close(self, token: str, command: Command) -> None:
        if not self.open[_BRACE]:
            self._fault("unbalanced_brace", "'}' closes nothing")
            self.position += 1
            return
        self._close_until(_BRACE)
        self.position += 1
        self._close()
        self._finish_atoms()

    def _read_script(self, token: str, command: Command) -> None:
        if self.frame.kind == _ATOM:
            self._fault("missing_argument", f"{self.frame.node.symbol!r} lacks an argument")
            self._close()
            return
        base = self._base()
        relation = (_KNOWN.get(base.symbol) or ORDINARY).scripts[token == "^"]
        if base.child(relation) is not None and not self._merge_primes(base, relation):
            self._fault("double_script", f"second {token!r} on {base.symbol!r}")
            base = Node(GROUP, self.position, self.position)
            relation = ORDINARY.scripts[token == "^"]
            self.row.append(base)
        self.position += 1
        self._open_argument(base, (relation,))

    def _base(self) -> Node:
        """The node that a script hangs on: the last one of the cell, or nothing, written as an empty group."""
        if self.row and _role(self.row[-1].symbol) != "cell" and not self._starts_denominator():
            return self.row[-1]
        self.row.append(Node(GROUP, self.position, self.position))
        return self.row[-1]

    def _starts_denominator(self) -> bool:
        return self.frame.infix is not None and len(self.row) == self.frame.start

    def _merge_primes(self, base: Node, relation: str) -> bool:
        """Whether ``relation`` holds primes alone, that an upper script goes on with: x'^2."""
        row = base.child(relation)
        return relation in _UPPER and row is not None and all(node.symbol == "\\prime" for node in row)

    def _read_prime(self, token: str, command: Command) -> None:
        prime = Node("\\prime", self.position, self.position + 1)
        if self.frame.kind == _ATOM or not self.row or _role(self.row[-1].symbol) == "cell":
            self._add(prime)
            return
        base = self._base()
        relation = (_KNOWN.get(base.symbol) or ORDINARY).scripts[1]
        row = base.child(relation)
        self.position += 1
        if row is None:
            base.hang(relation, [prime])
        else:
            if row[-1].symbol != "\\prime":
                self._fault("double_script", f"prime after '^' on {base.symbol!r}", self.position - 1)
            row.append(prime)
        base.stop = self.position

    def _read_skip(self, token: str, command: Command) -> None:
        if command.args:
            self._read_symbol(token, command)
        else:
            self.position += 1

    def _read_switch(self, token: str, command: Command) -> None:
        node = Node(command.means, self.position, self.position + 1)
        self.row.append(node)
        self.position += 1
        self._push(_Frame(_GROUP_END, [], node, "above"))

    def _read_cell(self, token: str, command: Command) -> None:
        while self.frame.kind in (_ATOM, _GROUP_END):
            if self.frame.kind == _ATOM:
                self._fault("missing_argument", f"{self.frame.node.symbol!r} lacks an argument")
            self._close()
        if self.frame.infix is not None:
            self._finish_infix()
        self.row.append(Node(command.means or token, self.position, self.position + 1))
        self.position += 1

    def _read_infix(self, token: str, command: Command) -> None:
        while self.frame.kind in (_ATOM, _GROUP_END):
            self._close()
        if self.frame.infix is not None:
            self._fault("double_infix", f"second infix {token!r} in one group")
            self._finish_infix()
        start = len(self.row)
        while start > self.frame.start and _role(self.row[start - 1].symbol) != "cell":
            start -= 1
        node = Node(command.means, self.row[start].start if start < len(self.row) else self.position, self.position)
        if start < len(self.row):
            node.hang("above", self.row[start:])
            del self.row[start:]
        self.frame.infix, self.frame.start = node, start
        self.position += 1

    def _finish_infix(self) -> None:
        frame = self.frame
        node = frame.infix
        assert node is not None
        denominator = frame.row[frame.start :]
        del frame.row[frame.start :]
        if node.symbol.startswith("{"):
            name = node.symbol[1:-1]
            stacked = [*(node.child("above") or []), Node("\\\\"), *denominator]
            node = Node(
                "\\begin", node.start, node.stop, [(f"begin_{name}", stacked), (f"end_{name}", [Node("\\end")])]
            )
        elif denominator:
            node.hang("below", denominator)
        node.stop = self.position
        frame.row.append(node)
        frame.infix = None

    def _read_begin(self, token: str, command: Command) -> None:
        name = self._environment_name(token)
        if name is None:
            return
        node = Node("\\begin", self.position - 2, self.position)
        self.row.append(node)
        environment = ENVIRONMENTS.get(name)
        if environment is not None and environment.columns:
            self._read_columns(node, name)
        self._push(_Frame(_ENVIRONMENT, [], node, f"begin_{name}", (f"end_{name}",)))

    def _environment_name(self, token: str) -> str | None:
        following = self.tokens[self.position + 1] if self.position + 1 < len(self.tokens) else ""
        if len(following) < 2 or following[0] != "{":
            self._fault("environment_name", f"{token!r} needs the name of an environment")
            self.position += 1
            return None
        self.position += 2
        return following[1:-1]

    def _read_columns(self, node: Node, name: str) -> None:
        """The column specification of an array: a flat row of letters and rules under ``above``."""
        tokens, position = self.tokens, self.position
        if position < len(tokens) and tokens[position] == "[":
            while position < len(tokens) and tokens[position] != "]":
                position += 1
            position += 1
        if position >= len(tokens) or tokens[position] != "{":
            self._fault("missing_argument", f"{name!r} lacks its column specification")
            return
        depth, columns = 0, []
        while position < len(tokens):
            depth += (tokens[position] == "{") - (tokens[position] == "}")
            if depth == 0:
                break
            if tokens[position] not in ("{", "}"):
                columns.append(Node(tokens[position], position, position + 1))
            position += 1
        self.position = position + 1
        if columns:
            node.hang("above", columns)

    def _read_end(self, token: str, command: Command) -> None:
        start = self.position
        if self.open[_ENVIRONMENT]:
            self._close_until(_ENVIRONMENT)
        name = self._environment_name(token)
        if name is None:
            return
        if self.frame.kind != _ENVIRONMENT:
            self._fault("unbalanced_environment", f"'\\end {{{name}}}' closes nothing", start)
            return
        opened = self.frame.rest[0].removeprefix("end_")
        if name != opened:
            self._fault("unbalanced_environment", f"'\\end {{{name}}}' closes '\\begin {{{opened}}}'", start)
        self._close()
        self._finish_atoms()

    def _read_left(self, token: str, command: Command) -> None:
        self.position += 1
        node = Node(token, self.position - 1, self.position)
        self._push(_Frame(_RIGHT, self._delimiter(), node, ""))
        self.frame.start = len(self.row)  # an infix does not reach over the delimiter

    def _read_right(self, token: str, command: Command) -> None:
        balanced = self.open[_RIGHT] > 0
        if balanced:
            self._close_until(_RIGHT)
        else:
            self._fault("unbalanced_right", r"'\right' closes nothing")
        self.position += 1
        self.row.extend(self._delimiter())
        if balanced:
            self._close()
        self._finish_atoms()

    def _delimiter(self) -> Row:
        r"""The delimiter after ``\left`` or ``\right``; nothing for ``.``."""
        token = self._peek()
        if token == "{" or (token == "}" and not self.open[_BRACE]):
            self._fault("delimiter", f"{token!r} is no delimiter; '\\{token}' is")
            token = "\\" + token
        elif token is None or not _stands_alone(token):
            self._fault("delimiter", f"{self.tokens[self.position - 1]!r} lacks its delimiter")
            return []
        self.position += 1
        token = _ANGLES.get(token, token)
        return [] if token == "." else [Node(token, self.position - 1, self.position)]

    def _read_control(self, token: str, command: Command) -> None:
        if token == "\\":
            self._fault("lone_backslash", "a backslash at the end names no command")
        else:
            self._fault("control_character", f"control character {token!r}{_ESCAPES.get(token, '')}")
        self.position += 1


_UPPER = ("sup", "above")
_NAMES = {_BRACE: "brace", _BRACKET: "bracket", _ENVIRONMENT: "environment", _RIGHT: "left"}
_ANGLES = {"<": "\\langle", ">": "\\rangle", "\\lt": "\\langle", "\\gt": "\\rangle"}
_ESCAPES = {
    char: f"; an unescaped \\{letter} was read as an escape, as in {example}"
    for char, letter, example in (("\f", "f", "\\frac"), ("\b", "b", "\\beta"), ("\x07", "a", "\\alpha"))
}
_CONTROL = Command(role="control", ink=False)
_KNOWN: dict[str, Command] = {
    **COMMANDS,
    **{chr(code): _CONTROL for code in (*range(9), 11, 12, *range(14, 32), 127)},
    "\\": _CONTROL,
    "[": Command(role="open_bracket"),
    "]": Command(role="close_bracket"),
}
_READ = {
    role: getattr(_Reader, f"_read_{role}")
    for role in (
        *("symbol", "skip", "switch", "infix", "cell", "open", "close", "open_bracket", "close_bracket"),
        *("script", "prime", "begin", "end", "left", "right", "control"),
    )
} | {"font": _Reader._read_symbol, "class": _Reader._read_symbol}
_NO_ARGUMENT = frozenset({"close", "script", "cell", "end", "right", "infix", "control"})


def _role(token: str) -> str:
    command = _KNOWN.get(token)
    return "symbol" if command is None else command.role


def _stands_alone(token: str) -> bool:
    """Whether a token is a symbol that reads nothing."""
    command = _KNOWN.get(token) or foreign(token)
    return command is None or (command.role in ("symbol", "open_bracket", "close_bracket") and not command.args)


def hang_script(node: Node, relation: str, row: Row) -> None:
    """Hang ``row`` on ``node``; a lower script goes before an upper one, and what follows primes joins them."""
    children = node.children
    if children:
        last = children[-1]
        if relation == last[0]:
            last[1].extend(row)
            return
        if (relation, last[0]) == (_KNOWN.get(node.symbol) or ORDINARY).scripts:
            children.insert(len(children) - 1, (relation, row))
            return
    node.hang(relation, row)
