r"""Tokens to the expression tree, in one pass and without recursion.

A `Row` is a line of writing, a list of nodes from left to right. A `Node` is a symbol with its children: rows that
hang on it by a relation (``sub``, ``sup``, ``above``, ``below``, ``begin_cases`` ...). Row and cell breaks (``\\``,
``&``) are nodes of their row. Braces are no nodes, except those that carry meaning by themselves (`grammar.GROUP`):
with scripts, without content, or as arguments of a command that the grammar lacks.

The parser is strict unless it is given a list for its repairs; then it repairs what it can and lists every repair.
What a token does is written in `HANDLERS`; tables, delimiters and infixes stand in `blocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from unimumer_data.errors import LatexSyntaxError

from . import blocks
from .frames import ATOM, BRACE, BRACKET, END, END_NAMES, GROUP_END, KINDS, RIGHT, Frame
from .grammar import (
    CELLS,
    COMMANDS,
    EXPRESSIONS,
    GROUP,
    KNOWN,
    ORDINARY,
    REGISTERS,
    RELATIONS,
    SYMBOLS,
    TEXT,
    Command,
    Role,
    role_of,
)
from .lengths import end_of_bar, end_of_length, end_of_number, end_of_register, end_of_size, in_em
from .tokens import tokenize
from .tree import Node, Row, hang_script, script_relations

LONGEST_OPTION = 64
"""Tokens; what takes longer to find its closing bracket is no option."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair of the tolerant parser: the class of the fault, where, and what was done."""

    reason: str
    index: int
    message: str


def parse(text: str, *, repairs: list[Repair] | None = None) -> Row:
    r"""Read LaTeX mathematics.

    >>> parse(r"x^2_i + \frac12")
    [<x 0:5 sub, sup>, <+ 5:6>, <\frac 6:9 above, below>]

    Args:
        text: LaTeX as people write it, or spaced canonical tokens.
        repairs: None to refuse what is broken; a list to repair it and to note every repair there.

    Returns:
        The main line of writing. ``\left \right``, sizes and spaces are gone, infixes are fractions.

    Raises:
        LatexSyntaxError: only without ``repairs``; carries the token index and the reason.
    """
    return parse_tokens(tokenize(text), repairs=repairs)


def parse_tokens(tokens: Sequence[str], *, repairs: list[Repair] | None = None) -> Row:
    """Read tokens, as `parse` does text. Positions of the nodes count in ``tokens``, which are not modified."""
    return Parser(tokens, repairs).read()


