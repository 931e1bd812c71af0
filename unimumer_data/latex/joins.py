r"""What the canonical forms do to a whole row once everything below it is done: trim, join and move scripts."""

from __future__ import annotations

from collections.abc import Callable, Collection

from .conventions import NEGATED, RUNS
from .grammar import CELLS, COMMANDS, ENVIRONMENTS, FUNCTIONS, GROUP, OPERATORS, ORDINARY
from .preamble import alignment, kept_columns
from .rules import Rules
from .tree import Node, Row, hang_script, script_relations
from .treetext import BREAK

Join = Callable[[Row, Rules], None]


def move_scripts(source: Node, target: Node) -> None:
    """Hang the scripts of one node on another, by the relations that are its own."""
    names = dict(zip(script_relations(source.symbol), script_relations(target.symbol), strict=True))
    for relation, row in source.children or ():
        if relation in names:
            hang_script(target, names[relation], row)


def trim(node: Node) -> None:
    """A row break at the end of an environment begins no row, and columns that no row reaches are not printed."""
    children = node.children or []
    body: Row = []
    name = ""
    for relation, row in children:
        if relation.startswith("begin_"):
            body, name = row, relation[6:]
    while body and body[-1].symbol == BREAK and body[-1].children is None:
        body.pop()
    if children[0][0] != "above" or name not in ENVIRONMENTS or ENVIRONMENTS[name].means != "array":
        return
    cells = most = 1
    for cell in body:
        cells = 1 if cell.symbol == BREAK else cells + (cell.symbol == "&")
        most = max(most, cells)
    children[0] = ("above", kept_columns(children[0][1], most))


def make_plain(node: Node, *, keep_columns: bool) -> None:
    """Name and columns of the environment that prints the same without delimiters: centred columns are a matrix's."""
    name = next(relation[4:] for relation, _ in node.children or () if relation.startswith("end_"))
    environment = ENVIRONMENTS.get(name)
    if environment is None:
        return
    columns: Row = []
    means = environment.means
    if means == "array":
        columns = [Node(environment.align)] if environment.align else alignment(node.child("above") or [])
        if len({column.symbol for column in columns}) == 1 and all(column.children is None for column in columns):
            columns = columns[:1]
        if not keep_columns or not columns or (len(columns) == 1 and columns[0].symbol == "c"):
            means, columns = "matrix", []
    renamed = {f"begin_{name}": f"begin_{means}", f"end_{name}": f"end_{means}"}
    kept = [(renamed.get(relation, relation), row) for relation, row in node.children or () if relation != "above"]
    node.children = [("above", columns), *kept] if columns else kept


def can_take_scripts(content: Row, relations: Collection[str], *, same_looks: bool) -> bool:
    """Whether the scripts of a group may hang on its last node.

    They may where the node has none of that kind yet. With ``same_looks``, only if the print stays the same: the node
    has none of the other kind either, and nothing in the group is taller than a letter, or the group is a table.
    """
    last = content[-1]
    command = COMMANDS.get(last.symbol, ORDINARY)
    taken = [name for name, own in zip(ORDINARY.scripts, command.scripts, strict=True) if last.child(own) is not None]
    if command.role == "cell" or not set(taken).isdisjoint(relations):
        return False
    if not same_looks:
        return True
    flat = all(node.children is None or COMMANDS.get(node.symbol, ORDINARY).role == "font" for node in content)
    return not taken and (len(content) == 1 or flat or _is_table(content))


def _is_table(content: Row) -> bool:
    """Whether a row is an environment and the delimiters at its sides, which are as tall as it is."""
    inner = content[content[0].symbol in _DELIMITERS : len(content) - (content[-1].symbol in _DELIMITERS)]
    return len(inner) == 1 and inner[0].symbol == "\\begin"


def _open_single_cells(row: Row, rules: Rules) -> None:
    """A matrix of one cell prints what the cell holds."""
    for index in range(len(row) - 1, -1, -1):
        node = row[index]
        if node.symbol == "\\begin" and node.child("end_matrix") and not node.child("above"):
            body = node.child("begin_matrix") or []
            if len(node.children or ()) <= 2 and not any(cell.symbol in CELLS for cell in body):
                row[index : index + 1] = body


def _drop_limits(row: Row, rules: Rules) -> None:
    r"""``\limits`` only says where scripts stand: hang them on the operator."""
    for index in range(len(row) - 1, -1, -1):
        if row[index].symbol in _LIMITERS:
            node = row.pop(index)
            relations = [relation for relation, _ in node.children or ()]
            if index and can_take_scripts(row[index - 1 : index], relations, same_looks=False):
                names = COMMANDS.get(row[index - 1].symbol, ORDINARY).scripts
                for relation, child in node.children or ():
                    hang_script(row[index - 1], names[ORDINARY.scripts.index(relation)], child)
            elif node.children:
                row.insert(index, Node(GROUP, node.start, node.stop, node.children))


