"""Evaluation of HMER models: predict, score, show. Imported as ``unimumer_eval``; run as ``python eval/run.py``."""
