"""Stochastic modified equations: the published ones, exact moments of linear schemes, and weak slopes on the circle."""

import numpy as np
import pytest
import scipy.linalg
import sympy
from sympy import Rational, Symbol, cos, sin, symbols

import schemetools as st
from schemetools.errors import UnsupportedError
from schemetools.schemes.moments import covariance, expectation, moment

k, p, h, x = symbols("k p h x")


def equal(a, b):
    return sympy.simplify(a - b) == 0


# -- moments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("bernoulli", ["3/10"]), ("uniform", [-1, "5/2"]), ("normal", [1, "1/2"]), ("rademacher", [])],
)
@pytest.mark.parametrize("n", range(6))
def test_moments_agree_with_those_of_sympy(kind, parameters, n):
    symbol = st.random_symbol("xi", kind, *parameters)
    assert equal(moment(symbol, n), sympy.stats.E(symbol**n))


def test_independent_symbols_factorise_and_one_symbol_does_not():
    xi, eta = st.random_symbol("xi", "bernoulli", p), st.random_symbol("eta", "bernoulli", p)
    assert expectation(xi * eta) == p**2 and expectation(xi * xi) == p
    assert covariance(xi, eta) == 0 and equal(covariance(xi, xi), p * (1 - p))
    with pytest.raises(UnsupportedError, match="no polynomial"):
        expectation(1 / xi)


# -- the equations of the literature, as derived in the articles and checked there -------------------------------------


def test_stochastic_depth_drifts_with_p_and_diffuses_with_the_root_of_h():
    eq = st.modified_equation(st.stochastic_depth(p))
    assert eq.weak_order == 2 and eq.limit == p
    (drift,) = eq.drift(sin(x), x, h)
    assert equal(drift, p * sin(x) - h / 2 * p**2 * sin(x) * cos(x))
    assert equal((eq.diffusion(sin(x), x, h) ** 2)[0], h * p * (1 - p) * sin(x) ** 2)


def test_shake_shake_moves_along_the_difference_of_its_branches():
    eq = st.modified_equation(st.shake_shake)
    f = [sin(x), x**2]
    mean = (f[0] + f[1]) / 2
    assert equal(eq.drift(f, x, h)[0], mean - h / 2 * mean * mean.diff(x))
    diffusion = eq.diffusion(f, x, h)
    assert diffusion.shape == (1, 1) and equal(diffusion[0] ** 2, h / 12 * (f[0] - f[1]) ** 2)


def test_lm_with_stochastic_depth_follows_the_combination_of_its_states():
    eq = st.modified_equation(st.lm_stochastic_depth(k, p))
    assert equal(eq.first[0], p / (1 + k)) and equal(eq.second[0][0], -(1 - k) * p**2 / (2 * (1 + k) ** 3))
    assert equal(eq.covariance[0][0], p * (1 - p) / (1 + k) ** 2)
    assert equal(eq.offset[0], k * p / (1 + k) ** 2), "X_N = Y + h k p f(Y)/(1+k)^2"


def test_two_components_share_one_brownian_motion():
    y = Symbol("y")
    eq = st.modified_equation(st.stochastic_depth("4/5"))
    assert eq.diffusion((y, -x), (x, y), h).shape == (2, 1)


def test_a_certain_gate_gives_the_deterministic_equation():
    certain = st.modified_equation(st.stochastic_depth(1))
    assert certain.second[0][0] == Rational(-1, 2) and certain.factor == ((),)
    assert certain.diffusion(sin(x), x, h).shape == (1, 0)


# -- exact first and second moments of linear problems -----------------------------------------------------------------


def _left(g):
    r = g.values
    W = sympy.Matrix(g.V).T - sympy.eye(r)
    (w,) = W.nullspace()
    return w / (w.T * sympy.Matrix(g.q))[0]


def moments_with_start(scheme, lam, step, n):
    """E[X_n], E[X_n^2] for f = lam u from X_0 = 1, exactly: x' = M x with random M, and E[x x^T] is moved by E[M (x) M]."""
    g = scheme.normal_form()
    z = sympy.Rational(lam) * sympy.Rational(step)
    M = sympy.Matrix(g.V) + z * sympy.Matrix(g.B) * sympy.Matrix(g.U)
    mean = np.array(M.applyfunc(expectation).tolist(), float)
    both = np.array(sympy.kronecker_product(M, M).applyfunc(expectation).tolist(), float)
    start = np.array([1.0 if q == 1 else step * lam for q in g.q])
    return (np.linalg.matrix_power(mean, n) @ start)[0], (np.linalg.matrix_power(both, n) @ np.kron(start, start))[0]


