"""Texts of single tokens, joined, are the text."""

from __future__ import annotations

from collections.abc import Sequence

from unimumer_eval.engines.base import Step
from unimumer_eval.engines.steps import steps_of


class Bytes:
    """A tokenizer whose tokens are bytes, and whose token 256 is the end."""

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool) -> str:
        return bytes(id for id in ids if id < 256).decode("utf-8", errors="replace")


def texts_of(ids: Sequence[int]) -> list[str]:
    return [step.text for step in steps_of(Bytes(), ids, [0.0] * len(ids))]


def test_a_character_belongs_to_its_last_token() -> None:
    assert texts_of([*"α+ß".encode(), 256]) == ["", "α", "+", "", "ß", ""]


def test_a_likely_token_has_the_text_that_it_would_add() -> None:
    first, last = "α".encode()
    steps = steps_of(Bytes(), [first, last], [-0.1, -0.2], [[(first, -0.1), (120, -3.0)], [(last, -0.2), (178, -2.0)]])
    assert steps[0].likely == (("", -0.1), ("x", -3.0))
    assert steps[1].likely == (("α", -0.2), ("β", -2.0))


def test_many_tokens_are_read_in_time() -> None:
    ids = list(("x ^ { 2 } + ∞ " * 2000).encode())
    assert "".join(texts_of(ids)) == bytes(ids).decode()


def test_steps_carry_what_else_was_likely() -> None:
    steps = steps_of(Bytes(), [120, 256], [-0.1234567, -0.5], [[(120, -0.1234567), (121, -3.0)], [(256, -0.5)]])
    assert steps == (Step("x", -0.12346, (("x", -0.12346), ("y", -3.0))), Step("", -0.5, (("", -0.5),)))


def test_steps_without_alternatives() -> None:
    assert steps_of(Bytes(), [120], [-0.5]) == (Step("x", -0.5),)
