"""How many samples a comparison needs: the smallest difference of ExpRate that n samples can show.

    unimumer power n=986
    unimumer power n=986 disagree=12 power=90

``disagree`` is the percentage of samples that only one of two runs gets right; without it, several are shown.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from unimumer_data.errors import ConfigError
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.tables import show, write_table

from .scores.power import smallest_difference

_USUAL = (2.0, 5.0, 10.0, 15.0, 20.0, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerConfig:
    """Keys of `unimumer power [key=value ...]`."""

    n: int = option(about="samples of the test set")
    disagree: float | None = option(
        None, "percent of samples that only one of two runs has right, if known; without it a table of usual shares"
    )
    power: float = option(80.0, "percent: how often the test shall find a difference that is there")
    alpha: float = option(5.0, "percent: two-sided significance level")

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ConfigError(f"n must be 1 or more, got {self.n}")
        for key in ("disagree", "power", "alpha"):
            value = getattr(self, key)
            if value is not None and not 0 < value < 100:
                raise ConfigError(f"{key} must be between 0 and 100 percent, got {value}")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("unimumer power", __doc__, argv, keys=keys_of(PowerConfig))
    return run_command(lambda: _show(load_config(PowerConfig, words)))


def _show(config: PowerConfig) -> None:
    shares = _USUAL if config.disagree is None else (config.disagree,)
    rows = [(f"{share:g} %", _smallest(config, share)) for share in shares]
    show(f"{config.n} samples, McNemar's test at {config.alpha:g} %, power {config.power:g} %")
    show(write_table(("only one run is right", "smallest difference of ExpRate, points"), rows, "screen"))


def _smallest(config: PowerConfig, share: float) -> str:
    found = smallest_difference(config.n, share / 100, alpha=config.alpha / 100, wanted=config.power / 100)
    return "none" if found is None else f"{100 * found:.2f}"


if __name__ == "__main__":
    sys.exit(main())