@pytest.mark.parametrize(
    "scheme",
    [
        st.stochastic_depth("4/5"),
        st.gaussian_noise("1/2"),
        st.lm_stochastic_depth("-1/2", "4/5"),
        st.lm_stochastic_depth("1/2", "1/2"),
        st.randomise(st.adams_bashforth(2), st.random_symbol("xi", "bernoulli", "4/5")),
    ],
    ids=str,
)
def test_linear_moments_agree_to_second_order(scheme):
    lam, end = -0.75, 2.0
    eq = st.modified_equation(scheme)
    b, second, variance, offset = (float(v) for v in (eq.first[0], eq.second[0][0], eq.covariance[0][0], eq.offset[0]))
    g = scheme.normal_form()
    w = [float(c) for c in _left(g)]
    errors = []
    for n in (20, 40, 80):
        step = end / n
        a = b * lam + step * second * lam**2
        start = sum(weight * (1 if q == 1 else step * lam) for weight, q in zip(w, g.q, strict=True))
        out = 1 + step * offset * lam
        predicted = (
            start * np.exp(a * end) * out,
            (start * out) ** 2 * np.exp((2 * a + step * variance * lam**2) * end),
        )
        actual = moments_with_start(scheme, lam, step, n)
        errors.append(np.abs(np.subtract(actual, predicted)))
    slopes = np.log2(np.divide(errors[:-1], errors[1:]))
    assert (slopes[-1] > 1.85).all(), slopes


# -- weak slopes for nonlinear fields on the circle, by exact operators --------------------------------------------------

POINTS = 48
GRID = 2 * np.pi * np.arange(POINTS) / POINTS
WAVES = np.fft.fftfreq(POINTS, 1 / POINTS)


def interpolation(at):
    """The matrix that takes values on the grid to values of the trigonometric interpolant at other points."""
    return np.real(np.exp(1j * np.outer(at, WAVES)) @ np.fft.fft(np.eye(POINTS), axis=0) / POINTS)


DERIVATIVE = np.real(np.fft.ifft(1j * WAVES[:, None] * np.fft.fft(np.eye(POINTS), axis=0), axis=0))


def circle_error(eq, fields, draws, n, drop_correction=False):
    """max |E phi(X_N) - E phi(X(T))|: the scheme's transition operator to the n against the equation's semigroup."""
    end = 1.0
    step = end / n
    values = [np.array([float(f.subs(x, g)) for g in GRID]) for f in fields]
    P = sum(w * interpolation(GRID + step * sum(c * v for c, v in zip(cs, values, strict=True))) for w, cs in draws)
    f = fields if len(fields) > 1 else fields[0]
    drift = sympy.lambdify(x, eq.drift(f, x, 0 if drop_correction else step)[0])(GRID)
    noise = [sympy.lambdify(x, entry)(GRID) for entry in eq.diffusion(f, x, step)]
    generator = drift[:, None] * DERIVATIVE + sum(s[:, None] ** 2 / 2 for s in noise) * (DERIVATIVE @ DERIVATIVE)
    phi = np.exp(np.sin(GRID))
    return np.abs(np.linalg.matrix_power(P, n) @ phi - scipy.linalg.expm(end * generator) @ phi).max()


FIELD = sin(x) + cos(2 * x) / 3
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


@pytest.mark.parametrize(
    ("scheme", "fields", "draws"),
    [
        (st.stochastic_depth("4/5"), [FIELD], [(0.8, [1]), (0.2, [0])]),
        (st.stochastic_depth("1/2"), [FIELD], [(0.5, [1]), (0.5, [0])]),
        (
            st.shake_shake,
            [FIELD, cos(x)],
            [(w / 2, [(1 + s) / 2, (1 - s) / 2]) for s, w in zip(NODES, WEIGHTS, strict=True)],
        ),
    ],
    ids=["depth 4/5", "depth 1/2", "shake-shake"],
)
def test_the_weak_order_is_two_and_one_without_the_correction(scheme, fields, draws):
    eq = st.modified_equation(scheme)
    errors = [circle_error(eq, fields, draws, n) for n in (20, 40)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.15)
    crude = [circle_error(eq, fields, draws, n, drop_correction=True) for n in (40, 80)]
    assert np.log2(crude[0] / crude[1]) == pytest.approx(1, abs=0.15)


# -- what it says and what it refuses ------------------------------------------------------------------------------------


def test_it_prints_as_people_write_it():
    assert str(st.modified_equation(st.stochastic_depth("4/5"))).splitlines() == [
        "stochastic_depth(p=4/5): weak order 2 (Ito)",
        "dX = [4/5 f - 8/25 h f'f] dt + sqrt(h) [2/5 f] dB",
    ]
    assert r"dB_t" in st.modified_equation(st.shake_shake)._repr_latex_()


def test_weak_order_one_has_no_correction():
    eq = st.modified_equation(st.stochastic_depth(p), order=1)
    assert eq.weak_order == 1 and eq.drift(sin(x), x, h) == (p * sin(x),)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: st.modified_equation(st.stochastic_depth(p), order=3), "third cumulant"),
        (lambda: st.modified_equation(st.modified_equation), "not a scheme"),
        (lambda: st.modified_equation(st.randomise(st.revnet, st.random_symbol("xi", "bernoulli", p))), "partitioned"),
        (lambda: st.modified_equation(st.shake_shake).drift(sin(x), x, h), "list of 2 fields"),
        (lambda: st.modified_equation(st.lm_stochastic_depth(-1, p)), "double root"),
    ],
)
def test_refusals_say_why(call, reason):
    with pytest.raises(st.SchemeError, match=reason):
        call()
