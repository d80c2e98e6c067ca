"""The O(h) equation with a field per step: against the published formulas, the trees, and numerical slopes."""

import numpy as np
import pytest
import sympy
from sympy import Rational, Symbol, simplify

import schemetools as st
from schemetools.analysis.modified.first_order import layered_equation
from schemetools.errors import SchemeError

k = Symbol("k")
F1F = st.Tree.from_level_sequence((1, 2))
SCHEMES = [
    "euler",
    "rk4",
    "midpoint",
    "backward_euler",
    "trapezoid",
    "adams_bashforth(3)",
    "bdf(3)",
    "leapfrog",
    "gauss(2)",
]


def test_linear_multistep_resnet():
    eq = layered_equation(st.lm.scheme)
    assert simplify(eq.total_limit - 1 / (1 + k)) == 0
    assert simplify(eq.total_second + (1 - k) / (2 * (1 + k) ** 3)) == 0
    assert simplify(eq.total_time + (1 - k) / (2 * (1 + k) ** 2)) == 0
    assert simplify(sum(eq.drift[k]) - (1 - k) / (2 * (1 + k) ** 3)) == 0
    assert simplify(sum(eq.start[:1]) - 1 / (1 + k)) == 0
    assert simplify(eq.total_shift - k / (1 + k) ** 2) == 0


@pytest.mark.parametrize("name", [*SCHEMES, "lm", "lm(k=3/10)"])
def test_the_autonomous_part_is_that_of_the_trees(name):
    scheme = st.get(name)
    eq, trees = layered_equation(scheme), st.modified_equation(scheme, order=2)
    assert simplify(eq.total_limit - trees.limit) == 0
    assert simplify(eq.total_second - trees[F1F]) == 0


@pytest.mark.parametrize(
    ("name", "time"), [("euler", -1), ("rk4", -1), ("adams_bashforth(2)", 0), ("backward_euler", -1)]
)
def test_one_field_per_step_is_taken_at_the_start_of_the_step(name, time):
    assert layered_equation(st.get(name)).total_time == Rational(time, 2)


@pytest.mark.parametrize("name", ["euler", "midpoint", "adams_bashforth(2)", "lm(k=-3/10)", "bdf(2)"])
def test_slope_two_for_a_linear_field_that_varies(name):
    """u' = a(t) u, one value of a per step: the recurrence against the exact solution of the equation."""
    scheme = st.get(name)
    eq = layered_equation(scheme)
    form = scheme.normal_form()
    t = Symbol("t")
    a = 1 + sympy.sin(3 * t)
    errors = []
    for n in (160, 320, 640):
        h = 1 / n
        field = eq.total_limit * a + h * (eq.total_second * a**2 + eq.total_time * a.diff(t))
        exponent = float(sympy.integrate(field, (t, 0, 1)))
        A, U, B, V = (np.array(M, dtype=float) for M in (form.A, form.U, form.B, form.V))
        x = np.array([1.0 if q == 1 else h for q in form.q])  # a(0) = 1
        for step in range(n):
            z = h * (1 + np.sin(3 * step * h))
            Y = np.linalg.solve(np.eye(len(A)) - z * A, U @ x)
            x = z * B @ Y + V @ x
        repeated = sum(float(w) for w, q in zip(eq.start[1:], form.q[1:], strict=True) if q == 0)
        start = 1 + h * (float(eq.total_shift) + repeated)
        errors.append(abs(x[0] - start * np.exp(exponent)))
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert abs(slopes[-1] - 2) < 0.12
    assert abs(slopes[-1] - 2) <= abs(slopes[0] - 2) + 0.02


def test_errors():
    with pytest.raises(SchemeError, match="no limit of first order"):
        layered_equation(st.lm(k=-1))
    with pytest.raises(SchemeError, match="2 parts"):
        layered_equation(st.symplectic_euler)
