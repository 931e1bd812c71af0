"""File formats that several corpora share; no corpus of its own."""
