r"""Read LaTeX, a formula a line, and write a form of it, an answer a line, in order.

    unimumer latex FORM [--json] [--corpus NAME] [--repair] < lines

FORM is records, strict or loose (docs/canonical-form.md), tokens (as read), tree (Tree-CoT text) or count (symbol
counting text); tree and count are those of the records form. Errors go to stderr with their line number.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence

from unimumer_data.errors import UniMumerError
from unimumer_data.support.commandline import one_of, parser
from unimumer_data.support.tables import show

from . import FORMS, Repair, canonical, canonical_tree, count_symbols, tokenize, write_counts, write_tokens, write_tree
from .conventions import CONVENTIONS

Writer = Callable[[str, str | None, list[Repair] | None], str]


def _form(name: str) -> Writer:
    return lambda line, corpus, repairs: canonical(line, name, corpus=corpus, repairs=repairs)  # type: ignore[arg-type]


def _tree(line: str, corpus: str | None, repairs: list[Repair] | None) -> str:
    return write_tree(canonical_tree(line, corpus=corpus, repairs=repairs))


def _count(line: str, corpus: str | None, repairs: list[Repair] | None) -> str:
    return write_counts(count_symbols(write_tokens(canonical_tree(line, corpus=corpus, repairs=repairs))))


WRITERS: dict[str, Writer] = {
    **{name: _form(name) for name in FORMS},
    "tokens": lambda line, corpus, repairs: " ".join(tokenize(line)),
    "tree": _tree,
    "count": _count,
}


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns 0, 1 if a line was refused, 2 for wrong usage."""
    reader = parser("unimumer latex", __doc__)
    reader.add_argument("form", type=one_of(WRITERS), metavar="FORM", help=", ".join(WRITERS))
    reader.add_argument("--json", action="store_true", help="write JSON strings; null where a line is refused")
    reader.add_argument(
        "--corpus", choices=sorted(filter(None, CONVENTIONS)), help="follow the label conventions of this corpus"
    )
    reader.add_argument("--repair", action="store_true", help="repair broken lines and list the repairs on stderr")
    options = reader.parse_args(argv)
    write = WRITERS[options.form]
    # bytes that are no UTF-8 are an error of their line, not of the run
    lines = open(sys.stdin.fileno(), encoding="utf-8", errors="surrogateescape", newline="\n", closefd=False)  # noqa: SIM115
    refused = 0
    for number, line in enumerate(lines, start=1):
        repairs: list[Repair] | None = [] if options.repair else None
        answer: str | None
        try:
            answer = write(_decoded(line.rstrip("\r\n")), options.corpus, repairs)
        except UniMumerError as error:
            answer = None
            refused += 1
            show(f"line {number}: {error}", file=sys.stderr)
        for repair in repairs or ():
            show(f"line {number}: repaired {repair.reason}, token {repair.index}: {repair.message}", file=sys.stderr)
        if options.json:
            print(json.dumps(answer, ensure_ascii=False))
        else:
            print(answer or "", end="\n\n" if options.form == "tree" else "\n")
    return 1 if refused else 0


def _decoded(line: str) -> str:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        raise UniMumerError("not UTF-8") from None
    return line


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(141)
