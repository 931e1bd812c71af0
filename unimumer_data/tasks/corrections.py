r"""The texts of error-driven learning: the marked formula and the correction log, both ways.

    prediction   \sqrt { d ^ { 2 } + b }
    label        \sqrt { a ^ { 2 } + b ^ { 2 } }
    marked       \sqrt { <error_start> d <error_end> ^ { 2 } + b <deleted> }
    log          REPLACE:d -> a ; INSERT:^ { 2 } after b

The log has one entry a mark, in the order of the marks; that alone says what belongs where, however often a token
occurs. docs/error-driven.md is the full definition. Texts are tokens with white space between them.

Source: arXiv 2505.23566, Sec. 3.3 and Fig. 2. Own choices, since no source says: the join `` ; ``, the token before a
gap as its position, ``<start>`` where there is none, and the backslash before words that the format needs itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from unimumer_data.errors import EditTextError
from unimumer_data.latex import Repair
from unimumer_data.latex.alignment import Run, align

ERROR_START, ERROR_END, DELETED = "<error_start>", "<error_end>", "<deleted>"
START = "<start>"
JOIN = ";"
Kind = Literal["REPLACE", "INSERT", "DELETE"]
KINDS: tuple[Kind, ...] = ("REPLACE", "INSERT", "DELETE")

_ARROW, _AFTER = "->", "after"
_RESERVED = re.compile(
    r"\\*(?:<error_start>|<error_end>|<deleted>|<start>|->|after|(?:REPLACE|INSERT|DELETE):.*)", re.DOTALL
)
_GLUED_MARK = re.compile(r"(?<!\\)<(?:error_start|error_end|deleted)>")
_HEADING = re.compile(r"\s*(?:Marked formula|Correction log):")

Repairs = list[Repair]


@dataclass(frozen=True, slots=True)
class Correction:
    """What is wrong with a prediction and what it should say; both empty-handed where nothing is wrong.

    Args:
        marked: the prediction with its wrong runs enclosed and ``<deleted>`` where tokens are missing.
        log: one entry a mark, joined by `` ; ``.
    """

    marked: str
    log: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked formula: the tokens of the prediction and the spans ``[start, stop)`` of its marks, from left to right.

    A span without tokens is a ``<deleted>``.
    """

    tokens: tuple[str, ...]
    marks: tuple[tuple[int, int], ...]

    def subject(self, mark: int) -> tuple[str, ...]:
        """What an entry has to name: the tokens of the mark, or the token before a gap (none at the start)."""
        start, stop = self.marks[mark]
        return self.tokens[start:stop] if stop > start else self.tokens[max(start - 1, 0) : start]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a correction log.

    Args:
        kind: ``REPLACE``, ``INSERT`` or ``DELETE``.
        subject: the tokens to replace or to delete; for ``INSERT`` the token before the gap, none at the start.
        new: the tokens that come instead or in between.
    """

    kind: Kind
    subject: tuple[str, ...]
    new: tuple[str, ...] = ()


def compare(prediction: str, label: str) -> Correction:
    """Mark a prediction and write the log that makes its label of it.

    >>> compare("d + b", "a + b")
    Correction(marked='<error_start> d <error_end> + b', log='REPLACE:d -> a')
    """
    old, new = prediction.split(), label.split()
    runs = align(old, new)
    return Correction(marked=_write_marked(old, runs), log=write_log([_entry(run, old, new) for run in runs]))


def strip(marked: str, *, repairs: Repairs | None = None) -> str:
    """The prediction in a marked formula; for the arguments see `read_marked`.

    >>> strip("<error_start> d <error_end> + b")
    'd + b'
    """
    return " ".join(read_marked(marked, repairs=repairs).tokens)


def apply(marked: str, log: str, *, repairs: Repairs | None = None) -> str:
    """The label, from a marked formula and its log.

    >>> apply("<error_start> d <error_end> + b", "REPLACE:d -> a")
    'a + b'

    Args:
        marked: as `compare` or a model writes it.
        log: as `compare` or a model writes it.
        repairs: None to refuse what does not fit; a list to apply what does and to note the rest there. Marks without
            an entry stay as they were predicted, entries without a mark do nothing.

    Raises:
        EditTextError: only without ``repairs``; names the token or entry.
    """
    formula = read_marked(marked, repairs=repairs)
    entries = read_log(log, repairs=repairs)
    parts: list[str] = []
    position = 0
    for (start, stop), entry in zip(formula.marks, _by_mark(formula, entries, repairs), strict=True):
        parts += formula.tokens[position:start]
        parts += formula.tokens[start:stop] if entry is None else entry.new
        position = stop
    return " ".join([*parts, *formula.tokens[position:]])


def read_marked(text: str, *, repairs: Repairs | None = None) -> Marked:
    """Read a marked formula.

    Args:
        text: as `compare` or a model writes it.
        repairs: None to refuse what is malformed; a list to repair it and to note every repair there, by token index.

    Raises:
        EditTextError: only without ``repairs``.
    """
    if repairs is not None:
        text = _GLUED_MARK.sub(r" \g<0> ", _HEADING.sub("", text, count=1))
    tokens: list[str] = []
    marks: list[tuple[int, int]] = []
    opened: int | None = None
    for index, token in enumerate(text.split()):
        if token == ERROR_START and opened is None:
            opened = len(tokens)
        elif token == ERROR_END and opened is not None:
            if opened == len(tokens):
                _fault(repairs, "empty_mark", index, f"nothing between {ERROR_START} and {ERROR_END}", f"a {DELETED}")
            marks.append((opened, len(tokens)))
            opened = None
        elif token == DELETED and opened is None:
            marks.append((len(tokens), len(tokens)))
        elif token in (ERROR_START, ERROR_END, DELETED):
            where = "outside" if opened is None else "inside"
            _fault(repairs, "stray_mark", index, f"{token} {where} a marked run", "nothing")
        else:
            tokens.append(_unescape(token))
    if opened is not None:
        _fault(repairs, "open_mark", len(text.split()), f"{ERROR_START} is never closed", "a run up to the end")
        marks.append((opened, len(tokens)))
    return Marked(tuple(tokens), tuple(marks))


def write_log(entries: Sequence[Entry]) -> str:
    """The text of a log.

    >>> write_log([Entry("DELETE", ("^", "2")), Entry("INSERT", (), ("x",))])
    'DELETE:^ 2 ; INSERT:x after <start>'
    """
    return f" {JOIN} ".join(map(_write_entry, entries))


def read_log(text: str, *, repairs: Repairs | None = None) -> list[Entry]:
    """Read a correction log; the arguments are those of `read_marked`.

    >>> read_log("REPLACE:d -> a ; DELETE:;")
    [Entry(kind='REPLACE', subject=('d',), new=('a',)), Entry(kind='DELETE', subject=(';',), new=())]

    Raises:
        EditTextError: only without ``repairs``.
    """
    if repairs is not None:
        text = _HEADING.sub("", text, count=1)
    words = text.split()
    starts = [index for index, word in enumerate(words) if word.startswith(tuple(f"{kind}:" for kind in KINDS))]
    if words and (not starts or starts[0]):
        message = f"expected {', '.join(KINDS)} and a colon, found {words[0]!r}"
        _fault(repairs, "no_entry", 0, message, "nothing")
    entries: list[Entry] = []
    for start, stop in pairwise([*starts, len(words)]):
        kind, _, first = words[start].partition(":")
        content = [*([first] if first else ()), *words[start + 1 : stop]]
        if stop < len(words):
            if content[-1:] == [JOIN]:
                content.pop()
            else:
                _fault(repairs, "no_join", stop, f"expected {JOIN!r} before {words[stop]!r}", "the next entry")
        entry = _read_entry(kind, content)
        if entry is None:
            message = f"expected {_SPELLINGS[kind]}, found {' '.join(words[start:stop])!r}"
            _fault(repairs, "bad_entry", start, message, "nothing")
        else:
            entries.append(entry)
    return entries


def read_detection(answer: str, candidate: str, *, repairs: Repairs) -> Marked:
    """Read a model's answer to error detection; what is wrong with it goes to ``repairs``.

    Args:
        candidate: the formula that the model was asked about. Where the answer shows another, the first token that
            differs is noted; the marks are those of the answer's own tokens.
    """
    marked = read_marked(answer, repairs=repairs)
    asked = tuple(candidate.split())
    if marked.tokens != asked:
        index = _first_difference(marked.tokens, asked)
        repairs.append(Repair("other_formula", index, f"token {index} is not that of the formula asked about"))
    return marked


def read_correction(answer: str, marked: str, *, repairs: Repairs) -> str:
    """Read a model's answer to error correction: a log, a line feed, the corrected formula.

    Args:
        marked: the marked formula that the model was asked about.
        repairs: takes all that is wrong, also where the log does not lead to the formula.

    Returns:
        The formula on the last line; where the answer ends before it, the log applied to ``marked``.
    """
    log, _, formula = answer.strip().rpartition("\n")
    if not log and formula.startswith(tuple(f"{kind}:" for kind in KINDS)):
        repairs.append(Repair("no_formula", len(formula.split()), "the answer ends with its log; the log was applied"))
        return apply(marked, formula, repairs=repairs)
    formula = " ".join(formula.split())
    corrected = apply(marked, log, repairs=repairs)
    if corrected != formula:
        index = _first_difference(corrected.split(), formula.split())
        repairs.append(Repair("log_differs", index, f"token {index} of the formula is not what the log leads to"))
    return formula


def _write_marked(tokens: Sequence[str], runs: Sequence[Run]) -> str:
    parts: list[str] = []
    position = 0
    for run in runs:
        parts += map(_escape, tokens[position : run.start])
        wrong = map(_escape, tokens[run.start : run.stop])
        parts += [ERROR_START, *wrong, ERROR_END] if run.stop > run.start else [DELETED]
        position = run.stop
    return " ".join([*parts, *map(_escape, tokens[position:])])


def _entry(run: Run, old: Sequence[str], new: Sequence[str]) -> Entry:
    wrong, right = tuple(old[run.start : run.stop]), tuple(new[run.label_start : run.label_stop])
    if not wrong:
        return Entry("INSERT", tuple(old[max(run.start - 1, 0) : run.start]), right)
    return Entry("REPLACE" if right else "DELETE", wrong, right)


def _write_entry(entry: Entry) -> str:
    subject, new = " ".join(map(_escape, entry.subject)), " ".join(map(_escape, entry.new))
    texts = {
        "REPLACE": f"{subject} {_ARROW} {new}",
        "INSERT": f"{new} {_AFTER} {subject or START}",
        "DELETE": subject,
    }
    return f"{entry.kind}:{texts[entry.kind]}"


_SPELLINGS = {
    "REPLACE": f"'REPLACE:old {_ARROW} new'",
    "INSERT": f"'INSERT:content {_AFTER} token'",
    "DELETE": "'DELETE:to_delete'",
}


def _read_entry(kind: str, content: Sequence[str]) -> Entry | None:
    """The entry, or None if it is not written as `_SPELLINGS` says."""
    if kind == "DELETE":
        return Entry("DELETE", _tokens(content)) if content else None
    divider = _ARROW if kind == "REPLACE" else _AFTER
    if content.count(divider) != 1:
        return None
    place = content.index(divider)
    left, right = _tokens(content[:place]), _tokens(content[place + 1 :])
    if not left or not right:
        return None
    if kind == "REPLACE":
        return Entry("REPLACE", left, right)
    if len(right) > 1:
        return None
    return Entry("INSERT", () if content[-1] == START else right, left)


def _tokens(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(_unescape, words))


def _by_mark(formula: Marked, entries: Sequence[Entry], repairs: Repairs | None) -> list[Entry | None]:
    """The entry of each mark: the k-th of the k-th. Where that does not fit, whatever order fits most of them."""
    marks = [_key(start == stop, formula.subject(mark)) for mark, (start, stop) in enumerate(formula.marks)]
    named = [_key(entry.kind == "INSERT", entry.subject) for entry in entries]
    found: list[Entry | None] = [None] * len(marks)
    for entry, mark in _couples(align(named, marks), len(named)):
        if entry is None:
            assert mark is not None
            _fault(repairs, "mark_without_entry", mark, "no entry in the log", "as it was predicted", place="mark")
        elif mark is None:
            _fault(repairs, "entry_without_mark", entry, f"{named[entry]} fits no mark", "nothing", place="entry")
        else:
            found[mark] = entries[entry]
            if named[entry] != marks[mark]:
                message = f"names {named[entry]}, the mark is {marks[mark]}"
                _fault(repairs, "other_subject", entry, message, "the correction of that mark", place="entry")
    return found


def _key(is_gap: bool, subject: Sequence[str]) -> str:
    """What entry and mark must have in common, for people to read."""
    return f"the gap after {' '.join(subject) or START!r}" if is_gap else repr(" ".join(subject))


def _couples(runs: Sequence[Run], count: int) -> Iterator[tuple[int | None, int | None]]:
    """(entry, mark) pairs of an alignment, None on the side where one has no counterpart."""
    position = shift = 0
    for run in [*runs, Run(count, count, 0, 0)]:
        for entry in range(position, run.start):
            yield entry, entry + shift
        for step in range(max(run.stop - run.start, run.label_stop - run.label_start)):
            entry, mark = run.start + step, run.label_start + step
            yield (entry if entry < run.stop else None), (mark if mark < run.label_stop else None)
        position, shift = run.stop, run.label_stop - run.stop


def _first_difference(one: Sequence[str], other: Sequence[str]) -> int:
    return next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _escape(token: str) -> str:
    return "\\" + token if _RESERVED.fullmatch(token) else token


def _unescape(token: str) -> str:
    return token[1:] if token[0] == "\\" and _RESERVED.fullmatch(token) else token


def _fault(
    repairs: Repairs | None, reason: str, index: int, message: str, read_as: str, *, place: str = "token"
) -> None:
    message = f"{place} {index}: {message}"
    if repairs is None:
        raise EditTextError(message)
    repairs.append(Repair(reason, index, f"{message}; taken as {read_as}"))
