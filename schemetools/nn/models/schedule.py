"""Stochastic depth with survival probabilities that fall from layer to layer."""

from sympy import Symbol

from schemetools import exact
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme
from schemetools.schemes.random import distribution_of


def scheduled(scheme: Scheme, total: int, survival: object = "1/2") -> list[Scheme]:
    """One scheme per branch: a survival probability that is a free symbol p falls linearly over them.

        p_l = 1 - (l / L) (1 - survival),  l = 1..L

    A scheme without such a symbol is repeated. Raises SchemeError for a survival that is no probability.
    Source: Huang et al. 2016 (arXiv 1603.09382), equation 4.

    >>> import schemetools as st
    >>> [s.name for s in scheduled(st.get("stochastic_depth(p)"), 2)]
    ['stochastic_depth(p=3/4)', 'stochastic_depth(p=1/2)']
    """
    last = exact.coefficient(survival, parameter=True)
    if not last.is_number or not 0 <= last <= 1:  # type: ignore[operator]
        raise SchemeError(f"survival is the probability that the last branch survives, in [0, 1]; {survival!r} came")
    falling = falling_symbol(scheme)
    if falling is None:
        return [scheme] * total
    return [scheme.subs({falling: 1 - (1 - last) * n / total}) for n in range(1, total + 1)]


def falling_symbol(scheme: Scheme) -> Symbol | None:
    """The free symbol that is a parameter of the scheme's random coefficient."""
    found = {s for r in scheme.random_symbols for p in distribution_of(r)[1] for s in p.free_symbols}
    return next((s for s in scheme.free_symbols if s in found), None)
