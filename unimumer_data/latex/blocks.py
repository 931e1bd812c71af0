r"""What the parser does at the blocks of a formula: cells, infixes, environments, ``\left`` and ``\right``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .frames import ATOM, BRACE, ENVIRONMENT, GROUP_END, RIGHT, UNTIL, Frame
from .grammar import ACROSS, COMMANDS, DISPLAYS, ENVIRONMENTS, GROUP, KNOWN, ORDINARY, SYMBOLS, Command, role_of
from .lengths import end_of_length, in_em
from .preamble import FILLING, Place, read_preamble
from .tree import Node, Row

if TYPE_CHECKING:
    from .parser import Parser

# -- cells and infixes -----------------------------------------------------------------------------------------------


def read_cell(parser: Parser, token: str, command: Command) -> None:
    r"""``&`` or ``\\``: the cell ends, and with it what waits for the end of its group."""
    parser.close_soft()
    if parser.frame.infix is not None:
        finish_infix(parser)
    parser.row.append(Node(command.means or token, parser.position, parser.position + 1))
    parser.position += 1
    frame = parser.frame
    if frame.text_cells == "all" or (frame.text_cells and token == "&"):
        begin_text(parser)
    if frame.node.symbol == "\\parbox":
        frame.stacked = True


def begin_text(parser: Parser) -> None:
    """The cell that begins here is text; rules above it are none."""
    while (token := parser.peek()) in RULES:
        parser.read_symbol(token, COMMANDS.get(token, ORDINARY))
    if token is not None and role_of(token) not in ("cell", "end", "close"):
        text = Node("\\text", parser.position, parser.position)
        parser.row.append(text)
        parser.push(Frame(GROUP_END, [], text, "above"))


def stacked(frame: Frame) -> Row:
    """The lines of a paragraph as a column."""
    column = Node("\\begin", frame.node.start, frame.node.stop, [("above", [Node("l")])])
    column.hang("begin_array", frame.row)
    column.hang("end_array", [Node("\\end")])
    return [column]


def read_infix(parser: Parser, token: str, command: Command) -> None:
    r"""``\over`` and its kin: what stands before it in the group is the numerator."""
    while parser.frame.kind in (ATOM, GROUP_END):
        parser.close()
    if parser.frame.kind == UNTIL and parser.frame.until == token:
        _end_delimited(parser)
        return
    if parser.frame.infix is not None:
        parser.fault("double_infix", f"second infix {token!r} in one group")
        finish_infix(parser)
    frame, row, start = parser.frame, parser.row, len(parser.row)
    while start > frame.start and role_of(row[start - 1].symbol) != "cell":
        start -= 1
    node = Node(command.means, row[start].start if start < len(row) else parser.position, parser.position)
    if start < len(row):
        node.hang("above", row[start:])
        del row[start:]
    parser.position += 1
    left, right = ([Node(side)] if side else [] for side in (command.left, command.right))
    if "delimiter" in command.parameters:
        left, right = _delimiter(parser), _delimiter(parser)
    if "length" in command.parameters and _is_nothing(parser):
        node.symbol = "{matrix}"
    if node.symbol == "{matrix}" and [side.symbol for side in (*left, *right)] == ["(", ")"]:
        node.symbol, left, right = "\\binom", [], []
    frame.infix, frame.ends, frame.start = node, (left, right), start


def _is_nothing(parser: Parser) -> bool:
    """Read a length; whether it is zero."""
    start = parser.position
    if start < len(parser.tokens) and parser.tokens[start] == "{":
        return False
    parser.position = end_of_length(parser.tokens, start)
    if parser.position == start:
        parser.lacks_argument(parser.tokens[start - 1])
    return in_em(parser.tokens[start : parser.position]) == 0


def finish_infix(parser: Parser) -> None:
    """The group of an infix ends: what came after it is the denominator."""
    frame = parser.frame
    node = frame.infix
    assert node is not None
    denominator = frame.row[frame.start :]
    del frame.row[frame.start :]
    if node.symbol.startswith("{"):
        node = _stacked(node, node.symbol[1:-1], node.child("above") or [], denominator)
    elif denominator:
        node.hang("below", denominator)
    node.stop = parser.position
    left, right = frame.ends
    frame.row += [*left, node, *right]
    frame.infix, frame.ends = None, ([], [])


def _stacked(node: Node, name: str, above: Row, below: Row) -> Node:
    """Two rows without a bar, as an environment in place of ``node``."""
    body = [*above, Node("\\\\"), *below]
    return Node("\\begin", node.start, node.stop, [(f"begin_{name}", body), (f"end_{name}", [Node("\\end")])])


def read_genfrac(parser: Parser, token: str, command: Command) -> None:
    r"""``\genfrac``: delimiters, width of the bar and style come before numerator and denominator."""
    node = Node("\\frac", parser.position, parser.position + 1)
    parser.position += 1
    left, right, width, _ = ([parser.tokens[i] for i in parser.skip_argument(node)] for _ in range(4))
    sides = ["".join(tokens).replace("\\left", "").replace("\\right", "") for tokens in (left, right)]
    if in_em(width) == 0:
        node.symbol = "{matrix}"
        if sides == ["(", ")"]:
            node.symbol, sides = "\\binom", []
    for relation, side in zip(("left", "right"), sides, strict=False):
        if side and side != "." and _stands_alone(side) and (len(side) == 1 or side in SYMBOLS):
            node.hang(relation, [Node(ANGLES.get(side, side), node.start, node.start)])
    parser.row.append(node)
    parser.read_arguments(node, (*command.parameters, "genfrac"))
    parser.finish_atoms()


def finish_genfrac(parser: Parser, node: Node) -> None:
    """Numerator and denominator are read: put the fraction and its delimiters into the row."""
    parts = dict(node.children or ())
    node.children = [(relation, row) for relation, row in parts.items() if relation in ("above", "below")] or None
    node.stop = parser.position
    if node.symbol == "{matrix}":
        node = _stacked(node, "matrix", parts.get("above", []), parts.get("below", []))
    parser.row[-1:] = [*parts.get("left", []), node, *parts.get("right", [])]


def read_delimited(parser: Parser, token: str, command: Command) -> None:
    r"""``\root 3 \of x``: the first argument ends with a command."""
    node = Node(command.means, parser.position, parser.position + 1)
    parser.row.append(node)
    parser.position += 1
    first, *rest = command.parameters
    frame = Frame(UNTIL, [], node, first, tuple(rest))
    frame.until = command.until
    parser.push(frame)


def end_delimited(parser: Parser, token: str, command: Command) -> None:
    r"""``\of``: what has been read since ``\root`` is its index."""
    parser.close_soft()
    if parser.frame.kind == UNTIL and parser.frame.until == token:
        _end_delimited(parser)
    else:
        parser.fault("missing_argument", f"{token!r} belongs to nothing")
        parser.position += 1


def _end_delimited(parser: Parser) -> None:
    parser.position += 1
    parser.close()
    parser.finish_atoms()


# -- environments ----------------------------------------------------------------------------------------------------


def read_table(parser: Parser, token: str, command: Command) -> None:
    r"""Plain TeX's ``\matrix{a & b \cr}``: an environment in braces."""
    node = Node("\\begin", parser.position, parser.position + 1)
    parser.position += 1
    if parser.peek() != "{":
        parser.lacks_argument(token)
        return
    parser.row.append(node)
    parser.position += 1
    name = command.means
    frame = Frame(BRACE, [], node, f"begin_{name}")
    frame.environment, frame.text_cells = name, "later" if token == "\\cases" else ""
    parser.push(frame)


