"""Every reader survives damaged input; and the fuzzer would say so if one did not."""

from __future__ import annotations

import time
from pathlib import Path

import fuzz
import pytest
from fuzz_targets import TARGETS, Target

from unimumer_data.errors import SourceError

BY_NAME = {target.name: target for target in TARGETS}


@pytest.mark.parametrize(
    ("target", "data"),
    [
        ("label", rb"\begin{} a \end{} b"),
        ("label", rb"\sum \limits _ a \int \nolimits _ b"),
        ("label", b"\\" * 200_000),
        ("label", b"\t" + b"a" * 200_000),
        ("tree", b"\\begin\n\tx (begin_cases)"),
        ("tree", b"\\begin\n\tx (begin_cases)\n\t\\end (end_matrix)"),
        ("answer", b"\\begin\n\tx (begin_cases)\nx"),
        ("symlg", b"O, a, , 1.0"),
        ("mathml", b"<math\xed\xa0\x80></math>"),
        ("csv", b"../" + b"l" * 5000 + b",x\n"),
        ("csv", b"l" * 5000 + b",x\n"),
        ("csv", b",x\n"),
        ("jsonl", b'{"image": "", "latex": "x"}'),
        ("jsonl", b'{"image": "a.png", "latex": "/\\ud800"}\n{"image": "b.png", "latex": "x"}'),
        ("counts", b"x: " + b"3" * 5000),
        ("predictions txt", b"\tx"),
        ("predictions txt", b".png\tx"),
        ("predictions json", b'[{"img_id": "", "pred": "x"}]'),
        ("predictions zip", b"%\n$0$"),
        (
            "reply",
            b'{"choices": [{"message": {"content": "x"}, "logprobs": {"content": [{"token": "x", "logprob": -0.1, '
            b'"top_logprobs": [{"token": "x", "logprob": -' + b"9" * 400 + b"}]}]}}]}",
        ),
        (
            "picture",
            b"II*\x00\x08\x00\x00\x00\x04\x00\x00\x01\x04\x00\x01\x00\x00\x00(\x00\x00\x00\x01\x01\x04\x00\x01\x00\x00\x00"
            b"\x14\x00\x00\x00\x03\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00\x11\x01\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00"
            b"\x3e\x00\x00\x00" + bytes(6),
        ),
    ],
)
def test_what_fuzzing_has_found(target: str, data: bytes) -> None:
    assert fuzz.try_one(BY_NAME[target], data) == ""


def test_seeds_are_read() -> None:
    for target in TARGETS:
        assert fuzz.seeds_of(target), target.name


@pytest.mark.slow
def test_one_minute() -> None:
    faults, tried = fuzz.fuzz(TARGETS, seconds=60)
    assert not faults, "\n".join(f"{fault.target}: {fault.what}\n{fault.data!r}" for fault in faults)
    assert set(tried) == set(BY_NAME)


class TestTheFuzzer:
    def test_finds_errors_and_keeps_the_shortest_input(self) -> None:
        def check(data: bytes, _: Path) -> None:
            if b"7" in data:
                raise IndexError("out of range")
            if b"8" in data:
                raise SourceError("refused")

        faults, tried = fuzz.fuzz([Target(name="a", seeds=("1 7", "8" * 50), check=check)], seconds=0)
        assert [fault.what.splitlines()[-1].split(" in ")[0] for fault in faults] == ["IndexError"]
        assert b"7" in faults[0].data and tried == {"a": fuzz.ROUND}

    def test_ends_what_hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fuzz, "HANG", 1)
        assert fuzz.try_one(Target(name="a", seeds=(), check=lambda *_: time.sleep(30)), b"") == "more than 1 seconds"

    def test_the_same_seed_gives_the_same_inputs(self) -> None:
        seen: list[list[bytes]] = []
        for _ in range(2):
            inputs: list[bytes] = []
            target = Target(name="a", seeds=("x ^ { 2 }", "y"), check=lambda data, _, seen=inputs: seen.append(data))
            fuzz.fuzz([target], seconds=0, seed=3)
            seen.append(inputs)
        assert seen[0] == seen[1] and len(set(seen[0])) > 20

    def test_ends_with_one_and_keeps_the_input(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def check(data: bytes, _: Path) -> None:
            raise KeyError("x")

        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(fuzz, "TARGETS", (Target(name="a b", seeds=("x",), check=check),))
        assert fuzz.main(["minutes=0"]) == 1
        assert len(list(Path("fuzz-faults").iterdir())) == 1 and "KeyError" in capsys.readouterr().out
