"""What setup.cfg ships is what there is."""

from __future__ import annotations

import configparser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_package_is_listed() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    listed = set(setup["options"]["packages"].split())
    found = {
        ".".join((name, *file.parent.relative_to(ROOT / folder).parts))
        for folder, name in (("unimumer_data", "unimumer_data"), ("eval", "unimumer_eval"))
        for file in (ROOT / folder).rglob("__init__.py")
    }
    assert listed == found