def read_halign(parser: Parser, token: str, command: Command) -> None:
    r"""``\halign`` that is no array (`halign.arrays_of`)."""
    parser.fault("missing_argument", f"{token!r} lacks its group, or a template in it such as '$#$&#\\cr'")
    parser.position += 1


def read_begin(parser: Parser, token: str, command: Command) -> None:
    r"""``\begin {name}`` and its columns."""
    name = _environment_name(parser, token)
    if name is None:
        return
    environment = ENVIRONMENTS.get(name)
    if environment is not None and environment.reads == "above" and parser.peek() == "{":
        before = Node(GROUP, parser.position, parser.position + 1)
        parser.row.append(before)
        parser.position += 1
        parser.push(Frame(BRACE, [], before, "above", (f"begin_{name}",)))
        return
    open_environment(parser, name)


def open_environment(parser: Parser, name: str) -> None:
    """An environment begins, after what it reads before its columns."""
    environment = ENVIRONMENTS.get(name)
    node = Node("\\begin", parser.position - 2, parser.position)
    in_text = parser.frame.text and name.rstrip("*") in DISPLAYS
    parser.row.append(Node("$", node.start, node.stop, [("above", [node])]) if in_text else node)
    if environment is None:
        frame = Frame(ENVIRONMENT, [], node, f"begin_{name}")
        frame.environment = frame.until = name
        parser.push(frame)
        parser.read_arguments(node, ("groups",))
        return
    if environment.reads:
        parser.read_arguments(node, tuple(name for name in environment.reads.split() if name != "above"))
    if environment.columns or environment.starred:
        _read_columns(parser, node, name)
    if environment.box:
        node.symbol = environment.box
        frame = Frame(ENVIRONMENT, [], node, "above")
    else:
        read_as = environment.written or name
        frame = Frame(ENVIRONMENT, [], node, f"begin_{read_as}")
        frame.environment, frame.text_cells = read_as, environment.text
    frame.until = name
    parser.push(frame)
    frame.text = frame.text and not in_text
    if environment.text == "all":
        begin_text(parser)


