"""What is wrong with labels and sets: lint, repairs, overlaps between sets, test samples in training sets."""
