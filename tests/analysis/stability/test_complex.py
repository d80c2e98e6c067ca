"""Schemes with complex coefficients: real R by hand, complex R against |R| at sampled points of rays."""

import numpy as np
import pytest
import sympy
from sympy import I, Rational, Symbol, oo, pi

import schemetools as st
from schemetools.errors import SchemeError

Z = Symbol("z")
HALVES = ["1/2 + 1/2*I", "1/2 - 1/2*I"]
PAIR = ["1/2 + sqrt(3)/6*I", "1/2 - sqrt(3)/6*I"]
EULERS = st.compose(st.euler, st.euler, fractions=HALVES)
MIDPOINTS = st.compose(st.implicit_midpoint, st.implicit_midpoint, fractions=PAIR)


def one_stage(a):
    """R = (1 + (1 - a) z)/(1 - a z)."""
    return st.RungeKutta([[a]], [1])


def two_stages(a):
    """R = 1 + z + a z^2."""
    return st.RungeKutta([[], [a]], [0, 1])


def reach(scheme, *directions, most=40.0):
    """How far |R| <= 1 on all rays, by 200,000 points; oo if as far as `most`."""
    t = np.linspace(0, most, 200001)[1:]
    f = sympy.lambdify(Z, st.stability(scheme).function(Z), "numpy")
    grows = np.any([np.abs(f(d * t) + 0 * t) > 1 + 1e-12 for d in directions], axis=0)
    return t[np.argmax(grows)] if grows.any() else np.inf


def test_euler_with_conjugate_halves_has_the_polynomial_of_second_order():
    known = st.stability(EULERS)
    assert sympy.expand(known.function(Z) - (1 + Z + Z**2 / 2)) == 0
    assert known.real_interval == 2 == st.stability(st.heun2).real_interval
    assert known.imaginary_interval == 0 and known.is_zero_stable
    assert not known.is_a_stable and not known.is_l_stable and not known.is_a0_stable and not known.is_i_stable
    assert known.angle is None
    real = st.stability(st.heun2)
    assert sympy.expand(known.dissipation(6) - real.dissipation(6)) == 0
    assert sympy.expand(known.dispersion(6) - real.dispersion(6)) == 0
    assert float(known.area) == pytest.approx(float(real.area), rel=1e-6)
    assert known.how("is_a_stable") == "exact"


def test_midpoints_with_conjugate_steps_are_a_stable_as_the_padé_approximant():
    known = st.stability(MIDPOINTS)
    assert sympy.cancel(known.function(Z) - st.stability(st.gauss(2)).function(Z)) == 0
    assert known.is_a_stable is True and known.is_l_stable is False
    assert known.imaginary_interval == known.real_interval == oo and known.angle == pi / 2


@pytest.mark.parametrize(
    "scheme",
    [
        one_stage("1 + 1/10*I"),
        one_stage("2/5 + 1/5*I"),
        one_stage("1/2 + I"),
        two_stages("1/2 + 1/4*I"),
        two_stages("1/8*I"),
    ],
    ids=lambda s: str(s.A[-1][0]),
)
def test_a_complex_function_on_rays(scheme):
    known = st.stability(scheme)
    for found, directions in ((known.real_interval, [-1]), (known.imaginary_interval, [1j, -1j])):
        expected = reach(scheme, *directions)
        if found == oo or expected == np.inf:
            assert found == oo and expected == np.inf
        else:
            assert float(found) == pytest.approx(expected, abs=4e-4)
    assert known.is_zero_stable
    assert known.is_a0_stable == (known.real_interval == oo)
    assert known.is_i_stable == (known.imaginary_interval == oo)
    poles = np.roots(np.array([-complex(scheme.A[0][0]), 1])) if not scheme.is_explicit else np.array([1.0])
    assert known.is_a_stable == bool(known.is_i_stable and np.all(poles.real > 0))
    assert known.is_l_stable == bool(known.is_a_stable and scheme.A[-1][0] == 1)


def test_the_one_stage_method_is_a_stable_iff_its_coefficient_lies_right_of_one_half():
    """|1 + (1 - a) i y|^2 - |1 - a i y|^2 = 2 y (Im a - Im a) + y^2 (1 - 2 Re a): the sign of 1/2 - Re a decides."""
    for a, expected in (("1/2 + I", True), ("3/4 - 2*I", True), ("2/5 + 1/5*I", False)):
        known = st.stability(one_stage(a))
        assert known.is_a_stable == expected
        assert (known.angle == pi / 2) if expected else known.is_i_stable is False


def test_the_region_need_not_be_symmetric_about_the_real_axis():
    known = st.stability(two_stages("1/2 + 1/4*I"))
    f = sympy.lambdify(Z, known.function(Z), "numpy")
    z = np.array([-0.5 + 1j, -0.5 - 1j, -1 + 0.3j, -1 - 0.3j, -0.2 + 1.3j, -0.2 - 1.3j])
    assert known.contains(z).tolist() == (np.abs(f(z)) <= 1).tolist()
    assert known.contains(z).tolist() != known.contains(z.conj()).tolist()


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda: st.stability(one_stage("2/5 + 1/5*I")).angle, "is decided for a real R"),
        (lambda: st.stability(one_stage("1/2 + I")).dissipation(), "is decided for a real R"),
        (lambda: st.stability(EULERS).is_algebraically_stable, "keep real states real"),
        (lambda: st.stability(EULERS).is_an_stable, "AN-stability is for schemes that keep real"),
        (lambda: st.stability(EULERS).ssp_coefficient, "the SSP coefficient is for schemes"),
        (lambda: st.stability(EULERS).second_moment(0), "nothing is random here"),
        (lambda: st.stability(one_stage(0.4 + 0.14285714285714285j)).is_a_stable, "needs exact coefficients"),
        (lambda: st.stability(st.RungeKutta([[Symbol("k") * I + Rational(1, 2)]], [1])), "needs numbers for k"),
    ],
)
def test_what_is_not_defined_for_complex_coefficients_says_why(ask, reason):
    with pytest.raises(SchemeError, match=reason):
        ask()


def test_an_ellipse_and_random_moments_are_of_other_schemes():
    assert st.stability(EULERS).ellipse is None
    assert st.stability(one_stage("1/2 + I")).is_stiffly_accurate is False


def test_a_partitioned_scheme_whose_phi_is_not_real_is_stable_on_curves_only():
    """Symplectic Euler thrice, not in conjugate pairs: roots w and 1/w, so that no interval is stable."""
    euler, sizes = st.symplectic_euler, ["1/2 + 1/3*I", "1/4", "1/4 - 1/3*I"]
    known = st.stability(st.compose(euler, euler, euler, fractions=sizes))
    first, _, last = sympy.Poly(sympy.expand(known.polynomial(Symbol("w"), Z)), Symbol("w")).all_coeffs()
    assert sympy.cancel(first - last) == 0
    assert known.real_interval == known.imaginary_interval == 0 and known.angle is None
    assert not (known.is_a_stable or known.is_l_stable or known.is_a0_stable or known.is_i_stable)
