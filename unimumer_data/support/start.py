"""What must be there before a command can start, told in one sentence. Runs on any Python 3.7, without any package."""

from __future__ import annotations

import sys
from importlib.util import find_spec


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
        sys.exit(
            f"error: not installed for {sys.executable}: {', '.join(missing)}. Use the project's environment, "
            f"source .venv/train/bin/activate after make envs, or: pip install -e '.{extra}'"
        )
