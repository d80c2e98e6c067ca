"""Where an article on networks and mathematics disagree, mathematics: what the pages of docs/articles.py rest on."""

import numpy as np
import pytest
import sympy
from sympy import Rational, Symbol, eye, oo, sqrt

import schemetools as st

z = Symbol("z")
DOT, F_F = st.Tree.from_level_sequence((1,)), st.Tree.from_level_sequence((1, 2))


def slope(errors, steps):
    return np.polyfit(np.log(1 / np.asarray(steps)), np.log(errors), 1)[0]


def test_verner_the_coefficients_of_the_published_code_are_of_no_consistent_method():
    """A sign in b_8, sqrt(6) lost in a_(12,7) and a_(12,10), and 1 in place of sqrt(6) in a_61, as the code has them."""
    verner = st.verner89
    assert st.order(verner) == 8
    A, b = [list(row) for row in verner.A], list(verner.b)
    assert b[7] == Rational(-27, 140) and A[5][0] == (9 - sqrt(6)) / 150
    b[7] = -b[7]
    flipped = st.RungeKutta(A, b)
    assert st.modified_equation(flipped, 1).limit == Rational(97, 70)
    assert not st.is_consistent(flipped)
    A[5][0], A[11][6], A[11][9] = Rational(8, 150), Rational("847.8814814814815"), Rational("605.7315968367965")
    assert float(sum(A[11])) == pytest.approx(1283, abs=1) and float(sum(verner.A[11])) == pytest.approx(4 / 3)
    sign_mended = st.RungeKutta(A, verner.b)
    residuals = st.order_conditions(sign_mended, 2)
    assert abs(float(max(residuals.values(), key=abs))) > 0.1  # order 1: the nodes are wrong as well


def test_revnet_is_symplectic_euler_and_not_forward_euler():
    symplectic, forward = st.modified_equation(st.revnet, 2), st.modified_equation(st.euler, 2)
    inner = {str(tree): value for tree, value in symplectic.coefficients.items() if tree.order == 2}
    assert sorted(map(str, inner.values())) == ["-1/2", "1/2"]  # one sign for each half of the state
    assert forward[F_F] == Rational(-1, 2)
    assert st.is_symplectic(st.revnet) and not st.is_symplectic(st.euler)
    p, q, h = 1.0, 0.0, 0.1  # p' = q, q' = -p: the area of a step is 1, forward Euler's 1 + h^2
    step = np.array([[1, h], [-h, 1 - h * h]])
    assert np.linalg.det(step) == pytest.approx(1)
    block = st.to_stepper(st.revnet)
    moved = block({"F": lambda v: v, "G": lambda u: -u}, (np.array([p]), np.array([q])), h)
    assert np.allclose(np.ravel(moved)[:2], step @ [p, q])


@pytest.mark.parametrize("m", [2, 3, 4])
def test_polynet_follows_backward_euler_through_order_m_and_is_no_backward_euler(m):
    polynet, implicit = (st.modified_equation(s, m + 1) for s in (st.get(f"polynet({m})"), st.backward_euler))
    differ = [tree for tree in polynet.coefficients if polynet[tree] != implicit[tree]]
    assert differ and {tree.order for tree in differ} == {m + 1}
    assert st.order(st.get(f"polynet({m})")) == 1
    verdicts = st.stability(st.get(f"polynet({m})"))
    assert not verdicts.is_a_stable and verdicts.real_interval < oo
    assert sympy.expand(verdicts.function(z)) == sum(z**j for j in range(m + 1))


def test_the_literal_polynet_block_follows_another_equation():
    """u + h f(u) + h f(h f(u)) is near u' = f(u) + f(0): no one-step method of u' = f(u) is, whatever its tableau."""

    def f(u):
        return np.cos(u)

    errors = []
    steps = [100, 200, 400]
    for n in steps:
        h, u, exact = 1 / n, 0.3, 0.3
        for _ in range(n):
            u = u + h * f(u) + h * f(h * f(u))
            for _ in range(4):  # rk4 for u' = f(u) + f(0), far below the error of the block
                g = h / 4
                a = f(exact) + 1
                b = f(exact + g * a / 2) + 1
                c = f(exact + g * b / 2) + 1
                d = f(exact + g * c) + 1
                exact += g * (a + 2 * b + 2 * c + d) / 6
        errors.append(abs(u - exact))
    assert slope(errors, steps) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_fractalnet_with_mean_join_is_of_order_one(columns):
    scheme = st.get(f"fractalnet({columns})")
    assert (st.order(scheme), scheme.stages) == (1, 2 ** (columns - 1))
    assert st.order(st.get("fractalnet(2, join=(2, -1))")) == 2


def test_lm_resnet_rescales_time_and_its_momentum_is_minus_k():
    k = Symbol("k")
    equation = st.modified_equation(st.lm(), 3)
    assert sympy.simplify(equation.limit - 1 / (1 + k)) == 0
    assert [sympy.expand(g) for g in equation.momentum[:2]] == [1 + k, (1 - k) / 2]
    beta, steps = Rational(1, 5), eye(2)  # heavy ball: v+ = beta v + h lambda u, u+ = u + v+
    heavy = sympy.Matrix([[1 + z, beta], [z, beta]])
    lm = sympy.Matrix([[1 - k + z, k], [1, 0]]).subs(k, -beta)
    w = Symbol("w")
    assert sympy.expand((heavy - w * steps).det() - (lm - w * steps).det()) == 0
    assert st.stability(st.lm()).is_zero_stable == sympy.And(k > -1, k <= 1)
    for value in (Rational(-1, 10), Rational(3, 10)):
        assert st.stability(st.lm(value)).real_interval == 2 * (1 - value)
        assert st.stability(st.lm(value), normalized=True).real_interval == 2 * (1 - value) / (1 + value)


def test_nested_schemes_collapse_to_order_one_and_separate_branches_void_the_order():
    torch = pytest.importorskip("torch")
    assert st.order(st.get("nested(rk4, midpoint)")) == 1
    assert st.order(st.get("nested(rk4, euler)")) == 4
    block = st.to_block(st.rk4)([torch.nn.Linear(2, 2) for _ in range(4)])
    assert "order: void" in repr(block)


def test_stacked_euler_steps_are_no_midpoint():
    """Two residual blocks as one step of size 2h: b = (1/2, 1/2), where the midpoint rule has (0, 1)."""
    stacked = st.steps(st.euler, 2)
    assert st.order(stacked) == 1
    assert st.modified_equation(stacked, 2)[F_F] == Rational(-1, 4)
    assert st.modified_equation(st.midpoint, 2)[F_F] == 0


@pytest.mark.parametrize("a", ["1/3", "2/5", "1"])
def test_a_flexible_factor_costs_the_order(a):
    assert st.order(st.get("ho_midpoint")) == 2 and st.order(st.get("ho_rk4")) == 4
    assert st.order(st.get(f"ho_midpoint({a})")) == 1
    assert st.order(st.get(f"ho_rk4({a})")) == 1
    scaled = st.get(f"ho_rk8(s={a})")
    assert st.modified_equation(scaled, 1).limit == Rational(a)
