"""Multi-task ShareGPT records for handwritten mathematical expression recognition (HMER).

The data side of Uni-MuMER (arXiv 2505.23566): one image becomes several training records.
"""

__version__ = "0.1.0"
