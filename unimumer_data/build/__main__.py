"""``python -m unimumer_data.build`` is ``unimumer build``."""

import sys

from unimumer_data.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["build", *sys.argv[1:]]))
