"""The results of a step as `show` tells of them: which advances, orders, first same as last, error constants, SSP."""

from collections.abc import Iterator

import sympy

from schemetools.analysis.properties.order import error_constant, order, stage_order
from schemetools.analysis.properties.principal import principal_error
from schemetools.analysis.stability.verb import stability
from schemetools.analysis.stability.words import length
from schemetools.errors import SchemeError
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.pairs import embedded
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.text import number

MOST_TREES = 8  # the order up to which all trees of the first error term are looked at: 115 of them
DIGITS = 5


def result_facts(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """(label, text) of what the results of a Runge-Kutta or multistep scheme are; nothing for other kinds.

    >>> import schemetools as st
    >>> dict(result_facts(st.dopri5))["advances"]
    'b, of order 5; b_hat, of order 4, estimates the error'
    """
    if not isinstance(scheme, (RungeKutta, AdditiveRungeKutta, LinearMultistep)) or scheme.random_symbols:
        return
    tableaux = [scheme] if isinstance(scheme, RungeKutta) else [t for _, t in getattr(scheme, "tableaux", ())]
    if tableaux and all(t.b_hat is not None for t in tableaux):
        hat = order(embedded(scheme))
        yield "advances", f"b, of order {order(scheme)}; b_hat, of order {hat}, estimates the error"
    if tableaux:
        yield "stage order", str(stage_order(scheme))
        if all(_is_stiffly_accurate(t) for t in tableaux):
            yield "last stage", _last_stage(tableaux)
    constant = _error_constant(scheme)
    if constant is not None:
        yield constant
    if not isinstance(scheme, AdditiveRungeKutta) and not scheme.free_symbols:
        yield "SSP coefficient", length(stability(scheme).ssp_coefficient, is_exact=scheme.exact)


def _is_stiffly_accurate(tableau: RungeKutta) -> bool:
    return tableau.stages > 1 and tableau.A[-1] == tableau.b


def _last_stage(tableaux: list[RungeKutta]) -> str:
    """The last stage is the result; where the first is the old value, an evaluation serves two steps."""
    explicit_first = all(a == 0 for t in tableaux for a in t.A[0])
    return "the result itself" + (
        ", first same as last: its evaluation is the next step's first" if explicit_first else ""
    )


def _error_constant(scheme: Scheme) -> tuple[str, str] | None:
    """C of a multistep method; of another the norm of the residuals over the trees of the first error term."""
    if isinstance(scheme, LinearMultistep):
        try:
            return "error constant", number(error_constant(scheme), is_exact=scheme.exact)
        except SchemeError:
            return None
    if scheme.free_symbols or not scheme.exact or order(scheme) >= MOST_TREES:
        return None  # of rounded coefficients the report of the order says how far the next conditions are missed
    return "principal error", f"{sympy.N(principal_error(scheme).norm, DIGITS)}"
