r"""What models put around an answer: reasoning, code fences, dollars, boxes, words, tokens of their chat template.

`unwrap` is the one place that removes it, for answers of every engine, for prediction files and for labels.
"""

from __future__ import annotations

import json
import re

_ROUNDS = 12  # wrappers within wrappers; a text with more of them stays as it is
_SUSPECT = re.compile(
    r"[`~$]|<|\\[\[(]|\\boxed|\\begin ?{ ?(?:al|ga|mu|di|ma)|\[/?[A-Z]|\u25c1|\*\*|^[\s#]|\s$"
    r"|^\s*(?:\[\s*)?{\s*[\"']|^\u201c|[Aa]nswer"
)

_REASONING = r"think|thinking|thought|thoughts|reasoning|reason|analysis|reflection|scratchpad"
_REASONED = re.compile(
    rf"\s*[<\u25c1\[]({_REASONING})[>\u25b7\]].*?[<\u25c1\[]/\1[>\u25b7\]]", re.DOTALL | re.IGNORECASE
)
_REASON_END = re.compile(
    rf".*(?:[<\u25c1\[]/(?:{_REASONING})[>\u25b7\]]|<\|channel\|>final<\|message\|>)", re.DOTALL | re.IGNORECASE
)
_THOUGHT = re.compile(r"\s*<\|begin_of_thought\|>.*?(?:<\|end_of_thought\|>|\Z)", re.DOTALL)
_REASON_START = re.compile(rf"\s*(?:[<\u25c1](?:{_REASONING})[>\u25b7]|<\|channel\|>analysis)", re.IGNORECASE)
_NAMED = re.compile(
    r"\s*<(answer|latex|output|result|formula|code|pre|math)>(.*?)(?:</\1>\s*)?", re.DOTALL | re.IGNORECASE
)
_NAME_END = re.compile(r"</(?:answer|latex|output|result|formula)>\s*\Z", re.IGNORECASE)

