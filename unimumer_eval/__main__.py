"""``python -m unimumer_eval COMMAND ...`` is ``unimumer COMMAND ...``."""

import sys

from unimumer_data.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
