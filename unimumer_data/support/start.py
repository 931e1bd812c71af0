"""Check that a command's packages are installed. Runs on any Python 3.7 or newer, without any package."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
"""Where this code is: the root of a checkout, or the folder of installed packages."""


def other_checkout(folder: Path) -> Path | None:
    """The checkout of this project that ``folder`` is in, where the code that runs is another one's; else None."""
    for root in (folder, *folder.parents):
        if (root / "unimumer_data" / "support" / Path(__file__).name).is_file():
            return None if root == CHECKOUT else root
    return None


def note_other_checkout() -> None:
    """Say on standard error where the user stands in a checkout, and an installed command runs another one's code."""
    try:
        other = other_checkout(Path.cwd())
    except FileNotFoundError:  # the current folder is gone
        return
    if other:
        print(
            f"note: this runs the code of {CHECKOUT}, not that of {other}; "
            f"to run the latter: PYTHONPATH={other} python -m unimumer_data ...",
            file=sys.stderr,
        )


def require(*modules: str, extra: str = "") -> None:
    """Check Python and the modules that a command imports.

    Args:
        extra: of setup.cfg that brings the modules.

    Raises:
        SystemExit: with the cure.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - in a checkout nobody has checked it yet
        sys.exit("error: Python 3.11 or newer is needed, this is " + sys.version.split()[0])
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        cure = f"pip install 'unimumer{extra}'"
        if (CHECKOUT / "setup.cfg").is_file():
            cure = f"make envs and source .venv/train/bin/activate, or: pip install -e '.{extra}'"
        sys.exit(f"error: not installed for {sys.executable}: {', '.join(missing)}; run: {cure}")
