"""The other result of an embedded pair."""

from typing import Any

from schemetools.errors import UnsupportedError
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import as_scheme, labelled
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom


def embedded(s: Any) -> Any:
    """The embedded result of a pair as a scheme of its own: A with the weights b_hat.

    Additive pairs give the additive scheme of the embedded results. Raises UnsupportedError where there is none.

    >>> import schemetools as st
    >>> st.order(st.dopri5), st.order(st.embedded(st.dopri5))
    (5, 4)
    """
    scheme = as_scheme(s, imaginary=True)
    name = f"embedded({scheme})"
    if isinstance(scheme, AdditiveRungeKutta) and all(t.b_hat is not None for _, t in scheme.tableaux):
        parts = [(label, embedded(t)) for label, t in scheme.tableaux]
        return labelled(AdditiveRungeKutta(parts, scheme.partitioned), name=name)
    if isinstance(scheme, Rosenbrock) and scheme.b_hat is not None:
        other = Rosenbrock(scheme.A, scheme.Gamma, scheme.b_hat, w_method=scheme.w_method, **scheme._labels())
        return labelled(other, name=name)
    if isinstance(scheme, RungeKuttaNystrom) and scheme.b_hat is not None:
        weights = scheme.b_hat, scheme.b_prime_hat
        other = RungeKuttaNystrom(scheme.A, *weights, scheme.c, A_prime=scheme.A_prime, **scheme._labels())
        return labelled(other, name=name)
    if isinstance(scheme, Exponential) and scheme.b_hat is not None:
        return Exponential(scheme.A, scheme.b_hat, name=name, reference=scheme.reference)
    if not isinstance(scheme, RungeKutta) or scheme.b_hat is None:
        raise UnsupportedError(f"{scheme} has no embedded result; give its tableau with b_hat")
    c = scheme.c if scheme.c_is_declared else None
    other = RungeKutta(scheme.A, scheme.b_hat, c, c_is_declared=scheme.c_is_declared, **scheme._labels())
    return labelled(other, name=name)
