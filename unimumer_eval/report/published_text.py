"""``<set>_results.txt``, byte for byte as the published evaluator writes it."""

from __future__ import annotations

from unimumer_eval.scores import Published

_RULE = "=" * 60


def published_text(scores: Published) -> str:
    """The text of ``<set>_results.txt``.

    Rates are rounded to four digits before they are printed with two, as the published evaluator does.
    """
    rates = [round(scores.rate(k), 4) for k in range(4)]
    lines = [
        "",
        _RULE,
        " " * 20 + "EVALUATION RESULTS",
        _RULE,
        "",
        "Dataset Statistics:",
        f"  Total Samples: {scores.n:,}",
        "",
        "Core Metrics:",
        f"  Mean Edit Score:       {round(scores.edit_score, 4):>8.4f}%",
        f"  BLEU-4 Score:          {round(scores.bleu4, 4):>8.4f}%",
        f"  Character Error Rate:  {round(scores.character_error_rate, 4):>8.4f}",
        "",
        "Error Threshold Analysis:",
        f"  Exact Match Rate:      {rates[0]:>8.4f}% (0 errors)",
        *(f"  Error ≤ {k}:             {rates[k]:>8.4f}%" for k in (1, 2, 3)),
        "",
        "Detailed Error Distribution:",
        *(f"  Errors ≤ {k}: {scores.within[k]:>6,} samples ({rates[k]:>6.2f}%)" for k in range(4)),
        "",
        _RULE,
    ]
    return "\n".join(lines) + "\n"
