"""Multi-task ShareGPT records for handwritten mathematical expression recognition (HMER).

The data side of Uni-MuMER (arXiv 2505.23566): one image becomes several training records.
"""

import sys

__version__ = "0.1.0"

if sys.argv[:1] == ["-m"]:  # as Python has it while it looks for the module of `python -m unimumer_data.build`
    from .start import require

    require("PIL", "pylatexenc", "yaml")
