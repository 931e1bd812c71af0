"""The three shapes of records that LLaMA-Factory reads: sharegpt, openai, alpaca; each as texts and pictures.

Follows LLaMA-Factory 0.9.5, data/parser.py (`DatasetAttr`) and data/converter.py; tests compare both on the same
records. What its converters drop, or what makes its preprocessing crash, is a `Fault` with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unimumer_data.records.record import IMAGE_TOKEN

SPECIAL_TOKENS = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>", "<|im_start|>", "<|im_end|>")
FORMATS = ("alpaca", "sharegpt", "openai")
_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output", "messages": "conversations"}
_TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}
_OTHER_MEDIA = {"videos": "<video>", "audios": "<audio>"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why LLaMA-Factory does not train on a record: the kind of finding, and what the record has or lacks."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A record as training sees it: all text before the last answer, that answer, and the pictures (paths)."""

    prompt: str
    answer: str
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What an entry of dataset_info.json says of its records.

    Args:
        formatting: one of `FORMATS`.
        columns: what a column holds -> its name; one that is not there is not read.
        tags: of sharegpt and openai messages.
    """

    formatting: str
    columns: Mapping[str, str]
    tags: Mapping[str, str | None]

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Shape:
        """Read an entry as LLaMA-Factory does: named columns or tags replace all defaults, the unnamed ones too."""
        columns, tags = entry.get("columns"), entry.get("tags")
        return cls(
            formatting=str(entry.get("formatting") or "alpaca"),
            columns=_COLUMNS if columns is None else {key: name for key, name in columns.items() if name},
            tags=_TAGS if tags is None else {key: tags.get(key) for key in _TAGS},
        )

    def read(self, record: Any) -> Turn | Fault:
        """A record as texts and pictures, or why it is not trained on."""
        if not isinstance(record, dict):
            return Fault("record", f"is no object but a {type(record).__name__}")
        texts = self._alpaca(record) if self.formatting == "alpaca" else self._messages(record)
        if isinstance(texts, Fault):
            return texts
        return self._media(record, texts) or Turn("\0".join(texts[:-1]), texts[-1], self._images(record))

    def _alpaca(self, record: Mapping[str, Any]) -> list[str] | Fault:
        columns = self.columns
        history = record.get(columns.get("history", "")) or []
        texts = [text for pair in history for text in pair] if isinstance(history, list) else []
        question = [record.get(columns[key]) for key in ("prompt", "query") if key in columns]
        answer = record.get(columns.get("response", ""))
        if not isinstance(answer, str):
            return Fault("null_text", f"has no text in {columns.get('response')!r}; LLaMA-Factory drops the record")
        texts += ["\n".join(str(part) for part in question if part), answer]
        return self._texts(texts)

    def _messages(self, record: Mapping[str, Any]) -> list[str] | Fault:
        column = self.columns.get("messages")
        messages = record.get(column) if column else None
        if not isinstance(messages, list) or not messages:
            return Fault("no_messages", f"has no {column!r}")
        tags = self.tags
        first = messages[0]
        system: list[Any] = []
        if tags["system_tag"] and isinstance(first, dict) and first.get(tags["role_tag"]) == tags["system_tag"]:
            system, messages = [first.get(tags["content_tag"])], messages[1:]
        if self.formatting == "openai":
            messages = self._join_tool_answers(messages)
        roles = (
            (tags["user_tag"], tags["observation_tag"]),
            (tags["assistant_tag"], tags["function_tag"]),
        )
        texts = []
        for number, message in enumerate(messages):
            role = message.get(tags["role_tag"]) if isinstance(message, dict) else None
            if role is None or role not in roles[number % 2]:
                return Fault("role", f"turn {number} is by {role!r}; LLaMA-Factory drops the record")
            texts.append(message.get(tags["content_tag"]))
        if len(messages) % 2 or not messages:
            return Fault("odd_turns", f"has {len(messages)} turns; LLaMA-Factory drops odd counts")
        return self._texts(texts, system)

    def _join_tool_answers(self, messages: Sequence[Any]) -> list[Any]:
        """openai: answers of tools in a row are one turn, and calls of tools are a turn without content."""
        role_tag, tool = self.tags["role_tag"], self.tags["observation_tag"]
        joined: list[Any] = []
        for message in messages:
            if not isinstance(message, dict):
                return list(messages)
            if message.get("tool_calls"):
                message = {**message, self.tags["content_tag"]: str(message["tool_calls"])}
            if joined and message.get(role_tag) == tool and joined[-1].get(role_tag) == tool:
                continue
            joined.append(message)
        return joined

    def _texts(self, texts: list[Any], system: Sequence[Any] = ()) -> list[str] | Fault:
        every = [*system, *texts]
        for number, text in enumerate(every):
            if not isinstance(text, str):
                return Fault("null_text", f"turn {number} is {text!r}, which makes LLaMA-Factory crash")
        if not every[-1].strip():
            return Fault("empty_answer", "has an empty answer; the model would learn to write nothing")
        for token in SPECIAL_TOKENS:
            if any(token in text for text in every):
                return Fault("special_token", f"has {token} in its text, which makes training crash")
        return ["\0".join([*system, texts[0]]), *texts[1:]]

    def _media(self, record: Mapping[str, Any], texts: Sequence[str]) -> Fault | None:
        marks = sum(text.count(IMAGE_TOKEN) for text in texts)
        count = len(self._images(record))
        if marks != count:
            named = f"for {count} images" if "images" in self.columns else 'but its entry names no "images" column'
            return Fault("image_marks", f"has {marks} {IMAGE_TOKEN} {named}, which makes LLaMA-Factory crash")
        for column, mark in _OTHER_MEDIA.items():
            files = record.get(self.columns[column]) if column in self.columns else None
            found = len(files) if isinstance(files, list) else int(files is not None)
            marks = sum(text.count(mark) for text in texts)
            if marks != found:
                text = f"has {marks} {mark} for {found} {column}, which makes LLaMA-Factory crash"
                return Fault("media_marks", text)
        return None

    def _images(self, record: Mapping[str, Any]) -> tuple[str, ...]:
        images = record.get(self.columns["images"]) if "images" in self.columns else None
        listed = images if isinstance(images, list) else [] if images is None else [images]
        return tuple(one if isinstance(one, str) else "" for one in listed)
