"""Mean-square stability against closed forms, exact enumeration, and simulation of moments."""

import itertools

import numpy as np
import pytest
import sympy
from sympy import Rational

import schemetools as st
from schemetools.analysis.stability.second_moments import axis_model, second_moments
from schemetools.analysis.stability.verb import MeanSquareStability, stability

x, y = sympy.symbols("x y", real=True)


def test_stochastic_depth_is_a_polynomial_inequality():
    """E|1 + xi z|^2 = 1 + 2 p x + p (x^2 + y^2) <= 1: Euler's disc for every survival probability."""
    for p in ("1/2", "4/5"):
        found = stability(st.stochastic_depth(p))
        assert isinstance(found, MeanSquareStability)
        p = Rational(p)
        assert sympy.expand(found.second_moment(x, y) - (1 + 2 * p * x + p * (x**2 + y**2))) == 0
        assert found.real_interval == 2
        assert found.imaginary_interval == 0
        assert found.contains([-1, -1.9, -1 + 0.9j]).all()
        assert not found.contains([0.1, -2.1, 1j]).any()


def test_gaussian_noise_shrinks_the_disc():
    sigma = sympy.Symbol("s")
    found = stability(st.gaussian_noise(sigma))
    assert sympy.simplify(found.real_interval - 2 / (1 + sigma**2)) == 0
    assert stability(st.gaussian_noise("1/10")).real_interval == Rational(200, 101)


@pytest.mark.parametrize(("k", "p"), [("1/2", "1/2"), ("-1/10", "4/5"), ("9/10", "3/10")])
def test_lm_with_stochastic_depth_against_enumerated_paths(k, p):
    """E|u_n|^2 over all 2^n paths grows outside the region and decays inside it."""
    found = stability(st.lm_stochastic_depth(k, p))
    survival, k = float(Rational(p)), float(Rational(k))
    length = float(found.real_interval)
    for factor, decays in ((0.8, True), (1.25, False)):
        z, n = -length * factor, 14
        moments = np.eye(2)
        matrices = [np.array([[1 - k + xi * z, k], [1.0, 0.0]]) for xi in (0, 1)]
        enumerated = 0.0
        for path in itertools.product((0, 1), repeat=6):
            state = np.array([1.0, 1.0])
            for xi in path:
                state = matrices[xi] @ state
            enumerated += survival ** sum(path) * (1 - survival) ** (6 - sum(path)) * state[0] ** 2
        moments, history = np.ones((2, 2)), []
        for _ in range(40 * n):
            moments = sum(w * M @ moments @ M.T for w, M in zip((1 - survival, survival), matrices, strict=True))
            history.append(moments[0, 0])
        assert history[5] == pytest.approx(enumerated)
        assert bool(history[-1] < history[20 * n]) is decays
        assert bool(found.contains(z)) is decays


@pytest.mark.parametrize(("k", "stable"), [("1/2", True), ("-1/2", True), ("2", False), ("-2", False)])
def test_at_the_origin_a_step_keeps_constants_and_multiplies_the_other_root_by_minus_k(k, stable):
    """I - E[conj(M) (x) M] is singular there, so that its eigenvalues 1, -k, -k, k^2 decide."""
    known = st.stability(st.lm_stochastic_depth(k, "4/5"))
    assert known.contains(0) == stable
    assert known.contains([0, -1e-3]).tolist() == [stable, stable]


def test_axes_are_exact_for_several_values():
    """The exact real polynomial on each axis has the eigenvalues of the complex moment matrix as its roots."""
    scheme = st.LinearMultistep([0, -1, 1], ["-1/2", st.random_symbol("xi", "uniform", 1, 2), 0])
    found = stability(scheme)
    moments = second_moments(scheme, None)
    for imaginary, t in itertools.product((True, False), (0.3, 0.7)):
        model = axis_model(moments, imaginary=imaginary)
        coefficients = [sum(float(c) * (-t) ** m for m, c in enumerate(p)) for p in model.phi]
        largest = np.abs(np.roots(coefficients[::-1])).max()
        growth = found.growth(1j * t if imaginary else -t)
        assert np.log(largest) / 2 == pytest.approx(float(growth), abs=1e-7)
    length = float(found.real_interval)
    assert 0 < length < 2
    assert abs(found.growth(-length)) < 1e-7
    assert found.growth(-length * 1.001) > 0


def test_boundary_grid_and_window():
    found = stability(st.lm_stochastic_depth("1/2", "1/2"))
    [curve] = found.boundary()
    assert curve[0] == curve[-1]
    assert np.abs(found.growth(curve)).max() < 1e-9
    region = found.region(*found.window, 101)
    points = np.linspace(*found.window[0], 101)[None, :] + 1j * np.linspace(*found.window[1], 101)[:, None]
    assert (region == (found.growth(points) <= 0)).mean() > 0.999
    assert 0 < region.sum() < region.size
    assert float(found.area) == pytest.approx(region.mean() * np.prod([hi - lo for lo, hi in found.window]), rel=0.03)


