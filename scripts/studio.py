"""Open the page with a recogniser that runs anywhere: what ``make studio`` does.

    python scripts/studio.py [key=value ...]

With mathnote-ocr installed it reads ink; without it the model of ``make demo`` reads what it has learned by heart. The
words are those of ``unimumer serve``; ``model=FOLDER`` puts a real checkpoint there.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from unimumer_eval.serve.command import main as serve

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "outputs" / "smoke"
PORT = 8000
REAL = "for real use: make studio MODEL=your/checkpoint"


def words(given: Sequence[str], *, has_mathnote: bool, has_demo: bool) -> list[str] | None:
    """What to tell ``unimumer serve``; None where nothing can be served.

    >>> words(["model=x"], has_mathnote=True, has_demo=False)
    ['model=x']
    """
    if any(word.startswith(("model=", "engine=")) for word in given):
        return list(given)
    if has_mathnote:
        engine = "engine=python:examples.recognizers.mathnote:Mathnote"
        return [engine, f"note=a small recogniser of ink that reads about one formula in ten; {REAL}", *given]
    if has_demo:
        model = [f"model={DEMO}", "image_max_pixels=16384", "max_tokens=256"]
        return [*model, f"note=the demo's model, which knows 48 formulas by heart; {REAL}", *given]
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """Serve, and open the page when it is ready."""
    given = list(sys.argv[1:] if argv is None else argv)
    chosen = words(given, has_mathnote=find_spec("mathnote_ocr") is not None, has_demo=DEMO.is_dir())
    if chosen is None:
        print("error: nothing to serve yet; pip install mathnote-ocr==0.2.1, or make demo first", file=sys.stderr)
        return 1
    sys.path.insert(0, str(ROOT))
    if not os.environ.get("CI"):
        threading.Thread(target=_open_when_ready, args=(_port(given),), daemon=True).start()
    return serve(chosen)


def _port(given: Sequence[str]) -> int:
    return next((int(word.removeprefix("port=")) for word in given if word.startswith("port=")), PORT)


def _open_when_ready(port: int) -> None:
    address = f"http://localhost:{port}"
    for _ in range(300):
        time.sleep(0.5)
        try:
            urlopen(f"{address}/health", timeout=1).close()
        except (URLError, OSError):
            continue
        webbrowser.open(address)
        return


if __name__ == "__main__":
    sys.exit(main())
