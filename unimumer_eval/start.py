"""What the command lines of this folder need before they can start from a plain checkout.

A script imports this first, by its bare name, since its own folder is where Python looks first. That folder then gives
way to the checkout's root: its modules must not hide other packages' names.
"""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path = [entry for entry in sys.path if os.path.realpath(entry or ".") != HERE] + [os.path.dirname(HERE)]

from unimumer_data.start import require  # noqa: E402

require("unimumer_eval", "nltk", "numpy", "PIL", "pylatexenc", "rapidfuzz", "scipy", "yaml", extra="[eval]")
