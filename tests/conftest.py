"""Fixtures that more than one test module needs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A model that is not here is not asked for on a hub, and waited for, in tests.
os.environ["HF_HUB_OFFLINE"] = "1"

# A run that a script starts in the background ignores Ctrl-C, and so would all processes that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples everywhere, and no deadline: a busy machine is no fault of ours.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"

HOSTILE = (
    "<script>window.harm=1</script>",
    '"><img src=x onerror="window.harm=1">',
    "'><svg onload=window.harm=1>",
    "</script></style></title></textarea><script>window.harm=1</script>",
    "<!-- x",
    "]]> --> x",
    "{{7*7}} ${7*7}",
    "javascript:window.harm=1",
    "[x](javascript:window.harm=1) ![x](http://evil.invalid/x)",
    "`</code><script>window.harm=1</script>`",
    "| a | b |",
    "# h",
    "- x",
    "1. x",
    "> q",
    "a **b** _c_ ~~d~~ ~e~",
    "<b>x</b> &lt;b&gt; &amp;",
    "<details open ontoggle=window.harm=1>",
    "a\n\n# h\u2028<hr>",
    "\u202egnp \x1b[31m",
    r"\href{javascript:window.harm=1}{x}",
    r"\text { <img src=x onerror=window.harm=1> }",
    r"\begin{<script>}x\end{<script>}",
    "__proto__",
)
"""Texts that mean something in HTML, Markdown or a terminal."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real corpora beside the checkout; they may not be part of the project (their licences differ)."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real corpora in ../shared/data, which the project may not ship")
    return SHARED_DATA


@pytest.fixture(scope="session")
def hand_bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank of handwriting from the bundled ink, which is our own."""
    from unimumer_data.build.bank import main

    folder = tmp_path_factory.mktemp("handwriting") / "bank"
    sample = ROOT / "unimumer_data" / "sample" / "train"
    assert main([f"path={sample}", f"output={folder}", "licence=Apache-2.0 of the sample", "workers=1"]) == 0
    return folder


@pytest.fixture(scope="session")
def hostile() -> tuple[str, ...]:
    """What others may write into ids, labels and answers."""
    return HOSTILE
