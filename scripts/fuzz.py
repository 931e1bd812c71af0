"""Throw damaged input at every reader: ``python scripts/fuzz.py [minutes=5] [seed=0] [only=latex,inkml]``.

A reader may refuse its input by `UniMumerError`. Anything else is a fault: another error, a property that does not
hold (a form that is not stable, say), or more than ten seconds of work. Each fault is printed once with the input
that shows it; the input is kept in ``fuzz-faults/``. Ends with 1 where there is one. The same seed gives the same
inputs.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fuzz_targets import TARGETS, Target, seeds_of, words_of

from unimumer_data.errors import UniMumerError
from unimumer_data.support.config import load_config, option

HANG = 10
"""Seconds of this process' work that one input may take. A busy machine is no fault, so by the clock it is
`PATIENCE` times as long: only what waits takes that."""
PATIENCE = 12
LONGEST = 20_000
"""Bytes of an input."""
FAULTS = Path("fuzz-faults")
ROUND = 50
"""Inputs for a target before it is the next one's turn."""

_ODD = (
    *(b"\x00", b"\xff", b"\n", b"\r", b"\t", b'"', b"'", b"{", b"}", b"[", b"]", b"\\", b"<", b">", b"&", b"-", b"="),
    *(b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xff\xfe", b"1e999", b"NaN", b"-1", b"9" * 400, b"null"),
    *(b"../../a", b"&a;", b"<!DOCTYPE a [", b"\\ud800", b"*a", b"!!python/name:os.system", b"%s", b"\xcc\x81"),
)


@dataclass(frozen=True, kw_only=True)
class FuzzConfig:
    minutes: float = option(1.0, "how long")
    seed: int = option(0, "of the random numbers")
    only: tuple[str, ...] = option((), "names of targets; all by default")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An input that a reader does not survive."""

    target: str
    what: str
    data: bytes


class _HangError(BaseException):
    """No Exception, so that no reader catches it."""


def fuzz(targets: Sequence[Target], *, seconds: float, seed: int = 0) -> tuple[list[Fault], Counter[str]]:
    """Try targets in turn until the time is up, each at least once.

    Returns:
        The faults, each kind once for a target, and how many inputs every target got.
    """
    warnings.simplefilter("ignore")  # Pillow's, of damaged pictures
    source = random.Random(seed)
    corpora = {target.name: seeds_of(target) for target in targets}
    words = {name: words_of(seeds) for name, seeds in corpora.items()}
    faults: dict[tuple[str, str], Fault] = {}
    tried: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while True:
        for target in targets:
            for _ in range(ROUND):
                data = mutate(source, corpora[target.name], words[target.name])
                tried[target.name] += 1
                what = try_one(target, data)
                if what:
                    key = (target.name, what.splitlines()[-1])
                    known = faults.get(key)
                    if known is None or len(data) < len(known.data):
                        faults[key] = Fault(target=target.name, what=what, data=data)
        if time.monotonic() > end:
            return list(faults.values()), tried


def try_one(target: Target, data: bytes) -> str:
    """What is wrong with how a target takes an input; empty if nothing is."""
    previous = {kind: signal.signal(kind, _stop) for kind in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, HANG)
    signal.alarm(HANG * PATIENCE)
    try:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            target.check(data, Path(folder))
    except (UniMumerError, *target.expected):
        return ""
    except _HangError:
        return f"more than {HANG} seconds"
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{traceback.format_exc()}\n{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for kind, handler in previous.items():
            signal.signal(kind, handler)
    return ""


def _stop(*_: object) -> None:
    raise _HangError


def mutate(source: random.Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """A seed with one to eight changes."""
    data = source.choice(seeds)
    for _ in range(source.choice((1, 1, 2, 3, 5, 8))):
        start = source.randrange(len(data) + 1)
        stop = min(len(data), start + source.choice((1, 1, 2, 5, 20, 200)))
        match source.randrange(8):
            case 0:
                data = data[:start] + data[stop:]
            case 1 | 2:
                data = data[:start] + source.choice(words) + source.choice((b"", b" ")) + data[start:]
            case 3:
                data = data[:start] + source.choice(_ODD) + data[start:]
            case 4:
                data = data[:start] + bytes([source.randrange(256)]) + data[start + 1 :]
            case 5:  # again elsewhere
                place = source.randrange(len(data) + 1)
                data = data[:place] + data[start:stop] + data[place:]
            case 6:  # again and again
                data = data[:start] + data[start:stop] * source.choice((2, 3, 50, 2000)) + data[stop:]
            case _:
                other = source.choice(seeds)
                data = data[:start] + other[source.randrange(len(other) + 1) :]
        data = data[:LONGEST]
    return data


def main(argv: Sequence[str] | None = None) -> int:
    config = load_config(FuzzConfig, sys.argv[1:] if argv is None else argv)
    targets = [target for target in TARGETS if not config.only or target.name in config.only]
    faults, tried = fuzz(targets, seconds=60 * config.minutes, seed=config.seed)
    for name, count in tried.items():
        print(f"{name:20} {count:8} inputs, {sum(fault.target == name for fault in faults)} faults")
    for fault in faults:
        FAULTS.mkdir(exist_ok=True)
        file = FAULTS / f"{fault.target.replace(' ', '_')}-{sha256(fault.data).hexdigest()[:8]}"
        file.write_bytes(fault.data)
        print(f"\n{fault.target}: {fault.what.strip()}\n  input: {file} ({fault.data[:200]!r})")
    return int(bool(faults))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UniMumerError as error:
        sys.exit(f"error: {error}")
