"""Check that a command's packages are installed. Runs on any Python 3.7 or newer, without any package."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


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
        checkout = Path(__file__).resolve().parents[2]
        cure = f"pip install 'unimumer{extra}'"
        if (checkout / "setup.cfg").is_file():
            cure = f"make envs and source .venv/train/bin/activate, or: pip install -e '.{extra}'"
        sys.exit(f"error: not installed for {sys.executable}: {', '.join(missing)}; run: {cure}")
