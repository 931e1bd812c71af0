"""Fit the probability of being right with scikit-learn: Platt's scaling of several features, isotonic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from unimumer_data.errors import PredictionError

from .calibrator import Curve, Weight
from .evidence import FEATURES, says_something

Method = Literal["platt", "isotonic"]
_FOLDS = 5
_NEARLY_ALL = 0.9


def known_features(rows: Sequence[Mapping[str, float]]) -> list[str]:
    """Features that nearly all answers have.

    Raises:
        PredictionError: the model says nothing about its answers.
    """
    names = [name for name in FEATURES if sum(name in row for row in rows) >= _NEARLY_ALL * len(rows)]
    if not says_something(names):
        raise PredictionError(
            "the answers carry no probabilities; predict again with an engine that gives them and logprobs=true, or "
            "ask with vote= or task=three"
        )
    return names


def fit(rows: Sequence[Mapping[str, float]], right: Sequence[bool], method: Method) -> Curve:
    """The probability of being right, as a function of the features.

    Platt (1999) fits a logistic curve to a score; with several features that is logistic regression. Isotonic
    regression (Zadrozny and Elkan 2002) is fitted on probabilities of samples that were left out of the regression.

    Args:
        rows: the features of each answer, the same for all.
        right: whether it is right.
        method: see above.

    Raises:
        PredictionError: all answers are right, or all are wrong; or nothing distinguishes them.
    """
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    truth = np.asarray(right, dtype=int)
    fewest = min(truth.sum(), len(truth) - truth.sum())
    if fewest < 2:
        raise PredictionError(
            f"{truth.sum()} of {len(truth)} answers to fit on are right; at least two right and two wrong ones are "
            "needed. Take a larger or harder validation set"
        )
    names = [name for name in rows[0] if len({row[name] for row in rows}) > 1]
    if not names:
        raise PredictionError("all answers have the same probabilities; nothing tells right ones from wrong ones")
    values = np.array([[row[name] for name in names] for row in rows], dtype=float)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    standard = (values - mean) / scale
    model = LogisticRegression(max_iter=1000).fit(standard, truth)
    weights = tuple(
        Weight(name=name, weight=float(w), mean=float(m), scale=float(s), low=float(low), high=float(high))
        for name, w, m, s, low, high in zip(
            names, model.coef_[0], mean, scale, values.min(axis=0), values.max(axis=0), strict=True
        )
    )
    steps: tuple[tuple[float, float], ...] = ()
    if method == "isotonic":
        folds = StratifiedKFold(min(_FOLDS, int(fewest)), shuffle=True, random_state=0)
        unseen = cross_val_predict(
            LogisticRegression(max_iter=1000), standard, truth, cv=folds, method="predict_proba"
        )[:, 1]
        curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(unseen, truth)
        steps = tuple(zip(map(float, curve.X_thresholds_), map(float, curve.y_thresholds_), strict=True))
    return Curve(weights=weights, intercept=float(model.intercept_[0]), steps=steps)
