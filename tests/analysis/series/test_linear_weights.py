"""Rosenbrock and W methods on trees, against their own steps on concrete fields, expanded in h."""

import pytest
from sympy import QQ, Integer, Matrix, Rational, Symbol, expand, symbols, zeros

import schemetools as st
from schemetools.analysis.series.bseries import BSeries
from tests.analysis.concrete_steps import (
    AT,
    FIELD,
    OTHER,
    H,
    R,
    X,
    Y,
    combined,
    flow_series,
    h,
    polynomial,
    same_through,
    t,
    truncated,
    x,
    y,
)


def step_series(scheme, field, J, order):
    """One step at AT through h^order, by Neumann series for the linear systems."""
    f, start = [polynomial(c) for c in field], [R(QQ(v.p, v.q)) for v in AT.values()]
    J = [[QQ(c.p, c.q) for c in J.subs(AT).row(i)] for i in range(2)]
    number = lambda c: H * QQ(c.p, c.q)  # noqa: E731
    slopes = []
    for i in range(scheme.stages):
        weights, gammas = map(number, scheme.A[i][:i]), map(number, scheme.Gamma[i][:i])
        argument = [a + b for a, b in zip(start, combined(weights, slopes, order), strict=True)]
        right = [truncated(c.compose([(X, argument[0]), (Y, argument[1])]), order) for c in f]
        pushed = combined(gammas, slopes, order)
        right = [truncated(r + a * pushed[0] + b * pushed[1], order) for r, (a, b) in zip(right, J, strict=True)]
        slope, term = right, right
        for _ in range(order):
            term = combined([number(scheme.Gamma[i][i])], [[a * term[0] + b * term[1] for a, b in J]], order)
            slope = [a + b for a, b in zip(slope, term, strict=True)]
        slopes.append(slope)
    return [a + b for a, b in zip(start, combined(map(number, scheme.b), slopes, order), strict=True)]


def some_rosenbrock(w_method):
    A = [[0, 0, 0], [1, 0, 0], ["1/3", "1/4", 0]]
    Gamma = [["1/2", 0, 0], ["-1/5", "1/3", 0], ["1/7", "2/3", "1/2"]]
    return st.Rosenbrock(A, Gamma, ["1/2", "1/3", "1/6"], w_method=w_method)


def test_the_modified_equation_of_a_rosenbrock_method_is_what_its_steps_follow():
    scheme, order = some_rosenbrock(w_method=False), 4
    field = st.modified_equation(scheme, order).vector_field(FIELD, (x, y), h)
    steps = step_series(scheme, FIELD, Matrix(FIELD).jacobian([x, y]), order)
    assert same_through(steps, flow_series(field, order), order)
    assert not same_through(steps, flow_series(FIELD, order), order)


@pytest.mark.parametrize("J", [OTHER, zeros(2, 2), Matrix(FIELD).jacobian([x, y]).subs(AT)])
def test_the_modified_equation_of_a_w_method_holds_for_every_matrix(J):
    scheme, order = some_rosenbrock(w_method=True), 4
    linear = tuple(J * Matrix([x, y]))
    field = st.modified_equation(scheme, order).vector_field({"f": FIELD, "J": linear}, (x, y), h)
    assert same_through(step_series(scheme, FIELD, J, order), flow_series(field, order), order)


def test_a_method_with_a_field_that_depends_on_time_is_the_one_of_the_enlarged_system():
    scheme = some_rosenbrock(w_method=False)
    equation = st.modified_equation(scheme, 3, nonautonomous=True)
    (with_time,) = equation.vector_field((t * x - x**2 + t**2,), (x,), h, t)
    whole = st.modified_equation(scheme, 3).vector_field((t * x - x**2 + t**2, Integer(1)), (x, t), h)
    assert expand(with_time - whole[0]) == 0 and whole[1] == 1


def test_without_gamma_it_is_the_runge_kutta_method():
    rk4 = st.rk4
    scheme = st.Rosenbrock(rk4.A, [[0] * 4] * 4, rk4.b)
    assert BSeries.of(scheme, 5).coefficients == BSeries.of(rk4, 5).coefficients
    assert st.order(scheme) == 4 and scheme.is_explicit


def test_with_linear_fields_it_is_a_plus_gamma():
    scheme = some_rosenbrock(w_method=False)
    ours, theirs = BSeries.of(scheme, 6), BSeries.of(scheme.linear, 6)
    tall = [tree for tree in ours.coefficients if len(set(tree.level_sequence)) == tree.order]
    assert len(tall) == 6
    assert all(ours[tree] == theirs[tree] for tree in tall)


def test_a_w_method_is_classical_when_its_trees_are_added_up():
    """With J = f' a tree is the sum of its colourings, J only where there is one child."""
    classical, general = (BSeries.of(some_rosenbrock(w), 5) for w in (False, True))
    totals = {}
    for tree, value in general.coefficients.items():
        plain = st.Tree.from_level_sequence(tree.level_sequence)
        totals[plain] = totals.get(plain, 0) + value * Rational(plain.symmetry, tree.symmetry)
    assert totals == dict(classical.coefficients)


def test_the_conditions_of_a_w_method_of_order_two_are_those_of_the_book():
    """Hairer and Wanner IV.7: sum b = 1, b alpha 1 = 1/2, b gamma 1 = 0."""
    a, g, b1, b2, c = symbols("a g b1 b2 c")
    scheme = st.Rosenbrock([[0, 0], [a, 0]], [[g, 0], [c, g]], [b1, b2], w_method=True)
    residuals = {str(tree): expand(value) for tree, value in st.order_conditions(scheme, 2).items() if value != 0}
    # the limit is b1 + b2: conditions are relative to it
    assert residuals == {
        "f[f]": expand(a * b2 - (b1 + b2) ** 2 / 2),
        "J[f]": expand(g * (b1 + b2) + c * b2),
    }


def test_ros2_is_of_order_two_for_every_j_and_gamma():
    gamma = Symbol("gamma")
    assert st.order(st.get("ros2(gamma=gamma)")) == 2
    exactly = st.Rosenbrock([[0, 0], [1, 0]], [[gamma, 0], [-2 * gamma, gamma]], ["1/2", "1/2"])
    residuals = {str(tree): value for tree, value in st.principal_error(exactly).residuals.items()}
    assert residuals["[.,.]"] == Rational(1, 6)
    assert expand(residuals["[[.]]"] + gamma**2 - gamma + Rational(1, 6)) == 0
