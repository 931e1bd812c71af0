"""Which answers to trust: evidence, a calibrated probability of being right, a threshold that keeps a promise."""
