"""Scores of handwritten mathematical expression recognition: pure functions on strings.

Nothing here opens a file or a model. Give it pairs of label and prediction:

    >>> sets = score_set("toy", [Pair(id="a", gt="x + y", pred="x + y"), Pair(id="b", gt="x", pred="z")])
    >>> sets.published.rate(0)
    50.0
"""

from .pairs import Pair, against_labels
from .published import Published, published_scores
from .summary import SetScores, score_set

__all__ = ["Pair", "Published", "SetScores", "against_labels", "published_scores", "score_set"]