def test_shake_shake_with_unequal_branches():
    """u + h (eta F + (1 - eta) G) on F = lambda u, G = 0: E|1 + eta z|^2 = 1 + x + (x^2 + y^2)/3."""
    found = stability(st.shake_shake, shares={"F": 1, "G": 0})
    assert sympy.expand(found.second_moment(x, y) - (1 + x + (x**2 + y**2) / 3)) == 0
    assert found.real_interval == 3


def test_what_is_random_is_not_asked_for():
    found = stability(st.stochastic_depth("1/2"))
    for question in (lambda: found.polynomial(0, 0), lambda: found.function(0), lambda: found.limit, found.locus):
        with pytest.raises(st.SchemeError, match="random|stochastic"):
            question()
    with pytest.raises(st.SchemeError, match="rescaled"):
        stability(st.stochastic_depth("1/2"), normalized=True)
    assert found.is_zero_stable is True
    assert found.is_a_stable is False
    assert found.angle is None
    with pytest.raises(st.SchemeError, match="denominator|implicit"):
        stability(st.RungeKutta([[st.random_symbol("xi", "uniform", 0, 1)]], [1])).contains(0)


def test_noise_that_keeps_the_modulus_on_the_imaginary_axis():
    """b = xi, Bernoulli: each step is the identity or the implicit midpoint rule, and |R(i y)| = 1 in both."""
    found = stability(st.RungeKutta([["1/2"]], [st.random_symbol("xi", "bernoulli", "4/5")]))
    assert found.imaginary_interval == found.real_interval == sympy.oo
    assert found.is_i_stable is found.is_a0_stable is True
    assert found.contains([1j, 50j, -3]).all()


def test_stiff_accuracy_is_meant_of_every_draw():
    xi, k = st.random_symbol("xi", "uniform", 0, 1), sympy.Symbol("k")
    assert stability(st.stochastic_depth()).is_stiffly_accurate is False
    assert stability(st.RungeKutta([[0, 0], [xi, 0]], [xi, 0])).is_stiffly_accurate is True
    assert stability(st.RungeKutta([[0, 0], [k * xi, 0]], [xi, 0])).is_stiffly_accurate == sympy.Eq(k, 1)


@pytest.mark.parametrize("name", ["dissipation", "dispersion"])
def test_a_random_root_has_no_expansion(name):
    with pytest.raises(st.SchemeError, match="random"):
        getattr(stability(st.stochastic_depth()), name)()


def test_a_random_scheme_has_no_ssp_coefficient():
    with pytest.raises(st.SchemeError, match="random.*numbers"):
        _ = stability(st.lm_stochastic_depth()).ssp_coefficient


def test_a_whole_axis_is_a_condition_on_a_symbol():
    sigma = sympy.Symbol("s")
    noisy = st.RungeKutta([["1/2"]], [st.random_symbol("xi", "normal", 1, sigma)])
    assert stability(noisy).is_i_stable == sympy.Eq(sigma, 0)


@pytest.mark.parametrize(("std", "stable"), [("1/2", True), (1, True), ("3/2", False)])
def test_mean_square_a_stability_of_an_implicit_scheme_is_decided(std, stable):
    """k = f(u + h k), u + h xi k: E|R|^2 = (1 + v |z|^2)/|1 - z|^2 for mean 1 and variance v, at most 1 iff v <= 1."""
    xi = st.random_symbol("xi", "normal", 1, std)
    found = st.stability(st.RungeKutta([[1]], [xi]))
    assert found.is_a_stable is stable and found.is_l_stable is False
    x, y = np.meshgrid(-np.logspace(-3, 3, 40), np.linspace(-50, 50, 41))
    assert bool(found.contains(x + 1j * y).all()) is stable


def test_a_pole_to_the_left_and_an_unstable_axis_are_found():
    xi = st.random_symbol("xi", "bernoulli", "1/2")
    assert st.stability(st.RungeKutta([[-1]], [xi])).is_a_stable is False
    gate = st.random_symbol("xi", "bernoulli", "1/2")
    # R = 1 + xi z/(1 - z) is 1 or 1/(1 - z): never above 1 on the left
    assert st.stability(st.RungeKutta([[1]], [gate])).is_a_stable is True
    # the trapezoidal rule with a gate on both stages: 1 or R of modulus one on the axis
    assert st.stability(st.RungeKutta([[0, 0], ["1/2", "1/2"]], [gate / 2, gate / 2])).is_a_stable is True
    assert st.stability(st.RungeKutta([[0, 0], ["1/2", "1/2"]], [gate, gate])).is_a_stable is False


def test_mean_square_l_stability():
    noise = st.random_symbol("xi", "rademacher")
    # stiffly accurate: R = (1 - z + a z)/(1 - z)^2, a = xi/4, so E|R|^2 = (|1-z|^2 + |z|^2/16)/|1-z|^4
    found = st.stability(st.RungeKutta([[1, 0], [noise / 4, 1]], [noise / 4, 1]))
    assert found.is_a_stable is True and found.is_l_stable is True
    with pytest.raises(st.SchemeError, match="numerical"):
        _ = found.is_algebraically_stable
