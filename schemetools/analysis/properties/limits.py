"""The limit u' = limit * f of a scheme as h -> 0, and how it is said."""

from sympy import Expr

from schemetools.analysis.properties.judgement import meant_limit
from schemetools.analysis.series.solve import followed, grammar_of, modified_series
from schemetools.exact.style import TEXT
from schemetools.schemes.base import Scheme
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.variable import VariableMultistep


def limits(scheme: Scheme) -> tuple[Expr, ...]:
    """The limit u' = limit * f of the scheme as h -> 0, one number per field."""
    series = modified_series(scheme, 1)
    return tuple(series.value(t, 1) for t in followed(scheme, series.grammar))


def relative_to(scheme: Scheme) -> str:
    """The limit of a scheme that is not u' = f, with the sum of weights that says so; empty where it is."""
    if isinstance(scheme, VariableMultistep):
        return ""
    values = limits(scheme)
    if all(meant_limit(scheme, value) == 1 for value in values):
        return ""
    labels = ["f"] if len(values) == 1 else grammar_of(scheme).colours
    followed_one = TEXT.limit(zip(values, labels, strict=False), scheme.exact)
    if not isinstance(scheme, RungeKutta):
        return followed_one
    sign, total = TEXT.coefficient(values[0], scheme.exact)
    return f"{followed_one}, as sum(b) = {'-' if sign == '-' else ''}{total}"
