"""A table that contradicts what its library says of it is called wrong."""

import warnings

import numpy as np

from schemetools.errors import SchemeWarning
from schemetools.schemes.carriers.conditions import HIGHEST, float_order
from schemetools.schemes.carriers.values import Table


def contradiction(table: Table) -> str | None:
    """One sentence if the stated order is above that of the weights that advance; None where all is well."""
    if table.order is None:
        return None
    found = float_order(np.array(table.A, float), np.array(table.b, float), min(table.order, HIGHEST))
    if found >= min(table.order, HIGHEST):
        return None
    return f"{table.name} is stated to have order {table.order}; the weights that it advances with have order {found}"


def warn(sentence: str | None) -> None:
    """Say it to whoever reads warnings, as SchemeWarning."""
    if sentence is not None:
        warnings.warn(sentence, SchemeWarning, stacklevel=5)
