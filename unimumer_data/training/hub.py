"""Where the files of a model are: on this machine, or on the hub."""

from __future__ import annotations

import os
import re
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Literal

Place = Literal["local", "cached", "hub", "missing", "refused", "unreachable"]

SECONDS = 5.0
"""How long the hub may take to answer."""

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def can_be_on_the_hub(name: str) -> bool:
    """Whether a name can be one of the hub (owner/name); a path into a folder that exists here is none."""
    return bool(_HUB_NAME.fullmatch(name)) and not name.startswith(".") and not Path(name).parent.is_dir()


def find_model(name: str) -> Place:
    """Where the files of a model are; asks the hub at most once, for a few seconds."""
    if (Path(name) / "config.json").is_file():
        return "local"
    if cached_config(name) is not None:
        return "cached"
    if not can_be_on_the_hub(name):
        return "missing"
    return _ask(name)


def hub_answers(name: str) -> bool:
    """Whether the hub can be reached, whatever it says of a model; asks once, for a few seconds."""
    return _ask(name) != "unreachable"


def go_offline() -> None:
    """Let Hugging Face's libraries look on this machine only: each request of theirs is retried for half a minute."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    if loaded := sys.modules.get("huggingface_hub.constants"):
        loaded.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]


def _ask(name: str) -> Place:
    if os.environ.get("HF_HUB_OFFLINE", "0").upper() in ("1", "ON", "YES", "TRUE"):
        return "unreachable"
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    question = urllib.request.Request(f"{endpoint}/{name}/resolve/main/config.json", method="HEAD")
    try:
        with urllib.request.urlopen(question, timeout=SECONDS):
            return "hub"
    except urllib.error.HTTPError as error:
        return "refused" if error.code in (401, 404) and not _has_token() else "hub"
    except OSError as error:
        # certificates of a company's proxy may be known to other libraries
        return "hub" if isinstance(getattr(error, "reason", None), ssl.SSLError) else "unreachable"


def _has_token() -> bool:
    """Whether the user has a token, with which the hub may show more than to us."""
    try:
        from huggingface_hub import get_token
    except ImportError:
        return False
    return get_token() is not None


def cached_config(name: str) -> Path | None:
    """config.json of a model in the cache of the hub; None where it was never fetched."""
    if not _HUB_NAME.fullmatch(name):
        return None
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    try:
        found = try_to_load_from_cache(name, "config.json")
    except ValueError:  # no name of a repository
        return None
    return Path(found) if isinstance(found, str) else None