_SPECIAL = (
    r"(?:<[|\uff5c][^\s<>|]+[|\uff5c]>|</?s>|<(?:pad|bos|eos|unk|(?:start|end)_of_turn)>"
    r"|\[(?:PAD|CLS|SEP|EOS|BOS|/?INST)\])"
)
_SPECIAL_BEFORE = re.compile(rf"\s*{_SPECIAL}(?:assistant(?=\n|<))?|\s*assistant\n")
_SPECIAL_AFTER = re.compile(rf"{_SPECIAL}\s*\Z")
_TURN_END = re.compile(
    r"<[|\uff5c](?:im_end|endoftext|eot_id|end_of_text|return|user|end\u2581of\u2581sentence)[|\uff5c]>|<end_of_turn>"
)
"""What ends an answer; a server that does not stop there goes on with another turn."""
_LANGUAGE = r"(?:latex|tex|math|katex|mathjax|markdown|md|plaintext|text|txt)"
_FENCED = re.compile(
    rf"\s*(?P<mark>`{{3,}}|~{{3,}})(?:{_LANGUAGE}\b[ \t]*\n?|[ \t]*[\w+-]*[ \t]*\n|)(?P<inside>.*?)\s*"
    r"(?:(?P=mark)\s*(?:[A-Z][a-z]+ [^`]*)?)?",
    re.DOTALL | re.IGNORECASE,
)
_FENCE_IN_WORDS = re.compile(r"[^\\$`{}^_=+]*?(?P<fence>```[^`]*```)[^\\$`{}^_=+]*", re.DOTALL)
_FENCE_LINE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[\w+-]*[ \t]*\Z")
_BACKTICKS = re.compile(r"\s*(?P<mark>`{1,2})(?!`)(?P<inside>[^`]+)(?P=mark)\s*")
_DISPLAYED = (
    re.compile(r"\s*\$\$(?P<inside>[^$]*)\$\$\s*", re.DOTALL),
    re.compile(r"\s*\$(?P<inside>[^$]+)\$\s*", re.DOTALL),
    re.compile(r"\s*\\\[(?P<inside>(?:(?!\\[\[\]]).|(?<=\\)\\\[)*)\\\]\s*", re.DOTALL),
    re.compile(r"\s*\\\((?P<inside>(?:(?!\\[()]).)*)\\\)\s*", re.DOTALL),
    re.compile(r"\s*\*\*(?P<inside>(?!\*)[^*]+)\*\*\s*\Z", re.DOTALL),
    re.compile(  # one row of one cell
        r"\s*\\begin ?{ ?(?P<name>(?:align|gather|multline|math|displaymath)\*?) ?}"
        r"(?P<inside>(?:(?!\\\\|\\begin|\\end)[^&])*)\\end ?{ ?(?P=name) ?}\s*",
        re.DOTALL,
    ),
)
_QUOTED = re.compile(r"\s*\u201c(?P<inside>[^\u201c\u201d]+)\u201d\s*")
_BOX = r"\boxed{"
_OBJECT = re.compile(r"\s*(?:\[\s*)?{\s*[\"'].*}(?:\s*\])?\s*", re.DOTALL)
_FIELD = re.compile(
    r"[\"'](?:latex|latex_code|tex|formula|equation|expression|answer|final_answer|result|output|transcription|text)[\"']"
    r"\s*:\s*(?P<quote>[\"'])(?P<inside>(?:(?!(?P=quote))[^\\]|\\.)*)(?P=quote)\s*[,}]",
    re.DOTALL | re.IGNORECASE,
)
_ANSWER_LINE = re.compile(
    r".*\n[\s#*]*(?:the )?(?:final )?answer(?:\s*\*\*)?\s*(?:[:\uff1a]|is\b)(?:\s*\*\*)?(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
"""The last line, or last lines, that say what the answer is."""
_LEAD = re.compile(
    r"(?:(?:Sure|Certainly|Of course|Absolutely|Okay|OK)\s*[!.,]\s*)?"
    r"[\s#*]*(?P<words>[A-Za-z\u4e00-\u9fff](?:[A-Za-z\u4e00-\u9fff', -]{0,150}))"
    r"(?:\s*\*\*)?(?:\s*[:\uff1a]|\s*\n|\s+is(?=\s)|(?<=[\u662f\u4e3a])\s*(?=[$\\]))(?:[\s:*]*\n|\s*\*\*)?(?P<rest>.*)",
    re.DOTALL,
)
_SUBJECT = re.compile(
    r"(?:\A|[ ,])(?:latex|formula|expression|equation|answer|output|result|transcription|assistant)(?:\Z|[ ,])"
    r"|\u7b54\u6848|\u516c\u5f0f|\u7ed3\u679c|\u8f93\u51fa|\u8868\u8fbe\u5f0f|\u4ee3\u7801",
    re.IGNORECASE,
)
"""What a line before an answer speaks of; in Chinese: answer, formula, result, output, expression, code."""
_REMARK = re.compile(r"\.?\s*(?:(?<=\n)[A-Z][a-z']* [^$]*)?\Z", re.DOTALL)
_PROSE = re.compile(
    r"\s*(?:[A-Z][a-z']*(?:,? +[A-Za-z']+)+|Answer|LaTeX|Output|Result)\s*(?:is)?\s*[:.]?\s*", re.DOTALL
)


def unwrap(text: str, *, working: bool = False, boxed: bool = False) -> str:
    r"""The answer without what is only around it.

    >>> unwrap("<think>a square</think>\n```latex\n$$x^{2}$$\n```<|im_end|>")
    'x^{2}'

    Args:
        text: as the model wrote it, or a label.
        working: whether the answer has lines before its expression (a tree, counts); these stay.
        boxed: whether a box around the whole expression is ink, since the label has it too.

    Returns:
        The answer; empty where the model did not come to the end of its reasoning. A text without a wrapper comes
        back as it is.
    """
    if not _SUSPECT.search(text) and not _LEAD.match(text) and not text.startswith("assistant\n"):
        return text
    whole = text
    for _ in range(_ROUNDS):
        before = text
        for step in (_without_reasoning, _without_special_tokens):
            text = step(text)
        text = _without_fence_lines(text) if working else _without_fence(text)
        text = _last_line(text, boxed) if working else _without_marks(text, boxed)
        if text == before:
            break
    return whole if text == whole else text.strip()


def _without_reasoning(text: str) -> str:
    if match := _REASONED.match(text):
        return text[match.end() :]
    if match := _THOUGHT.match(text):
        return text[match.end() :]
    if match := _REASON_END.match(text):  # its beginning was part of the prompt
        return text[match.end() :]
    if _REASON_START.match(text):  # cut before its end
        return ""
    if match := _NAMED.fullmatch(text):
        return match.group(2)
    return _NAME_END.sub("", text)


def _without_special_tokens(text: str) -> str:
    while match := _SPECIAL_BEFORE.match(text):
        text = text[match.end() :]
    if (match := _TURN_END.search(text)) and match.start():
        text = text[: match.start()]
    while match := _SPECIAL_AFTER.search(text):
        text = text[: match.start()]
    return text


def _without_fence(text: str) -> str:
    """A text that is a fence, or a sentence and a fence."""
    if "```" not in text and "~~~" not in text:
        return text
    if match := _FENCED.fullmatch(text):
        return match.group("inside")
    prose = _PROSE.match(text)
    if prose and (match := _FENCED.fullmatch(text, prose.end())):
        return match.group("inside")
    return match.group("fence") if (match := _FENCE_IN_WORDS.fullmatch(text)) else text


def _without_fence_lines(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(line for line in lines if not _FENCE_LINE.match(line)) if "```" in text or "~~~" in text else text


def _last_line(text: str, boxed: bool) -> str:
    head, feed, last = text.rstrip().rpartition("\n")
    return head + feed + _without_marks(last, boxed)


def _without_marks(text: str, boxed: bool) -> str:
    """Without backticks, dollars, quotes, a box, JSON and a line of words around all of it."""
    if _OBJECT.fullmatch(text) and (field := _FIELD.search(text)):
        return _unescaped(field["inside"])
    if match := _QUOTED.fullmatch(text):
        return match["inside"]
    if match := _BACKTICKS.fullmatch(text):
        return match.group("inside")
    for pattern in _DISPLAYED:
        if (match := pattern.match(text)) and _REMARK.match(text, match.end()):
            return match.group("inside")
    if not boxed and (inside := _without_box(text)) != text:
        return inside
    return _without_lead(text)


def _without_lead(text: str) -> str:
    """Without words that announce the answer: ``LaTeX: x ^ 2``, a heading, a sentence and a line feed."""
    if (match := _ANSWER_LINE.fullmatch(text)) and match["rest"].strip():
        return match["rest"]
    match = _LEAD.match(text)
    if match and match["rest"].strip() and _SUBJECT.search(match["words"].strip()):
        return match["rest"]
    return text


def _unescaped(text: str) -> str:
    """A string of JSON; where no backslash is doubled, the model wrote LaTeX as it is."""
    if "\\\\" not in text:
        return text.replace('\\"', '"')
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _without_box(text: str) -> str:
    r"""``\boxed{x}``, or a sentence that ends in it; a box within a formula is ink."""
    stripped = text.strip().rstrip(".")
    start = stripped.find(_BOX)
    if start < 0:
        return text
    before, rest = stripped[:start], stripped[start + len(_BOX) :]
    inside = _balanced(rest)
    if inside is None:
        return text
    after = rest[len(inside) + 1 :]
    dollars = before.rstrip()[-2:].count("$")
    opening = before.rstrip().rstrip("$")
    if after.strip() != "$" * dollars or (opening.strip() and not _PROSE.fullmatch(opening)):
        return text
    return inside


def _balanced(text: str) -> str | None:
    """The part of a text before the brace that closes what was opened before it."""
    depth = 1
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return text[: match.start()]
    return None
