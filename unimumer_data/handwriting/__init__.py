r"""Ink of any formula, made from the symbols of people: a bank of handwriting, and a composer.

bank = read_bank(Path("data/banks/crohme"))
ink = compose(r"\frac{a}{b}", bank, seed=1, sample_id="a")
"""
