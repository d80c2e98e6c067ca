"""Methods with several values: peer methods are exact for polynomials, and common factors leave the root 1 to rho."""

import pytest
import sympy
from sympy import Matrix, Rational

import schemetools as st
from schemetools.schemes.reduction import reduced_multistep


@pytest.mark.parametrize("given", ["B", "A"])
@pytest.mark.parametrize("R", [None, [["1/4", 0, 0], ["1/5", "1/4", 0], ["1/6", "-1/7", "1/4"]]], ids=["explicit", "R"])
def test_the_stages_of_a_peer_method_are_exact_for_polynomials(given, R):
    """u = t^n, h = 1: from u and u' at c_j - 1 to u at c_i, for n <= 3 if A follows from B, n <= 2 if B from A."""
    c, highest = [Rational(1, 3), Rational(2, 3), Rational(1)], {"B": 3, "A": 2}[given]
    table = {"B": [["1/2", "1/4", "1/4"], [0, 0, 1], [0, 1, 0]], "A": [[1, "1/3", 0], [0, "1/2", "1/5"], [2, 0, -1]]}
    form = st.peer(c, R=R, **{given: table[given]})
    assert form.values == 6
    back, t = c[::-1], sympy.Symbol("t")
    for n in range(highest + 1):
        u = sympy.Poly(t**n, t)
        old = Matrix([u.eval(x - 1) for x in back] + [u.diff(t).eval(x - 1) for x in back])
        new = Matrix([u.diff(t).eval(x) for x in c])
        assert list(Matrix(form.U) * old + Matrix(form.A) * new) == [u.eval(x) for x in c]


def test_a_root_one_that_rho_and_sigma_share_stays():
    """rho = sigma = (w - 1)(w - 1/2): without the factor 1/2 rho still has its root 1, without w - 1 it has none."""
    row = ["1/2", "-3/2", 1]
    assert reduced_multistep(st.LinearMultistep(row, row)) == st.LinearMultistep([-1, 1], [-1, 1])
    once = st.LinearMultistep([0, -1, 1], [-1, 1, 0])  # w (w - 1) and w - 1
    assert reduced_multistep(once) == once