def _environment_name(parser: Parser, token: str) -> str | None:
    following = parser.tokens[parser.position + 1] if parser.position + 1 < len(parser.tokens) else ""
    if len(following) < 3 or following[0] != "{":
        parser.fault("environment_name", f"{token!r} needs the name of an environment")
        parser.position += 1 + (following == "{}")
        return None
    parser.position += 2
    return following[1:-1]


def _read_columns(parser: Parser, node: Node, name: str) -> None:
    """The column specification of an array, which hangs ``above`` its node."""
    tokens = parser.tokens
    starred = ENVIRONMENTS[name].starred
    if not starred and parser.position < len(tokens) and tokens[parser.position] == "[":
        parser.position = parser.end_of_option()
    start = parser.position
    opening, closing = "[]" if starred else "{}"
    if start >= len(tokens) or tokens[start] != opening:
        if not starred:
            parser.fault("missing_argument", f"{name!r} lacks its column specification")
        node.hang("above", [Node("c")])
        return
    depth, places = 0, []
    for index in range(start, len(tokens)):
        depth += (tokens[index] == opening) - (tokens[index] == closing)
        parser.position = index + 1
        if depth == 0:
            break
        places.append((tokens[index], index))

    def parse(insertion: list[Place]) -> Row:
        return type(parser)([token for token, _ in insertion], []).read()

    columns = read_preamble(places[1:], len(tokens), parse)
    if ENVIRONMENTS[name].written:
        for column in columns:
            column.symbol = FILLING.get(column.symbol, column.symbol)
    if columns or ENVIRONMENTS[name].means == "array":  # never none: LaTeX wants the braces and what stands in them
        node.hang("above", columns or [Node("c")])


def read_end(parser: Parser, token: str, command: Command) -> None:
    r"""``\end {name}``."""
    start = parser.position
    if parser.open[ENVIRONMENT]:
        parser.close_until(ENVIRONMENT)
    name = _environment_name(parser, token)
    if name is None:
        return
    if parser.frame.kind != ENVIRONMENT:
        parser.fault("unbalanced_environment", f"'\\end {{{name}}}' closes nothing", start)
        return
    opened = parser.frame.until
    if name != opened:
        parser.fault("unbalanced_environment", f"'\\end {{{name}}}' closes '\\begin {{{opened}}}'", start)
    parser.close()
    parser.finish_atoms()


# -- delimiters ------------------------------------------------------------------------------------------------------


def read_left(parser: Parser, token: str, command: Command) -> None:
    r"""``\left``: what follows up to ``\right`` is a group of its own for infixes and fonts."""
    parser.position += 1
    node = Node(token, parser.position - 1, parser.position)
    parser.push(Frame(RIGHT, _delimiter(parser), node, ""))
    parser.frame.start = len(parser.row)  # an infix does not reach over the delimiter


def read_right(parser: Parser, token: str, command: Command) -> None:
    r"""``\right`` and its delimiter."""
    balanced = parser.open[RIGHT] > 0
    if balanced:
        parser.close_until(RIGHT)
    else:
        parser.fault("unbalanced_right", r"'\right' closes nothing")
    parser.position += 1
    parser.row.extend(_delimiter(parser))
    if balanced:
        parser.close()
    parser.finish_atoms()


def _delimiter(parser: Parser) -> Row:
    r"""The delimiter that is next; nothing for ``.``."""
    token = parser.peek()
    if token == "{" or (token == "}" and not parser.open[BRACE]):
        parser.fault("delimiter", f"{token!r} is no delimiter; '\\{token}' is")
        token = "\\" + token
    elif token is None or not _stands_alone(token):
        parser.fault("delimiter", f"{parser.tokens[parser.position - 1]!r} lacks its delimiter")
        return []
    parser.position += 1
    token = ANGLES.get(token, token)
    return [] if token == "." else [Node(token, parser.position - 1, parser.position)]


def _stands_alone(token: str) -> bool:
    """Whether a token is a symbol that reads nothing."""
    command = KNOWN.get(token)
    return command is None or (command.role in ("symbol", "open_bracket", "close_bracket") and not command.reads)


RULES = ACROSS | {"\\cline"}
"""What stands between the rows of a table."""
ANGLES = {"<": "\\langle", ">": "\\rangle", "\\lt": "\\langle", "\\gt": "\\rangle"}
