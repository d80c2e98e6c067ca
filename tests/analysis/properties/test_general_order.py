"""The order of general linear methods whose values are not the solution itself, and their stage order."""

import random
import time

import numpy as np
import pytest
import sympy
from sympy import Rational

import schemetools as st
from schemetools.analysis.properties.limits import limits
from schemetools.analysis.properties.order import _fails_at
from schemetools.analysis.properties.stage_order import order_bounds

DIAGONAL = [["1/4", 0, 0], ["1/3", "1/4", 0], ["1/3", "1/3", "1/4"]]
THIRDS = ["1/3"] * 3


def test_an_implicit_dimsim_has_the_order_of_its_conditions():
    """B in Butcher's theorem 5.1 at c = (0, 1/2, 1); values approximate y - h lambda y' and so on."""
    B = [["25/72", "19/36", "-1/24"], ["11/36", "11/18", "1/12"], ["31/72", "7/36", "13/24"]]
    scheme = st.GeneralLinear(DIAGONAL, np.eye(3, dtype=int).tolist(), B, [THIRDS] * 3)
    assert scheme == st.dimsim([0, "1/2", 1], DIAGONAL, THIRDS)
    assert (st.order(scheme), st.stage_order(scheme)) == (3, 3)


def test_an_explicit_dimsim_and_its_stability_polynomial():
    scheme = st.dimsim([0, 1], [[0, 0], [2, 0]], ["1/2", "1/2"])
    assert [[str(x) for x in row] for row in scheme.B] == [["5/4", "1/4"], ["3/4", "-1/4"]]
    assert st.order(scheme) == 2
    w, z = sympy.symbols("w z")
    assert sympy.expand(st.stability(scheme).polynomial(w, z) - w * (w - 1 - z - z**2 / 2)) == 0


