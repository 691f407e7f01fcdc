"""Texts that stay texts in a spreadsheet."""

from typing import Final

import polars as pl

# What a spreadsheet takes for the start of a formula, wide forms included; white space
# before it is dropped by some of them. Source: OWASP, "CSV Injection".
_FORMULA: Final = r"^[\s\x00]*[=+\-@＝＋－＠]|^[\t\r\n]"


def cell_text(text: pl.Expr) -> pl.Expr:
    """Return a text column in which no cell is a formula to a spreadsheet.

    Such a text gets `./` before it: a path then means the same file as before, and no name
    of vidfer's begins so.
    """
    return (
        pl.when(text.str.contains(_FORMULA)).then(pl.lit("./") + text).otherwise(text).name.keep()
    )
