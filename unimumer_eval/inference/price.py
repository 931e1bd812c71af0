"""What more than one question a sample buys, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from unimumer_data.support.tables import write_table
from unimumer_eval.scores import SetScores

from .predict import PredictedSet, Price

_HEAD = ("set", "tokens in", "tokens out", "a sample", "times plain", "cost", "strict", "gain", "agree", "confidence")


def price_table(predicted: Sequence[PredictedSet], scores: Sequence[SetScores]) -> str:
    """The table of costs, one line a set.

    Columns: tokens, tokens a sample and against plain recognition, ExpRate (strict) and its gain over plain, share of
    answers whose tree or counts agree with their expression, mean confidence. A column that nothing is known for is
    left out.
    """
    prices = {one.name: one.price for one in predicted}
    exprates = {one.name: one.forms["strict"]["exprate"].value for one in scores}
    rows = []
    for one in predicted:
        price = one.price
        if one.plain and one.settings["rounds"]:
            price += prices[one.plain]  # refinement starts from plain recognition, hence pays for it too
        tokens = _tokens(price)
        plain = _tokens(prices[one.plain]) if one.plain else 0
        scored = one.name in exprates
        gain = f"{exprates[one.name] - exprates[one.plain]:+.2f}" if one.plain and scored else "-"
        rows.append(
            (
                one.name,
                f"{price.prompt_tokens:,}",
                f"{price.answer_tokens:,}",
                f"{tokens / len(one.pairs):.1f}",
                f"{tokens / plain:.2f}" if plain else "-",
                "-" if price.money is None else f"{price.money:.4f}",
                f"{exprates[one.name]:.2f}" if scored else "-",
                gain,
                _share([pair.extra.get("agrees") for pair in one.pairs]),
                _mean([pair.confidence for pair in one.pairs]),
            )
        )
    known = [column for column in zip(_HEAD, *rows, strict=True) if set(column[1:]) != {"-"}]
    head, *lines = zip(*known, strict=True)
    return "\nPrice in tokens\n" + write_table(head, lines, "screen")


def _tokens(price: Price) -> int:
    return price.prompt_tokens + price.answer_tokens


def _share(values: Sequence[bool | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{100 * sum(known) / len(known):.1f} %" if known else "-"


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.3f}" if known else "-"
