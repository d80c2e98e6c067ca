"""Orders of rounded schemes: complex coefficients in doubles, and how far few decimals may move a condition."""

import itertools
import math

import numpy as np
import pytest

import schemetools as st

PAIR = ["1/2 + sqrt(3)/6*I", "1/2 - sqrt(3)/6*I"]


@pytest.mark.parametrize(
    "exact",
    [
        st.compose(st.implicit_midpoint, st.implicit_midpoint, fractions=PAIR),
        st.compose(st.euler, st.euler, fractions=["1/2 + 1/2*I", "1/2 - 1/2*I"]),
        st.RungeKutta([[], ["1/2 + 1/4*I"]], [0, 1]),
    ],
    ids=["midpoints, rounded", "eulers, short decimals", "two stages, short decimals"],
)
def test_complex_doubles_have_the_order_of_the_exact_scheme(exact):
    rounded = st.RungeKutta([[complex(a) for a in row] for row in exact.A], [complex(b) for b in exact.b])
    assert st.order(rounded) == st.order(exact)


@pytest.mark.parametrize("name", ["adams_bashforth(2)", "adams_moulton(1)"])
def test_the_tolerance_of_three_decimals_is_the_most_that_they_move_a_condition(name):
    """The residual sum_j alpha_j j^n/n! - beta_j j^(n-1)/(n-1)! is linear: the corners of the cube are the worst."""
    exact = st.get(name)
    values = [[float(x) for x in row] for row in (exact.alpha, exact.beta)]
    report = st.order(st.LinearMultistep(*values, digits=3), report=True)
    j = np.arange(exact.steps + 1.0)
    for n in range(2, report.order + 2):
        rows = np.concatenate([j**n / math.factorial(n), -(j ** (n - 1)) / math.factorial(n - 1)])
        moved = max(abs(rows @ np.array(signs)) for signs in itertools.product((-1e-3, 1e-3), repeat=len(rows)))
        assert report.tolerance[n] == pytest.approx(min(moved, 1e-2), rel=1e-12)
    assert report.order == st.order(exact)
