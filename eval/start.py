"""What the command lines of this folder need before they can start: they run from a plain checkout, where nobody has
checked anything yet.

A script imports this first, by its bare name, since its own folder is where Python looks first. That folder then goes
off the path: its modules must not hide other packages' names.
"""

import os
import sys
from importlib.util import find_spec

NEEDED = ("unimumer_data", "unimumer_eval", "nltk", "numpy", "PIL", "pylatexenc", "rapidfuzz", "scipy", "yaml")

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("error: Python 3.11 or newer is needed, this is " + sys.version.split()[0])

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path = [entry for entry in sys.path if os.path.realpath(entry or ".") != HERE]

missing = [name for name in NEEDED if find_spec(name) is None]
if missing:
    sys.exit(
        f"error: {', '.join(missing)} not installed for this Python; run this in the checkout: pip install -e .[eval]"
    )
