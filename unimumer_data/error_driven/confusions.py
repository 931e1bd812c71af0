r"""What is taken for what: learned from predictions or from a table of look-alikes, shown, and applied to labels.

    unimumer confusions predictions=results/run output=results/confusions

Prints the table and a heat map; writes confusions.json, which `unimumer errors` takes for its synthetic
mode, and confusions.svg.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from unimumer_data.errors import PredictionError
from unimumer_data.latex import canonical, prints_ink
from unimumer_data.latex.alignment import align
from unimumer_data.latex.grammar import COMMANDS
from unimumer_data.records.predictions import find_prediction_files, read_prediction_file
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.files import write_whole

GAP = ""  # in place of a token that is not there

# Each line: symbols that look alike in handwriting, the more alike the nearer they stand.
LOOK_ALIKES = r"""
    2 z Z
    0 o O \sigma
    1 l | I /
    5 s S
    9 q g y
    6 b \delta
    8 B \beta
    x X \times \chi
    u v \nu \mu
    U V \cup
    w W \omega
    p P \rho
    a \alpha d
    c C (
    e \in \epsilon \varepsilon
    n h \eta
    r \gamma Y
    t + f
    k K \kappa
    i j
    \phi \varphi \psi \Phi
    \theta \Theta \varnothing
    \pi \Pi \prod
    \sum \Sigma
    . ,
    < \langle \leq
    > \rangle \geq
    = \equiv \approx
    - \rightarrow \sim
    \cdot . \bullet
    \partial d \delta
    \Delta A
    T \top \tau
    m M
    7 1 \rceil
    4 y
    3 \xi \zeta
"""


@dataclass(frozen=True, slots=True)
class Confusions:
    """Counts of symbols taken for others.

    Args:
        counts: (symbol of the label, symbol of the prediction) -> times; one of both may be `GAP`.
        seen: symbol -> times in labels; the rates follow from both.
    """

    counts: Mapping[tuple[str, str], int]
    seen: Mapping[str, int]

    def rate(self, symbol: str) -> float:
        """Share of the symbol's occurrences that were taken for something else, or lost."""
        lost = sum(count for (label, _), count in self.counts.items() if label == symbol)
        return lost / max(1, self.seen.get(symbol, 0))


def learn(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Confusions:
    """Count confusions of symbols that print.

    >>> learn([(["a", "+", "z"], ["a", "+", "2"])]).counts
    {('2', 'z'): 1}

    Args:
        pairs: tokens of a prediction and of its label. Runs of several symbols taken for fewer or more count as far
            as symbol stands against symbol.
    """
    counts: Counter[tuple[str, str]] = Counter()
    seen: Counter[str] = Counter()
    for prediction, label in pairs:
        seen.update(filter(is_symbol, label))
        for run in align(prediction, label):
            wrong, right = prediction[run.start : run.stop], label[run.label_start : run.label_stop]
            if len(wrong) == len(right):
                edits = list(zip(right, wrong, strict=True))
            elif len(wrong) + len(right) == 1:
                edits = [((right or [GAP])[0], (wrong or [GAP])[0])]
            else:
                continue
            counts.update(edits)
    kept = {edit: count for edit, count in counts.items() if _is_confusion(*edit)}
    return Confusions(kept, dict(seen))


def look_alikes() -> Confusions:
    """The built-in table; neighbours in a line are confused more often than others."""
    counts: dict[tuple[str, str], int] = {}
    for line in filter(None, map(str.split, LOOK_ALIKES.splitlines())):
        for place, symbol in enumerate(line):
            for other, name in enumerate(line):
                if name != symbol:
                    counts[symbol, name] = counts.get((symbol, name), 0) + max(1, 4 - abs(place - other))
    return Confusions(counts, Counter(symbol for symbol, _ in counts))


def _is_confusion(label: str, answer: str) -> bool:
    r"""Whether symbols were confused, and not only spelt otherwise, as ``\le`` and ``\leq``."""
    if not all(token == GAP or is_symbol(token) for token in (label, answer)):
        return False
    return canonical(label, "strict", repairs=[]) != canonical(answer, "strict", repairs=[])


def is_symbol(token: str) -> bool:
    """Whether a token prints and reads no arguments, so that another such token may stand in its place."""
    command = COMMANDS.get(token)
    plain = command is None or (command.role == "symbol" and not command.args and not command.option)
    return plain and prints_ink(token) and not (len(token) > 1 and token[0] == "{")


def table(confusions: Confusions, rows: int = 30) -> str:
    """The most frequent confusions as text."""
    ranked = sorted(confusions.counts.items(), key=lambda item: (-item[1], item[0]))[:rows]
    lines = [f"{'label':>14}  {'taken for':14} {'times':>6}  {'of':>6}"]
    for (label, answer), count in ranked:
        lines.append(
            f"{label or '(nothing)':>14}  {answer or '(nothing)':14} {count:6}  {confusions.seen.get(label, 0):6}"
        )
    return "\n".join(lines)


def _axes(confusions: Confusions, size: int) -> tuple[list[str], list[str]]:
    """The symbols most often confused: of labels, and of predictions; each in the order of the alphabet."""
    labels: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for (label, answer), count in confusions.counts.items():
        labels[label] += count
        answers[answer] += count
    return _most_common(labels, size), _most_common(answers, size)


def _most_common(counts: Mapping[str, int], size: int) -> list[str]:
    return sorted(sorted(counts, key=lambda token: (-counts[token], token))[:size])


def heat_text(confusions: Confusions, size: int = 24) -> str:
    """The heat map in characters: a row for a symbol of labels, a column for what it was taken for."""
    rows, columns = _axes(confusions, size)
    most = max(confusions.counts.values(), default=1)
    lines = []
    for label in rows:
        cells = "".join(_SHADES[_shade(confusions.counts.get((label, answer), 0), most)] for answer in columns)
        lines.append(f"{label or '(nothing)':>14} |{cells}|")
    legend = " ".join(f"{place + 1}:{answer or '(nothing)'}" for place, answer in enumerate(columns))
    return "\n".join([*lines, f"columns from left, what it was taken for: {legend}"])


_SHADES = " .:-=+*#%@"


def _shade(count: int, most: int) -> int:
    """0 for none, else 1 to 9 by the square root, so that rare confusions stay visible."""
    return 0 if not count else max(1, round(9 * (count / most) ** 0.5))


def heat_svg(confusions: Confusions, size: int = 40) -> str:
    """The heat map as an SVG picture that stands alone."""
    rows, columns = _axes(confusions, size)
    most = max(confusions.counts.values(), default=1)
    cell, left, top = 18, 110, 110
    width, height = left + cell * len(columns) + 10, top + cell * len(rows) + 10
    shapes = []
    for column, answer in enumerate(columns):
        x = left + cell * column + cell / 2
        shapes.append(
            f'<text transform="translate({x + 4} {top - 6}) rotate(-90)">{escape(answer or "(nothing)")}</text>'
        )
    for row, label in enumerate(rows):
        y = top + cell * row
        shapes.append(f'<text x="{left - 6}" y="{y + 13}" text-anchor="end">{escape(label or "(nothing)")}</text>')
        for column, answer in enumerate(columns):
            count = confusions.counts.get((label, answer), 0)
            light = 96 - 7 * _shade(count, most)
            name = f"{label or '(nothing)'} taken for {answer or '(nothing)'}: {count}"
            shapes.append(
                f'<rect x="{left + cell * column}" y="{y}" width="{cell - 1}" height="{cell - 1}" '
                f'fill="hsl(215 70% {light}%)"><title>{escape(name)}</title></rect>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="monospace" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/><text x="6" y="16">label \u2193 taken for \u2192</text>'
        f"{''.join(shapes)}</svg>\n"
    )


def save(confusions: Confusions, path: Path) -> None:
    """Write a table that `load` reads."""
    rows = [[label, answer, count] for (label, answer), count in sorted(confusions.counts.items())]
    content = {"confusions": rows, "seen": dict(sorted(confusions.seen.items()))}
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def load(path: Path) -> Confusions:
    """A table that `save` wrote, or what can be learned from a prediction file.

    Raises:
        PredictionError: neither.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.suffix == ".json" else None
    except (OSError, ValueError) as error:
        raise PredictionError(f"{path}: cannot be read as confusions or predictions: {error}") from error
    if isinstance(content, dict) and "confusions" in content:
        return Confusions({(label, answer): count for label, answer, count in content["confusions"]}, content["seen"])
    return learn(_pairs([path]))


def _pairs(paths: Sequence[Path]) -> Iterable[tuple[list[str], list[str]]]:
    for path in find_prediction_files(paths).values():
        for one in read_prediction_file(path):
            if one.label is None:
                raise PredictionError(f"{path}: has no labels in it; confusions need them")
            for text in one.texts:
                yield text.split(), one.label.split()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionsConfig:
    """Keys of `unimumer confusions [config.yaml] [key=value ...]`."""

    predictions: tuple[Path, ...] = option(
        (), "prediction files or folders of them; without any, the built-in table of look-alikes"
    )
    output: Path = option(Path("results/confusions"), "folder for confusions.json and confusions.svg")
    rows: int = option(30, "number of confusions to print")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer confusions", __doc__, argv, keys=keys_of(ConfusionsConfig))
    return run_command(lambda: _show(load_config(ConfusionsConfig, words)))


def _show(config: ConfusionsConfig) -> None:
    confusions = learn(_pairs(config.predictions)) if config.predictions else look_alikes()
    save(confusions, config.output / "confusions.json")
    write_whole(config.output / "confusions.svg", heat_svg(confusions))
    print(table(confusions, config.rows))
    print(heat_text(confusions))
    print(f"files: {config.output / 'confusions.json'}, {config.output / 'confusions.svg'}")


if __name__ == "__main__":
    sys.exit(main())