class Parser:
    """The state of one reading: where it is, the open frames, and the row of the innermost one."""

    def __init__(self, tokens: Sequence[str], repairs: list[Repair] | None) -> None:
        self.tokens = tokens
        self.repairs = repairs
        self.position = 0
        self.row: Row = []
        self.frame = Frame(END, self.row, Node(""), "")
        self.stack: list[Frame] = []
        self.open = [0] * KINDS  # how many frames wait for each closer
        self.gap = -1  # the position right after a space, which a script there hangs on
        self.narrow = -1  # the position right after a negative space, over which a script may reach

    def read(self) -> Row:
        tokens = self.tokens
        count = len(tokens)
        known = KNOWN.get
        position = 0
        while position < count:
            token = tokens[position]
            if token in _PLAIN:
                position += 1
                self.row.append(Node(token, position - 1, position))
                if self.frame.kind == ATOM:
                    self.position = position
                    self.finish_atoms()
                    position = self.position
                continue
            self.position = position
            command = known(token)
            if command is not None:
                HANDLERS[command.role](self, token, command)
            else:
                self.read_other(token)
            position = self.position
        self.position = position
        self.close_until(END)
        return self.row

    # -- faults ------------------------------------------------------------------------------------------------

    def fault(self, reason: str, message: str, index: int | None = None) -> None:
        """Refuse, or note the repair that the caller makes."""
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

    def lacks_argument(self, symbol: str) -> None:
        self.fault("missing_argument", f"{symbol!r} lacks an argument")

    # -- frames ------------------------------------------------------------------------------------------------

    def push(self, frame: Frame) -> None:
        """Read into ``frame`` until it is closed."""
        if frame.node.symbol in TEXT or (self.frame.text and frame.node.symbol != "$"):
            frame.text = True
        self.stack.append(self.frame)
        self.frame = frame
        self.row = frame.row
        self.open[frame.kind] += 1

    def close(self) -> None:
        """The top frame's row is complete: hang it where it belongs and go on with the row around it."""
        frame = self.frame
        if frame.infix is not None:
            blocks.finish_infix(self)
        self.open[frame.kind] -= 1
        self.frame = self.stack.pop()
        self.row = self.frame.row
        node = frame.node
        node.stop = self.position
        if frame.kind == RIGHT:
            self.row.extend(frame.row)
        elif frame.row and frame.relation:
            hang_script(node, frame.relation, blocks.stacked(frame) if frame.stacked else frame.row)
        if frame.environment:
            node.hang(f"end_{frame.environment}", [Node("\\end", self.position - 2, self.position)])
        elif frame.rest:
            self.read_arguments(node, frame.rest)

    def finish_atoms(self) -> None:
        """Close the frames that wait for one atom, now that their rows hold it."""
        while self.frame.kind == ATOM and self.frame.row:
            self.close()

    def close_soft(self) -> None:
        """Close the frames that end with the cell or group around them."""
        while self.frame.kind in (ATOM, GROUP_END):
            if self.frame.kind == ATOM:
                self.lacks_argument(self.frame.node.symbol)
            self.close()

    def close_until(self, kind: int) -> None:
        """Close frames from the top down to one of ``kind``; those that still wait for a closer are faults."""
        while self.frame.kind != kind:
            wanted = self.frame.kind
            if wanted in END_NAMES:
                reason, closer = END_NAMES[wanted]
                where = f"opened at token {self.frame.node.start}"
                self.fault(reason, f"{closer or repr(self.frame.until)} is missing, {where}")
                if wanted == BRACKET:  # close the brackets inside, too
                    self.row += [Node("]", self.position, self.position) for _ in range(self.frame.brackets)]
            elif wanted == ATOM:
                self.lacks_argument(self.frame.node.symbol)
            self.close()
        if self.frame.infix is not None:
            blocks.finish_infix(self)

    def add(self, node: Node) -> None:
        """Put a complete node into the row."""
        self.row.append(node)
        self.position = node.stop
        self.finish_atoms()

    # -- arguments ---------------------------------------------------------------------------------------------

    def read_arguments(self, node: Node, parameters: tuple[str, ...]) -> None:  # noqa: C901 - a case for each kind
        """Read the arguments of ``node`` that are still to come; `grammar.Command.reads` says what each may be."""
        while parameters:
            parameter, parameters = parameters[0], parameters[1:]
            if parameter in _HANGING:
                token = self.tokens[self.position] if self.position < len(self.tokens) else None
                if token != "{":
                    token = self.peek()
                if token == "{":
                    self.position += 1
                    self.push(Frame(BRACE, [], node, parameter, parameters))
                    return
                if token is not None and role_of(token) not in _NO_ARGUMENT:
                    self.push(Frame(ATOM, [], node, parameter, parameters))
                    return
                self.lacks_argument(node.symbol)
            elif parameter == "groups":
                if self.position < len(self.tokens) and self.tokens[self.position] == "{":
                    group = Node(GROUP, self.position, self.position + 1)
                    self.row.append(group)
                    self.position += 1
                    self.push(Frame(BRACE, [], group, "above", ("groups",)))
                    return
            elif parameter[0] == "[":
                if self.peek() != "[":
                    continue
                if parameter == "[]":
                    self.position = self.end_of_option()
                    continue
                self.position += 1
                self.push(Frame(BRACKET, [], node, parameter[1:-1], parameters))
                return
            elif parameter in _LENGTHS:
                self._read_length(node, _LENGTHS[parameter])
            elif parameter.startswith("begin_"):
                blocks.open_environment(self, parameter[6:])
                return
            elif parameter == "size":
                self.position = end_of_size(self.tokens, self.position)
            elif parameter == "genfrac":
                blocks.finish_genfrac(self, node)
            else:
                content = self.skip_argument(node)
                if parameter[0] == "=":  # kept token by token
                    row = [Node(self.tokens[i], i, i + 1) for i in content if _is_verbatim(self.tokens[i])]
                    if row:
                        node.hang(parameter[1:], row)
        node.stop = max(node.stop, self.position)

    def peek(self) -> str | None:
        """The next token that is not skipped, or None at the end."""
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            command = KNOWN.get(token)
            if command is None or command.role not in ("skip", "size") or command.reads:
                return token
            self.position += 1
        return None

    def end_of_option(self) -> int:
        """Where the option ends whose bracket is next; here, if there is none."""
        depth = 0
        for index in range(self.position + 1, min(len(self.tokens), self.position + LONGEST_OPTION)):
            token = self.tokens[index]
            if token == "]" and depth == 0:
                return index + 1
            depth += (token == "{") - (token == "}")
            if depth < 0:
                break
        return self.position

    def skip_argument(self, node: Node) -> range:
        """Pass over an argument; the indices of its tokens, without its braces."""
        start = self.position
        if start >= len(self.tokens) or role_of(self.tokens[start]) in _NO_SINGLE_TOKEN:
            self.lacks_argument(node.symbol)
            return range(start, start)
        self.position += 1
        if self.tokens[start] != "{":
            return range(start, self.position)
        depth = 1
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            self.position += 1
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return range(start + 1, self.position - 1)
        self.fault("unbalanced_brace", f"'}}' is missing, opened at token {start}")
        return range(start + 1, self.position)

    def _read_length(self, node: Node, end_of: Callable[[Sequence[str], int], int]) -> None:
        if self.position < len(self.tokens) and self.tokens[self.position] == "{":
            self.skip_argument(node)
            return
        end = end_of(self.tokens, self.position)
        if end == self.position:
            self.lacks_argument(node.symbol)
        self.position = end

    # -- what each role does -----------------------------------------------------------------------------------

    def read_other(self, token: str) -> None:
        """A token that the grammar lacks; groups after a command are its arguments."""
        node = Node(token, self.position, self.position + 1)
        self.position += 1
        self.row.append(node)
        if token[0] == "\\":
            self.read_arguments(node, ("groups",))
        self.finish_atoms()

    def read_symbol(self, token: str, command: Command) -> None:
        """A command, a font or a class: put it into the row and read its arguments."""
        start = self.position
        self.position += 1
        if self.position < len(self.tokens) and self.tokens[self.position] == "*" and f"{token}*" in COMMANDS:
            token = f"{token}*"
            self.position += 1
        if token == "\\ensuremath" and self.frame.text:
            token = "$"
        node = Node(token, start, self.position)
        self.row.append(node)
        self.read_arguments(node, command.parameters)
        self.finish_atoms()

    def read_rule(self, token: str, command: Command) -> None:
        """A rule; one without width or height is a strut and prints nothing."""
        node = Node(token, self.position, self.position + 1)
        self.position += 1
        self.read_arguments(node, command.parameters)
        sides = [node.child(relation) for relation in RELATIONS]
        lengths = [in_em([it.symbol for it in side]) if side else 0.0 for side in sides]
        if any(length is not None and length <= 0 for length in lengths):
            self.gap = self.position
        else:
            self.add(node)

    def read_bar(self, token: str, command: Command) -> None:
        r"""TeX's own rule, ``\vrule width 1pt``, which may be a strut."""
        end, prints = end_of_bar(self.tokens, self.position + 1)
        if prints:
            self.add(Node(command.means, self.position, end))
        else:
            self.position = self.gap = end

    def read_skip(self, token: str, command: Command) -> None:
        """Something that prints nothing; a gap is remembered for the script that may follow."""
        start = self.position
        self.position += 1
        if command.reads:
            node = Node(token, start, start + 1)
            if self.position < len(self.tokens) and self.tokens[self.position] == "*":
                self.position += f"{token}*" in COMMANDS
            self.read_arguments(node, command.parameters)
        negative = command.glue < 0 or "-" in self.tokens[start + 1 : min(self.position, start + 4)]
        if self.gap == start or (command.glue and not negative):
            self.gap = self.position
        elif command.glue:
            self.narrow = self.position

    def read_register(self, token: str, command: Command) -> None:
        r"""A length of TeX and the value that it is given, ``\hsize = 3 c m``, say nothing.

        As the whole argument of a command that the grammar lacks it is a value.
        """
        end = self.position + 1
        closes = end < len(self.tokens) and self.tokens[end] == "}"
        if closes and not self.row and self.frame.rest == ("groups",):
            self.add(Node(token, self.position, end))
        else:
            self.position = end_of_register(self.tokens, self.position)

    def read_size(self, token: str, command: Command) -> None:
        r"""``\big`` and its kin: a point after it is no delimiter, and ``<`` is an angle."""
        self.position += 1
        following = self.tokens[self.position] if self.position < len(self.tokens) else ""
        if following in blocks.ANGLES:
            self.add(Node(blocks.ANGLES[following], self.position, self.position + 1))
        elif following == ".":
            self.position += 1

    def read_open_bracket(self, token: str, command: Command) -> None:
        self.add(Node(token, self.position, self.position + 1))
        if self.frame.kind == BRACKET:
            self.frame.brackets += 1

    def read_close_bracket(self, token: str, command: Command) -> None:
        if self.frame.kind != BRACKET or self.frame.brackets:
            self.frame.brackets -= self.frame.kind == BRACKET
            self.add(Node(token, self.position, self.position + 1))
            return
        self.position += 1
        self.close()
        self.finish_atoms()

    def read_open(self, token: str, command: Command) -> None:
        node = Node(GROUP, self.position, self.position + 1)
        self.row.append(node)
        self.position += 1
        self.push(Frame(BRACE, [], node, "above"))

    def read_close(self, token: str, command: Command) -> None:
        if not self.open[BRACE]:
            self.fault("unbalanced_brace", "'}' closes nothing")
            self.position += 1
            return
        self.close_until(BRACE)
        self.position += 1
        self.close()
        self.finish_atoms()

    def read_switch(self, token: str, command: Command) -> None:
        node = Node(command.means, self.position, self.position + 1)
        self.row.append(node)
        self.position += 1
        self.push(Frame(GROUP_END, [], node, "above"))

    def read_math(self, token: str, command: Command) -> None:
        r"""``$``, ``$$``, ``\[``: mathematics inside text begins or ends; elsewhere they say nothing."""
        doubled = token == "$" and self.tokens[self.position + 1 : self.position + 2] == ["$"]
        for frame in (self.frame, *reversed(self.stack)):
            if frame.node.symbol == "$":
                while self.frame is not frame:
                    self.close()
                self.position += 1 + (doubled and frame.until == "$$")
                self.close()
                return
            if frame.kind != GROUP_END:
                break
        self.position += 1
        if self.frame.text and self.frame.kind != ATOM and token not in ("\\)", "\\]"):
            self.position += doubled
            node = Node("$", self.position - 1, self.position)
            self.row.append(node)
            self.push(Frame(GROUP_END, [], node, "above"))
            self.frame.until = token + token * doubled

    # -- scripts -----------------------------------------------------------------------------------------------

    def read_script(self, token: str, command: Command) -> None:
        token = command.means or token
        if self.frame.kind == ATOM:
            self.lacks_argument(self.frame.node.symbol)
            self.close()
            return
        base = self._base()
        relation = COMMANDS.get(base.symbol, ORDINARY).scripts[token == "^"]
        if base.child(relation) is not None and not self._merge_primes(base, relation):
            if self.narrow != self.position:
                self.fault("double_script", f"second {token!r} on {base.symbol!r}")
            base = self._nothing()
            relation = ("sub", "sup")[token == "^"]
        self.position += 1
        self.read_arguments(base, (relation,))

    def _base(self) -> Node:
        """The node that a script hangs on: the last one of the cell, or nothing, written as an empty group."""
        if self.row and self.gap != self.position and not self._starts_denominator():
            last = self.row[-1]
            if last.symbol not in CELLS:
                return last
        return self._nothing()

    def _nothing(self) -> Node:
        self.row.append(Node(GROUP, self.position, self.position))
        return self.row[-1]

    def _starts_denominator(self) -> bool:
        return self.frame.infix is not None and len(self.row) == self.frame.start

    def _merge_primes(self, base: Node, relation: str) -> bool:
        """Whether ``relation`` holds primes alone, that an upper script goes on with: x'^2."""
        row = base.child(relation)
        return relation in _UPPER and row is not None and all(node.symbol == "\\prime" for node in row)

    def read_prime(self, token: str, command: Command) -> None:
        prime = Node("\\prime", self.position, self.position + 1)
        if self.frame.kind == ATOM or self._only_primes():
            self.add(prime)
            return
        base = self._base()
        relation = script_relations(base.symbol)[1]
        row = base.child(relation)
        if row and row[-1].symbol != "\\prime":
            if self.narrow != self.position:
                self.fault("double_script", f"prime after '^' on {base.symbol!r}")
            base = self._nothing()
            relation, row = "sup", None
        self.position += 1
        if row is None:
            base.hang(relation, [prime])
        else:
            row.append(prime)
        base.stop = self.position

    def _only_primes(self) -> bool:
        """Whether the cell holds nothing but primes so far: they stand side by side, on one level."""
        for node in reversed(self.row):
            if node.symbol != "\\prime" or node.children is not None:
                return role_of(node.symbol) == "cell"
        return True

    def read_control(self, token: str, command: Command) -> None:
        if token == "\\":
            self.fault("lone_backslash", "a backslash at the end names no command")
        else:
            self.fault("control_character", f"control character {token!r}{_ESCAPES.get(token, '')}")
        self.position += 1


