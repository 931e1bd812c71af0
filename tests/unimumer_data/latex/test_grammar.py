"""The grammar table against the macro table of pylatexenc, the project's LaTeX library."""

from __future__ import annotations

import pytest
from pylatexenc.latexwalker import get_default_latex_context_db

from unimumer_data.latex import INK_FREE, parse, prints_ink, write_tokens
from unimumer_data.latex.grammar import COMMANDS, ENVIRONMENTS, SYMBOLS, is_known

# Where pylatexenc's general table is not about mathematics, or has less than amsmath.
DIFFERS = {
    r"\textcircled": "an accent there, without argument",
    r"\big": "delimiter sizes take the delimiter there",
    r"\hskip": "reads a length, with braces or without",
    r"\kern": "as above",
    r"\mkern": "as above",
    r"\vskip": "as above",
    r"\braket": "two arguments there, of another package than braket's",
}


def _mandatory(name: str) -> int | None:
    specification = get_default_latex_context_db().get_macro_spec(name[1:])
    arguments = getattr(getattr(specification, "args_parser", None), "argspec", None)
    return None if not arguments else arguments.count("{")


def test_arities_agree_with_pylatexenc() -> None:
    compared = 0
    for name, command in COMMANDS.items():
        expected = _mandatory(name) if name.startswith("\\") and name[1:].isalpha() else None
        if expected is None or name in DIFFERS or command.role in ("begin", "end", "left", "right", "infix"):
            continue
        assert len(command.args) + command.parameters.count("{}") == expected, name
        compared += 1
    assert compared > 40


def test_symbols_read_no_argument_in_pylatexenc() -> None:
    # the published trees have \not as a node of its own, before the relation that it strikes out
    assert [name for name in SYMBOLS if _mandatory(name)] == ["\\not"]


def test_commands_outside_the_table_take_their_arity_from_pylatexenc() -> None:
    assert r"\footnote" not in COMMANDS
    assert write_tokens(parse(r"\footnote{a} b")) == r"\footnote { a } b".split()


@pytest.mark.parametrize("token", ["{", "}", "^", "_", "&", r"\\", r"\limits", r"\begin", "{matrix}", r"\mathrm"])
def test_layout_tokens_leave_no_ink(token: str) -> None:
    assert not prints_ink(token)


@pytest.mark.parametrize("token", ["a", r"\frac", r"\sqrt", r"\{", "{pmatrix}", "|", "设", r"\hat"])
def test_symbols_leave_ink(token: str) -> None:
    assert prints_ink(token)


def test_table_names_each_token_once() -> None:
    assert not SYMBOLS & COMMANDS.keys()
    assert COMMANDS.keys() >= INK_FREE
    assert all(is_known(f"{{{name}}}") for name in ENVIRONMENTS)
    assert not is_known(r"\foo")
