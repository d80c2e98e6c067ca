"""Schemes for advection on polynomials and at the numbers where they are the exact shift."""

import pytest
from sympy import Rational

import schemetools as st


def update(scheme, nu):
    """{offset: factor} of u^(n+1) for an explicit scheme of two levels."""
    return {offset[0]: -value.subs({"nu": nu}) for offset, value in dict(scheme.levels)[0]}


@pytest.mark.parametrize(
    ("name", "exact_at", "degree"),
    [
        ("upwind", (0, 1), 1),
        ("lax_friedrichs", (-1, 1), 1),
        ("lax_wendroff", (-1, 0, 1), 2),
        ("beam_warming", (0, 1, 2), 2),
        ("fromm", (0, 1), 2),
        ("quickest", (-1, 0, 1, 2), 3),
    ],
)
def test_an_advection_scheme_is_the_exact_shift_where_it_is_said_and_on_polynomials(name, exact_at, degree):
    scheme = st.get(name)
    for nu in exact_at:
        assert {offset: c for offset, c in update(scheme, nu).items() if c != 0} == {-nu: 1}
    for nu in (Rational(1, 3), Rational(-2, 5), Rational(3, 4)):
        for k in range(degree + 1):  # u(x) = x^k at x = 0 one step later is (-nu)^k
            assert sum(c * Rational(offset) ** k for offset, c in update(scheme, nu).items()) == (-nu) ** k
