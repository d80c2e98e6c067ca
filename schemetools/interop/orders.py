"""The order that a step-size controller counts with."""

from schemetools.analysis.properties.order import order
from schemetools.schemes import pairs
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.runge_kutta import RungeKutta


def error_order(scheme: Scheme) -> int:
    """The lower of the two orders of a pair, at least 1."""
    results = [scheme, embedded(scheme)]
    return max(1, min(order(result) for result in results))


def embedded(scheme: Scheme) -> Scheme:
    """The other result of a pair as a scheme of its own."""
    if isinstance(scheme, RungeKutta) and scheme.b_hat is not None:
        return RungeKutta(scheme.A, scheme.b_hat, scheme.c)
    if isinstance(scheme, AdditiveRungeKutta):
        return AdditiveRungeKutta([(v, embedded(t)) for v, t in scheme.tableaux])  # type: ignore[misc]
    return pairs.embedded(scheme)
