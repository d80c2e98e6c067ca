"""The modifying integrator as an object: a modified equation read the other way round."""

from typing import Any

from schemetools.analysis.modified.equation import ModifiedEquation
from schemetools.analysis.series.modifying import modifying_series
from schemetools.schemes.base import as_scheme


def modifying_integrator(s: Any, order: int = 4) -> ModifiedEquation:
    """The field whose numbers under the scheme are exact for u' = f, through trees of the given order.

    It has the type of a modified equation, with `inverse` set. A scheme with limit L has c(dot) = 1/L. Raises
    SchemeError for an order that cannot be enumerated, UnsupportedError where the scheme has no limit, or a zero one.

    >>> import schemetools as st
    >>> modifying_integrator(st.euler, 2)[st.Tree((1, 2))]
    1/2
    """
    scheme = as_scheme(s, imaginary=True)
    return ModifiedEquation(scheme, order, modifying_series(scheme, order), inverse=True)