def _open_mathop(row: Row, rules: Rules) -> None:
    r"""``\mathop`` around an operator prints the operator, as around a name: ``\operatorname*``."""
    for index in range(len(row) - 1, -1, -1):
        node = row[index]
        if node.symbol == "\\mathop":
            content = node.child("above") or []
            scripts = [child for child in node.children or () if child[0] != "above"]
            if len(content) > 1 and all(_is_upright(letter) for letter in content):
                move_scripts(Node("", children=scripts), content[-1])
                row[index : index + 1] = content
            elif (
                len(content) == 1
                and content[0].symbol in _LARGE
                and can_take_scripts(content, [relation for relation, _ in scripts], same_looks=False)
            ):
                node.symbol, node.children = content[0].symbol, content[0].children
                move_scripts(Node("", children=scripts), node)


def _open_vcenter(row: Row, rules: Rules) -> None:
    r"""``\vcenter`` around a table prints the table, which is centred anyway."""
    for index in range(len(row) - 1, -1, -1):
        node = row[index]
        content = node.child("above") or []
        if node.symbol != "\\vcenter" or len(content) != 1 or content[0].symbol != "\\begin":
            continue
        if not content[0].child("sub") and not content[0].child("sup"):
            move_scripts(node, content[0])
            row[index] = content[0]


def _is_upright(node: Node) -> bool:
    return node.symbol == "\\mathrm" and len(node.children or ()) == 1


def _open_tag(row: Row, rules: Rules) -> None:
    r"""``\tag*{(1)}`` prints what ``\tag{1}`` does."""
    for node in row:
        content = node.child("above") or []
        signs = [inner.symbol for inner in content if inner.symbol in ("(", ")")]
        if node.symbol != "\\tag*" or signs != ["(", ")"] or len(content) == 2:
            continue
        if content[0].symbol == "(" and content[-1].symbol == ")" and content[-1].children is None:
            node.symbol = "\\tag"
            content[:] = content[1:-1]


def _add_limits(row: Row, rules: Rules) -> None:
    r"""Scripts of an operator are written after ``\limits``, as in the CROHME records."""
    if any(node.symbol == "\\nolimits" for node in row):
        _drop_limits(row, rules)
    for index in range(len(row) - 1, -1, -1):
        node = row[index]
        if node.symbol in rules.limits and node.children is not None:
            names = COMMANDS[node.symbol].scripts
            scripts = [(ORDINARY.scripts[names.index(relation)], child) for relation, child in node.children]
            row.insert(index + 1, Node("\\limits", children=scripts))
            node.children = None


def _join_not(row: Row, rules: Rules) -> None:
    r"""``\not =`` prints what ``\neq`` does."""
    for index in range(len(row) - 2, -1, -1):
        if row[index].symbol == "\\not" and row[index].children is None and row[index + 1].symbol in NEGATED:
            row[index + 1].symbol = NEGATED[row[index + 1].symbol]
            del row[index]


def _join_dots(row: Row, rules: Rules) -> None:
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


def _raise_primes(row: Row, rules: Rules) -> None:
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


_LIMITERS = frozenset(("\\limits", "\\nolimits", "\\displaylimits"))
_DELIMITERS = frozenset(r"( ) [ ] \{ \} | \| / \langle \rangle \lfloor \rfloor \lceil \rceil".split())
_LARGE = frozenset(
    (
        OPERATORS
        + r" \bigcap \bigcup \bigodot \bigoplus \bigotimes \bigsqcup \biguplus \bigvee \bigwedge \iiint \iiiint"
        r" \oiint \oiiint \idotsint \varliminf \varlimsup \injlim \projlim \varinjlim \varprojlim"
    ).split()
) | {f"\\{name}" for name in FUNCTIONS}

# When a form joins, which symbols call for it, and how.
JOINS: tuple[tuple[Callable[[Rules], bool], frozenset[str], Join], ...] = (
    (lambda rules: True, frozenset(("\\mathop",)), _open_mathop),
    (lambda rules: True, frozenset(("\\tag*",)), _open_tag),
    (lambda rules: rules.compare, frozenset(("\\vcenter",)), _open_vcenter),
    (lambda rules: rules.compare, frozenset(("\\begin",)), _open_single_cells),
    (lambda rules: bool(rules.limits), frozenset(OPERATORS.split()) | {"\\nolimits"}, _add_limits),
    (lambda rules: rules.compare, _LIMITERS, _drop_limits),
    (lambda rules: rules.compare, frozenset(("\\not",)), _join_not),
    (lambda rules: rules.compare, frozenset(RUNS), _join_dots),
    (lambda rules: "primes" in rules.forgive, frozenset(("\\prime",)), _raise_primes),
)
