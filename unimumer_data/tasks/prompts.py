"""Every instruction, to the character: the published checkpoints were trained on exactly these strings.

Source: arXiv 2505.23566, Fig. 2, and the published sample records.
"""

from __future__ import annotations

_IMAGE = "I have an image of a handwritten mathematical expression"

VANILLA = f"{_IMAGE}. Please write out the expression of the formula in the image using LaTeX format."

TREE = (
    f"{_IMAGE}. Please generate the abstract syntax tree (AST) of the formula in the image, "
    "and then provide its corresponding LaTeX format."
)

COUNT = (
    f"{_IMAGE}. Please identify and count each distinct visible mathematical symbol in the image, "
    "and then provide its corresponding LaTeX format."
)

ERROR_FIND = (
    f"{_IMAGE} and its OCR recognition result. Please help me to detect possible errors in the recognition result "
    "and mark the places where errors occur with <error_start> <error_end> and <deleted>.\n\n"
    "erroneous formula: {candidate}\nMarked formula: "
)

ERROR_FIX = (
    f"{_IMAGE} and a predicted formula with error tags, correct the formula by modifying the parts marked with "
    "<error_start> and <error_end> and inserting content where <deleted> are present. Output the modifications in a "
    "single string with the following format: REPLACE:old -> new for errors to be replaced. INSERT:content after "
    "position for missing content. DELETE:to_delete for parts to be removed.\n\n"
    "Marked formula: {marked}\nCorrection log: "
)