@pytest.mark.parametrize("s", [2, 3, 4])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_dimsims_of_every_type_have_order_and_stage_order_s(s, kind):
    """Theorem 5.1 holds for any A, so a random one of the type's shape will do."""
    r = np.random.default_rng(10 * s + kind)
    A = [[Rational(int(r.integers(-3, 4)), 4) if j < i and kind in (1, 2) else 0 for j in range(s)] for i in range(s)]
    for i in range(s):
        A[i][i] = Rational(1, 3) if kind in (2, 4) else 0
    v = [Rational(i + 1, s * (s + 1) // 2) for i in range(s)]
    scheme = st.dimsim([Rational(i, s - 1) for i in range(s)], A, v)
    assert st.order(scheme) >= s and st.stage_order(scheme) >= s
    assert st.modified_equation(scheme, s + 1).known_order == st.order(scheme)


def test_nordsieck_values_are_a_start_too():
    """Euler with the scaled derivative as second value: x = (y, h y'), and Adams-Bashforth 2 in the same values."""
    nordsieck = st.GeneralLinear([[0]], [[1, 0]], [["3/2"], [1]], [[1, "-1/2"], [0, 0]])
    assert st.order(nordsieck) == st.order(st.adams_bashforth(2)) == 2
    mixed = st.GeneralLinear([[0]], [[1, "1/3"]], [["3/2"], [1]], [[1, "-1/6"], [0, "1/3"]])
    assert st.order(mixed) >= 1


@pytest.mark.parametrize("name", ["rk4", "gauss(2)", "radau_iia(2)", "heun3"])
def test_a_change_of_the_carried_values_changes_no_order(name):
    """x = T (y, h f): the normal form with an unused copy of the old slope, in other variables."""
    form = st.get(name).normal_form()
    s = form.stages
    T, back = sympy.Matrix([[1, Rational(1, 3)], [0, 2]]), sympy.Matrix([[1, Rational(1, 3)], [0, 2]]).inv()
    U = sympy.Matrix([[1, 0]] * s) * back
    B = T * sympy.Matrix([list(form.B[0]), [0] * (s - 1) + [1]])
    V = T * sympy.Matrix([[1, 0], [0, 0]]) * back
    changed = st.GeneralLinear(form.A, U.tolist(), B.tolist(), V.tolist())
    assert st.order(changed) == st.order(st.get(name))


@pytest.mark.parametrize("scheme", [st.bdf(4), st.adams_moulton(3), st.leapfrog, st.lm(k=1), st.milne_simpson(2)])
def test_multistep_methods_keep_their_order_in_general_form(scheme):
    assert st.order(scheme.normal_form()) == st.order(scheme)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_extended_bdf_methods_have_order_k_plus_one(k):
    assert st.order(st.ebdf(k)) == st.order(st.mebdf(k)) == k + 1
    assert st.stage_order(st.ebdf(k)) == k


def test_ebdf_of_one_step_is_written_down():
    """alphah_0 = -1, b = 3/2, b1 = -1/2: exact for 1, x, x^2 at 0, 1 and 2."""
    scheme = st.ebdf(1)
    assert [[str(x) for x in row] for row in scheme.A] == [["1", "0", "0"], ["1", "1", "0"], ["0", "-1/2", "3/2"]]


def test_peer_methods_reach_the_order_of_their_nodes():
    explicit = st.peer(["-1/2", "1/2", 1], B=[[0, 0, 1]] * 3, R=[[0, 0, 0], ["1/5", 0, 0], ["1/6", "1/6", 0]])
    assert (st.order(explicit), st.stage_order(explicit)) == (3, 3)
    zero = [[0] * 3] * 3
    R = [["1/4", 0, 0], ["1/5", "1/4", 0], ["1/6", "1/6", "1/4"]]
    assert st.order(st.peer(["1/3", "2/3", 1], A=zero, R=R)) == 2


def test_a_run_of_a_peer_method_has_the_slope_of_its_order():
    """y' = -y^2, y = 1/(1 + t), exact starting values."""
    c = np.array([-0.5, 0.5, 1.0])
    scheme = st.peer(["-1/2", "1/2", 1], B=[[0, 0, 1]] * 3, R=[[0, 0, 0], ["1/5", 0, 0], ["1/6", "1/6", 0]])
    A, U, B, V = (np.array(M, dtype=float) for M in (scheme.A, scheme.U, scheme.B, scheme.V))
    errors = []
    for n in (20, 40, 80):
        h, f = 1 / n, lambda y: -y * y
        points = c[::-1] * h
        x = np.concatenate([1 / (1 + points), h * f(1 / (1 + points))])[: U.shape[1]]
        for _ in range(n - 1):
            Y = np.zeros(3)
            for i in range(3):
                Y[i] = U[i] @ x + h * A[i] @ f(Y)
            x = V @ x + h * B @ f(Y)
        errors.append(abs(x[0] - 1 / (1 + n * h)))
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(abs(slopes - 3) < 0.2), (errors, slopes)


def random_method(seed):
    """Two values, two stages, V = [[1, v], [0, w]]; every other one a predictor and corrector of random steps."""
    r = random.Random(seed)
    if seed % 2:
        steps = r.randint(2, 4)
        mode = r.choice(["PECE", "PEC", "P(EC)^2E"])
        return st.predictor_corrector(f"ab({steps})", f"am({r.randint(1, steps - 1)})", mode)
    number = lambda: Rational(r.randint(-4, 4), r.choice([1, 2, 3]))  # noqa: E731
    A = [[number(), 0], [number(), number()]]
    B = [[number(), number()] for _ in range(2)]
    return st.GeneralLinear(A, [[1, number()] for _ in range(2)], B, [[1, number()], [0, r.choice([0, "1/2", -1])]])


@pytest.mark.parametrize("seed", range(30))
def test_the_bounds_by_stage_order_agree_with_the_trees(seed):
    """Where the equations for the values end with those for the stages, no tree is walked; here all are."""
    scheme = random_method(seed)
    if not any(limits(scheme)):
        with pytest.raises(st.SchemeError, match="u' = 0"):
            st.order(scheme)
        return
    by_trees = next(n for n in range(1, 9) if _fails_at(scheme, n + 1))
    assert st.order(scheme) == by_trees
    least, known = order_bounds(scheme)
    assert least <= by_trees and known in (None, by_trees)


def test_predictor_corrector_methods_of_twelve_steps_have_their_order_at_once():
    start = time.process_time()
    assert st.order(st.predictor_corrector("ab(12)", "am(11)")) == 12
    assert time.process_time() - start < 10


def test_confluent_nodes_and_wrong_shapes_are_refused():
    for wrong in (
        lambda: st.dimsim([0, 0], [[0, 0], [1, 0]], ["1/2", "1/2"]),
        lambda: st.dimsim([0, 1], [[0, 0], [1, 0]], ["1/2", "1/3"]),
        lambda: st.peer([0, 1]),
        lambda: st.peer([1, 1], B=[[0, 1], [0, 1]]),
        lambda: st.ebdf(0),
    ):
        with pytest.raises(st.SchemeError):
            wrong()


@pytest.mark.parametrize("k", range(2, 6))
def test_the_tall_tree_ends_the_search_and_all_trees_agree(k):
    """A predictor of order k, a corrector of order k + 1: the order is k + 1 (Lambert, section 4.4), and no more."""
    scheme = st.predictor_corrector(f"adams_bashforth({k})", f"adams_moulton({k})")
    least, known = order_bounds(scheme)
    residuals = st.order_conditions(scheme, k + 2)
    assert (least, known) == (k + 1, k + 1) and st.order(scheme) == k + 1
    assert not any(r for t, r in residuals.items() if 1 < t.order <= k + 1)
    assert any(r for t, r in residuals.items() if t.order == k + 2)


def test_the_order_of_a_long_pair_needs_no_trees():
    """Of 13 nodes there are 12486 trees; the tall one has a residual."""
    assert st.order(st.predictor_corrector("adams_bashforth(11)", "adams_moulton(11)")) == 12
