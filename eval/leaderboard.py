"""``python eval/leaderboard.py`` is ``unimumer leaderboard``."""

import sys

try:
    from unimumer_data.__main__ import main
except ModuleNotFoundError:
    sys.exit(f"error: the project is not installed for {sys.executable}; run: make envs, or: pip install -e '.[eval]'")

if __name__ == "__main__":
    sys.exit(main(["leaderboard", *sys.argv[1:]]))
