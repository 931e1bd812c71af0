"""Scores of handwritten mathematical expression recognition: pure functions on strings.

Nothing here opens a file or a model. Give it pairs of label and prediction:

    >>> scores = score_set("toy", [Pair(id="a", gt="x ^ { 2 }", pred="x^2"), Pair(id="b", gt="x", pred="z")])
    >>> scores.forms["raw"]["exprate"].value, scores.forms["strict"]["exprate"].value
    (0.0, 50.0)
"""

from .comparing import Comparison, Difference, compare, same_samples
from .forms import FORMS, Form
from .intervals import Estimate
from .metric import Metric
from .metrics import METRICS, TEXT_METRICS, TOKEN_METRICS
from .outcomes import OUTCOMES, RIGHT, Outcome
from .pairs import Pair, against_labels
from .published import Published, published_scores
from .rates import Figures
from .summary import Sample, SetScores, score_set

__all__ = [
    "FORMS",
    "METRICS",
    "OUTCOMES",
    "RIGHT",
    "TEXT_METRICS",
    "TOKEN_METRICS",
    "Comparison",
    "Difference",
    "Estimate",
    "Figures",
    "Form",
    "Metric",
    "Outcome",
    "Pair",
    "Published",
    "Sample",
    "SetScores",
    "against_labels",
    "compare",
    "published_scores",
    "same_samples",
    "score_set",
]
