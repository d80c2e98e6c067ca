"""When an exact scheme is the one that rounded coefficients stand for: near enough, and of the order meant."""

import sympy

from schemetools.analysis.properties.judgement import LOOSE, has_few_digits, judged
from schemetools.analysis.properties.order import order
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme
from schemetools.schemes.pairs import embedded
from schemetools.schemes.runge_kutta import RungeKutta

NEARNESS = 30  # units in the last place
OF_FEW = 2  # and of few decimals, which are rounded, cut off, or mistyped by one in the last


def agrees(candidate: Scheme, scheme: Scheme) -> bool:
    """Whether an exact candidate has the order that the scheme is meant to have, of both results of a pair."""
    try:
        if order(candidate) < judged(scheme).order:
            return False
        if isinstance(scheme, RungeKutta) and isinstance(candidate, RungeKutta) and scheme.b_hat is not None:
            return candidate.b_hat is not None and order(embedded(candidate)) >= order(embedded(scheme))
    except SchemeError:
        return False
    return True


def distance(scheme: Scheme) -> float:
    """How far from its digits the scheme meant may be."""
    return OF_FEW * 10.0 ** -(scheme.digits or 0) if has_few_digits(scheme) else _of_many(scheme)


def missed_by(scheme: Scheme, sizes: float) -> float:
    """What rounding may leave of an equation of the coefficients, where `sizes` adds up what each is multiplied by."""
    last = 0.0 if scheme.exact or scheme.digits is None else 10.0**-scheme.digits
    return 0.0 if scheme.exact else max(_of_many(scheme), last * sizes)


def _of_many(scheme: Scheme) -> float:
    return min(NEARNESS * 10.0 ** -(scheme.digits or 0), LOOSE)


def distance_to(found: Scheme, scheme: Scheme) -> float:
    """The largest difference between the coefficients of a recovered scheme and those that came."""
    if len(found.coefficients) != len(scheme.coefficients):
        return distance(scheme)
    pairs = zip(found.coefficients, scheme.coefficients, strict=True)
    return max((abs(float(sympy.N(x - y, 15 + (scheme.digits or 0), chop=False))) for x, y in pairs), default=0.0)
