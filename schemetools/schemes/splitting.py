"""Splitting methods from their coefficients: steps of one part of the state after steps of the other."""

from collections.abc import Sequence
from typing import Any

from sympy import Integer

from schemetools.errors import TableauError
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.intake import Intake
from schemetools.schemes.runge_kutta import RungeKutta


def splitting(
    kicks: Sequence[Any],
    drifts: Sequence[Any],
    *,
    exact: bool | None = None,
    digits: int | None = None,
    name: str | None = None,
    reference: str | None = None,
) -> AdditiveRungeKutta:
    """p' = F(q), q' = G(p) by the steps p += c_i h F(q), q += d_i h G(p) in turn, for as many kicks c as drifts d.

    A last kick may have no drift after it, and drifts may begin with a kick 0. Coefficients are as in `RungeKutta`,
    complex ones too. Raises TableauError for other lengths.
    Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, section II.5.

    >>> import schemetools as st
    >>> st.splitting([1], [1]) == st.symplectic_euler
    True
    >>> kicks = ["1/10 - I/30", "4/15 + 2*I/15", "4/15 - I/5", "4/15 + 2*I/15", "1/10 - I/30"]
    >>> st.order(st.splitting(kicks, ["1/4"] * 4))
    4
    """
    given = Intake(exact, digits, imaginary=True)
    p_weights, q_weights = given.measured(kicks, "kicks"), given.measured(drifts, "drifts")
    if len(p_weights) == len(q_weights) + 1:
        q_weights.append(Integer(0))
    s = len(p_weights)
    if s == 0 or len(q_weights) != s:
        raise TableauError(f"{s} kicks and {len(q_weights)} drifts came; give one drift after each kick, or none last")
    F = [[*p_weights[: i + 1], *[Integer(0)] * (s - i - 1)] for i in range(s)]
    G = [[*q_weights[:i], *[Integer(0)] * (s - i)] for i in range(s)]
    known: dict[str, Any] = {"exact": exact, "digits": digits}
    pair = {"F": RungeKutta(F, p_weights, **known), "G": RungeKutta(G, q_weights, **known)}
    return AdditiveRungeKutta(pair, partitioned=True, name=name, reference=reference)
