"""Stability where coefficients are complex: Pade functions, intervals against a scan, regions without symmetry."""

import math

import mpmath
import numpy as np
import pytest
import sympy
from sympy import pi, sqrt

import schemetools as st
from tests.schemes.complex_schemes import DOUBLE, SCHEMES, TRIPLE, W, Z, composed


def test_conjugate_steps_give_pade_approximations():
    midpoint = st.stability(composed("implicit_midpoint", DOUBLE))
    assert sympy.simplify(midpoint.function(Z) - st.stability("gauss(2)").function(Z)) == 0
    assert midpoint.is_a_stable and not midpoint.is_l_stable and midpoint.angle == pi / 2
    backward = st.stability(composed("backward_euler", ["1/2 + I/2", "1/2 - I/2"]))
    assert sympy.simplify(backward.function(Z) - 1 / (1 - Z + Z**2 / 2)) == 0
    assert backward.is_l_stable and backward.real_interval == sympy.oo
    euler = st.stability(composed("euler", ["1/2 + I/2", "1/2 - I/2"]))
    assert sympy.expand(euler.function(Z)) == 1 + Z + Z**2 / 2 and euler.real_interval == 2


def test_the_double_step_of_verlet_on_the_oscillator():
    """tr M = 2 - y^2 + y^4/12 stays in [-2, 2] until y^2 = 12; it touches -2 nowhere, its least value being -1."""
    known = st.stability(SCHEMES["double"][0]())
    assert sympy.expand(known.polynomial(W, Z) - (W**2 - W * (2 + Z**2 + Z**4 / 12) + 1)) == 0
    assert known.imaginary_interval == 2 * sqrt(3)
    assert known.is_zero_stable and not known.is_a_stable


@pytest.mark.parametrize(
    ("base", "fractions"),
    [
        ("euler", ["1/4 + I/3", "3/4 - I/3"]),
        ("rk4", ["1/4 - I/5", "3/4 + I/5"]),
        ("backward_euler", ["1/4 + I/3", "3/4 - I/3"]),
        ("implicit_midpoint", TRIPLE),
        ("theta(1/3)", ["1/2 - I/7", "1/2 + I/7"]),
        ("trapezoid", ["1/3 + I/9", "2/3 - I/9"]),
    ],
)
def test_intervals_and_verdicts_of_a_complex_function_against_a_scan(base, fractions):
    scheme = composed(base, fractions)
    known = st.stability(scheme)
    R = sympy.lambdify(Z, known.function(Z).evalf(30), "numpy")
    parts = [
        complex(sympy.N(sympy.sympify(f) if not isinstance(f, str) else st.exact.parse(f, imaginary=True)))
        for f in fractions
    ]
    one = sympy.lambdify(Z, st.stability(base).function(Z), "numpy")
    rng = np.random.default_rng(1)
    z = rng.normal(size=400) * 3 + 3j * rng.normal(size=400)
    product = np.prod([one(c * z) for c in parts], axis=0)
    assert np.allclose(R(z), product, rtol=1e-9)
    clear = np.abs(np.abs(product) - 1) > 1e-9
    assert np.array_equal(known.contains(z)[clear], (np.abs(product) <= 1)[clear])
    x, y = np.linspace(-6, 4, 31), np.linspace(-5, 5, 31)
    grid = known.region((-6, 4), (-5, 5), 31)
    assert np.array_equal(grid, known.contains(x[None, :] + 1j * y[:, None]))
    below = sympy.fraction(sympy.together(known.function(Z)))[1]
    poles = np.roots(np.array(sympy.Poly(below, Z).all_coeffs(), complex))
    size = exactly(known.function(Z))
    ends = {"real_interval": (-1,), "imaginary_interval": (1j, -1j)}
    for name, directions in ends.items():
        inside = check_length(float(getattr(known, name)), lambda t: max(size(d * t) for d in directions))  # noqa: B023
        assert inside is (getattr(known, name) == sympy.oo)
        if name == "imaginary_interval":
            assert known.is_i_stable is inside
            assert known.is_a_stable is bool(inside and (poles.real > 0).all() and not scheme.is_explicit)
        else:
            assert known.is_a0_stable is inside


def exactly(R):
    """|R| at a point, in 40 digits."""
    value = sympy.lambdify(Z, R.evalf(60), "mpmath")

    def size(z):
        with mpmath.workdps(50):
            return abs(value(mpmath.mpmathify(z)))

    return size


def check_length(length, size):
    """Whether |R| <= 1 on a whole ray; it is checked to hold until `length` and to fail right after it."""
    for t in np.geomspace(1e-3, 1e4, 200):
        if t < 0.999 * length:
            assert size(t) <= 1 + mpmath.mpf(10) ** -35
    if math.isinf(length):
        return True
    assert size(1.001 * length + 1e-3) > 1
    return False


def test_a_region_that_is_not_symmetric_has_a_boundary_on_it():
    known = st.stability(composed("euler", ["1/4 + I/3", "3/4 - I/3"]))
    upper = known.contains(np.array([-1 + 1.2j, -1 - 1.2j]) * 1.05)
    [curve] = known.boundary()
    assert np.abs(known.growth(curve)).max() < 1e-9
    assert upper[0] != upper[1] or not np.allclose(np.sort(curve.imag.round(6)), np.sort(-curve.imag.round(6)))
    assert float(known.area) == pytest.approx(known.region((-4, 2), (-3, 3), 801).mean() * 36, rel=5e-3)


def test_what_a_pair_with_a_complex_trace_is_stable_on_is_a_curve():
    known = st.stability(SCHEMES["triple"][0]())
    assert known.imaginary_interval == 0 and known.real_interval == 0 and known.angle is None
    trace = -sympy.Poly(known.polynomial(W, Z), W).all_coeffs()[1]
    on = [complex(root) for root in sympy.Poly(sympy.N(trace - 1, 40), Z).nroots(30)]
    assert known.contains(np.array(on)).all() and not known.contains(np.array(on) * 1.01).any()
