"""Exponential methods on trees, against their own steps on concrete fields, expanded in h."""

from math import factorial

import pytest
from sympy import QQ, Matrix, Rational, eye, zeros

import schemetools as st
from schemetools.analysis.series.bseries import BSeries
from schemetools.errors import SchemeError
from schemetools.schemes import phi
from tests.analysis.concrete_steps import AT, H, R, X, Y, flow_series, h, polynomial, same_through, truncated, x, y

NONLINEAR = (x * y + y**2, x**2 + 1)
L = Matrix([[1, 2], [Rational(-1, 2), 3]])


def phi_matrix(entry, order):
    """sum of r phi_k(c h L), by the definition as a power series."""
    total = zeros(2, 2)
    for k, c, r in phi.terms(entry):
        total += sum((r * (c * h * L) ** m / factorial(m + k) for m in range(1, order + 1)), eye(2) * r / factorial(k))
    return [[polynomial(total[i, j]) for j in range(2)] for i in range(2)]


def applied(matrix, vector, order):
    return [truncated(row[0] * vector[0] + row[1] * vector[1], order) for row in matrix]


def step_series(scheme, order):
    u, f = [R(QQ(v.p, v.q)) for v in AT.values()], [polynomial(c) for c in NONLINEAR]
    slopes = []

    def sum_of(row, c):
        value = applied(phi_matrix(phi.phi(0, c), order), u, order)
        for entry, slope in zip(row, slopes, strict=False):
            moved = applied(phi_matrix(entry, order), slope, order)
            value = [truncated(a + H * b, order) for a, b in zip(value, moved, strict=True)]
        return value

    for row, c in zip(scheme.A, scheme.c, strict=True):
        at = sum_of(row, c)
        slopes.append([truncated(p.compose([(X, at[0]), (Y, at[1])]), order) for p in f])
    return sum_of(scheme.b, 1)


@pytest.mark.parametrize("name", ["etd1", "etdrk2", "krogstad4", "lawson(heun2)"])
def test_the_modified_equation_is_what_the_steps_follow(name):
    order, linear = 4, tuple(L * Matrix([x, y]))
    equation = st.modified_equation(name, order)
    field = equation.vector_field({"L": linear, "N": NONLINEAR}, (x, y), h)
    exact = [a + b for a, b in zip(linear, NONLINEAR, strict=True)]
    steps, p = step_series(st.get(name), order), st.order(name)
    assert same_through(steps, flow_series(field, order), order)
    assert same_through(steps, flow_series(exact, order), p)
    assert p == order or not same_through(steps, flow_series(exact, order), p + 1)


@pytest.mark.parametrize(
    ("name", "classical", "stiff"),
    [
        ("etd1", 1, 1),
        ("etdrk2", 2, 2),
        ("etdrk4", 4, 2),
        ("krogstad4", 4, 3),
        ("hochbruck_ostermann4", 4, 4),
        ("lawson", 1, 1),
        ("lawson(rk4)", 4, 1),
    ],
)
def test_the_orders_of_the_literature(name, classical, stiff):
    """Hochbruck and Ostermann (2005), section 5, for the stiff orders of the ETD methods."""
    assert (st.order(name), st.stiff_order(name)) == (classical, stiff)


def test_for_l_zero_it_is_the_runge_kutta_method():
    ours, theirs = BSeries.of("lawson(rk4)", 4), BSeries.of("rk4", 4)
    plain = {st.Tree(tree.level_sequence): v for tree, v in ours.coefficients.items() if set(tree.colours) == {"N"}}
    assert plain == dict(theirs.coefficients)


def test_for_n_zero_it_is_exact():
    weights = BSeries.of("etdrk4", 5).coefficients
    chains = [(tree, v) for tree, v in weights.items() if set(tree.colours) == {"L"}]
    assert len(chains) == 5 and all(v == Rational(1, tree.density) for tree, v in chains)


def test_a_field_that_is_not_linear_is_refused():
    equation = st.modified_equation("etd1", 2)
    for wrong in [(x * y, y), (x + 1, y)]:
        with pytest.raises(SchemeError, match="the field L of this scheme is linear"):
            equation.vector_field({"L": wrong, "N": NONLINEAR}, (x, y), h)
