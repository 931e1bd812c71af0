"""The model's own mistakes as training data: folds, candidates, corpus, confusions (arXiv 2505.23566, Sec. 3.3)."""
