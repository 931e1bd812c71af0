"""Figures of data sets, and the data cards that show them."""