Handler = Callable[[Parser, str, Command], None]

HANDLERS: Mapping[Role, Handler] = {
    "symbol": Parser.read_symbol,
    "font": Parser.read_symbol,
    "class": Parser.read_symbol,
    "fence": Parser.read_symbol,
    "rule": Parser.read_rule,
    "bar": Parser.read_bar,
    "genfrac": blocks.read_genfrac,
    "switch": Parser.read_switch,
    "skip": Parser.read_skip,
    "size": Parser.read_size,
    "register": Parser.read_register,
    "math": Parser.read_math,
    "open": Parser.read_open,
    "close": Parser.read_close,
    "open_bracket": Parser.read_open_bracket,
    "close_bracket": Parser.read_close_bracket,
    "script": Parser.read_script,
    "prime": Parser.read_prime,
    "control": Parser.read_control,
    "cell": blocks.read_cell,
    "infix": blocks.read_infix,
    "delimited": blocks.read_delimited,
    "table": blocks.read_table,
    "halign": blocks.read_halign,
    "until": blocks.end_delimited,
    "begin": blocks.read_begin,
    "end": blocks.read_end,
    "left": blocks.read_left,
    "right": blocks.read_right,
}
"""What a token does, by its role."""

_PLAIN = (SYMBOLS | {chr(code) for code in range(33, 127)}) - KNOWN.keys()
"""Tokens that only stand in the row."""
_UPPER = ("sup", "above")
_LENGTHS = {"length": end_of_length, "number": end_of_number, "setting": end_of_register}
_HANGING = frozenset({"above", "below", "sub", "sup"})
_ESCAPES = {
    char: f"; an unescaped \\{letter} was read as an escape, as in {example}"
    for char, letter, example in (("\f", "f", "\\frac"), ("\b", "b", "\\beta"), ("\x07", "a", "\\alpha"))
}
_NO_ARGUMENT = frozenset({"close", "script", "cell", "end", "right", "infix", "until", "control"})
_NO_SINGLE_TOKEN = _NO_ARGUMENT | {"begin", "left"}


def _is_verbatim(token: str) -> bool:
    """Whether a token may stand in a length or in a range of columns."""
    return token in REGISTERS or token in EXPRESSIONS or (len(token) == 1 and role_of(token) == "symbol")
