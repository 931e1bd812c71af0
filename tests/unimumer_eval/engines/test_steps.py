"""Texts of single tokens, joined, are the text."""

from __future__ import annotations

from collections.abc import Sequence

from unimumer_eval.engines.base import Step
from unimumer_eval.engines.steps import steps_of, texts_of


class Bytes:
    """A tokenizer whose tokens are bytes, and whose token 256 is the end."""

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool) -> str:
        return bytes(id for id in ids if id < 256).decode("utf-8", errors="replace")


def test_a_character_belongs_to_its_last_token() -> None:
    ids = [*"α+ß".encode(), 256]
    texts = texts_of(Bytes(), ids)
    assert texts == ["", "α", "+", "", "ß", ""]


def test_many_tokens_are_read_in_time() -> None:
    ids = list(("x ^ { 2 } + ∞ " * 2000).encode())
    assert "".join(texts_of(Bytes(), ids)) == bytes(ids).decode()


def test_steps_carry_what_else_was_likely() -> None:
    steps = steps_of(Bytes(), [120, 256], [-0.1234567, -0.5], [[(120, -0.1234567), (121, -3.0)], [(256, -0.5)]])
    assert steps == (Step("x", -0.12346, (("x", -0.12346), ("y", -3.0))), Step("", -0.5, (("", -0.5),)))


def test_steps_without_alternatives() -> None:
    assert steps_of(Bytes(), [120], [-0.5]) == (Step("x", -0.5),)
