"""Exact lengths, angles, SSP coefficients and expansions against closed forms; the errors that nodepy makes come out right."""

import numpy as np
import pytest
import sympy
from sympy import Piecewise, Rational, Symbol, atan, oo, pi, sqrt

import schemetools as st
from schemetools.analysis.stability.verb import stability

k, y = Symbol("k"), Symbol("y")

INTERVALS = {  # (real, imaginary)
    "euler": (2, 0),
    "rk4": (None, 2 * sqrt(2)),
    "kutta3": (None, sqrt(3)),
    "ab(3)": (Rational(6, 11), 12 / (5 * sqrt(11))),
    "ab(2)": (1, 0),
    "leapfrog": (0, 1),
    "milne_simpson(2)": (0, sqrt(3)),
    "adams_moulton(2)": (6, 0),
    "polynet(2)": (1, 1),
    "lm(k=1)": (0, 2),
    "lm(k=3/10)": (Rational(7, 5), 0),
    "lm(k=-1)": (0, 0),
    "bdf(7)": (0, 0),
    "rkc1(8,0)": (128, 0),
    "rkc1(10,0)": (200, 0),
    "revnet": (0, 2),
    "stoermer_verlet": (0, 2),
    "trapezoid": (oo, oo),
    "gauss(3)": (oo, oo),
    "backward_euler": (oo, oo),
    "bdf(3)": (oo, 0),
}


@pytest.mark.parametrize("name", INTERVALS)
def test_intervals_in_closed_form(name):
    found = stability(st.get(name))
    real, imaginary = INTERVALS[name]
    if real is not None:
        assert found.real_interval == real
    assert (
        found.imaginary_interval == imaginary
        if imaginary == oo
        else sympy.simplify(found.imaginary_interval - imaginary) == 0
    )
    assert found.how("real_interval") == "exact"


def test_real_interval_of_rk4_solves_its_cubic():
    r = stability(st.rk4).real_interval
    assert sympy.expand(sympy.minimal_polynomial(r, y) - (y**3 - 4 * y**2 + 12 * y - 24)) == 0
    assert float(r) == pytest.approx(2.785293563405282, abs=1e-15)


def test_lm_intervals_are_formulas_in_k():
    found = stability(st.lm())
    assert found.real_interval == Piecewise((2 - 2 * k, sympy.And(k > -1, k <= 1)), (0, True))
    assert found.imaginary_interval == Piecewise((2, sympy.Eq(k, 1)), (0, True))
    normalized = stability(st.lm(), normalized=True)
    for value in ("-1/2", "0", "3/10", "9/10"):
        exact = Rational(value)
        assert normalized.real_interval.subs(k, exact) == 2 * (1 - exact) / (1 + exact)
        assert stability(st.lm(value), normalized=True).real_interval == 2 * (1 - exact) / (1 + exact)


def test_theta_intervals_are_formulas():
    theta = Symbol("theta")
    formula = stability(st.theta()).real_interval
    assert formula.subs(theta, Rational(1, 4)) == 4 == stability(st.theta("1/4")).real_interval
    assert formula.subs(theta, Rational(1, 2)) == oo


ANGLES = {
    "bdf(1)": pi / 2,
    "bdf(2)": pi / 2,
    "bdf(3)": atan(329 * sqrt(35) / 135),
    "bdf(4)": atan(699 * sqrt(6) / 512),
    "bdf(6)": atan(45503 * sqrt(195) / 1974375),
    "trapezoid": pi / 2,
    "adams_moulton(1)": pi / 2,
    "leapfrog": None,
    "milne_simpson(2)": None,
    "rk4": None,
    "bdf(7)": None,
    "gauss(2)": pi / 2,
}


@pytest.mark.parametrize("name", ANGLES)
def test_angles_in_closed_form(name):
    found, expected = stability(st.get(name)).angle, ANGLES[name]
    assert found is None if expected is None else sympy.simplify(found - expected) == 0


def test_angle_of_bdf5_and_of_a_diagonally_implicit_scheme_by_sampling():
    """The sector of the exact angle is stable, the next 1e-4 beyond it is not."""
    sdirk = st.RungeKutta([["3/10", 0, 0], ["4/5", "4/5", 0], ["1/10", "7/10", "3/5"]], ["-2/5", "1/2", "9/10"])
    for scheme in (st.bdf(5), sdirk):
        found = stability(scheme)
        alpha = float(found.angle)
        assert 0 < alpha < np.pi / 2
        r = np.geomspace(1e-4, 1e4, 200_001)
        assert found.contains(-r * np.exp(1j * (alpha - 1e-9))).all()
        assert not found.contains(-r * np.exp(1j * (alpha + 1e-4))).all()


def test_bdf5_angle_in_degrees():
    assert np.degrees(float(stability(st.bdf(5)).angle)) == pytest.approx(51.84, abs=0.005)


SSP = {
    "euler": 1,
    "heun2": 1,
    "ssprk33": 1,
    "ssprk43": 2,
    "ssprk104": 6,
    "rk4": 0,
    "ralston2": Rational(1, 2),
    "backward_euler": oo,
    "implicit_midpoint": 2,
    "trapezoid": 2,
    "sdirk2": 1 + sqrt(2),
    "gauss(2)": 0,
    "ssp_multistep32": Rational(1, 2),
    "ssp_multistep43": Rational(1, 3),
    "lm(k=3/10)": Rational(7, 10),
    "lm(k=-1/10)": 0,
    "leapfrog": 0,
}


@pytest.mark.parametrize("name", SSP)
def test_ssp_coefficients(name):
    assert (
        sympy.simplify(stability(st.get(name)).ssp_coefficient - SSP[name]) == 0
        if SSP[name] != oo
        else (stability(st.get(name)).ssp_coefficient == oo)
    )


def test_ssp_coefficient_of_a_split_midpoint_and_unused_stages():
    two_half_steps = st.RungeKutta([["1/4", 0], ["1/2", "1/4"]], ["1/2", "1/2"])
    assert stability(two_half_steps).ssp_coefficient == 4
    padded = st.RungeKutta([[0, 0], [5, 0]], [1, 0])
    assert stability(padded).ssp_coefficient == 1


def test_expansions_of_rk4_and_euler():
    found = stability(st.rk4)
    assert found.dissipation(6, y) == -(y**6) / 144
    assert found.dispersion(5, y) == -(y**5) / 120
    assert stability(st.euler).dissipation(2, y) == y**2 / 2
    for s in (st.leapfrog, st.gauss(2), st.trapezoid):
        assert stability(s).dissipation(8, y) == 0


def test_phase_error_of_symplectic_schemes():
    """Stoermer and Verlet: 2 sin(y'/2) = y, so y' - y = y^3/24 + 3 y^5/640 + ...; no damping at all."""
    for name in ("stoermer_verlet", "revnet", "symplectic_euler"):
        found = stability(st.get(name))
        assert found.dispersion(5, y) == y**3 / 24 + 3 * y**5 / 640
        assert found.dissipation(6, y) == 0
        assert found.limit == 1
    assert stability(st.get("yoshida4")).dispersion(3, y) == 0
    assert stability(st.revnet, normalized=True).imaginary_interval == 2


def test_expansion_of_lm_against_its_root():
    series = stability(st.lm()).dispersion(5, y)
    value = Rational(1, 3)
    exact = [c for c in np.roots([1, -(1 - 1 / 3) - 0.01j, -1 / 3]) if c.real > 0]
    assert float(series.subs({k: value, y: Rational(1, 100)})) == pytest.approx(
        np.angle(exact[0]) - 0.01 * 3 / 4, abs=1e-14
    )


def test_ellipse_and_area():
    found = stability(st.lm()).ellipse
    assert (found.centre, found.real_axis, found.imaginary_axis) == (k - 1, 1 - k, 1 + k)
    assert stability(st.lm("3/10")).area == 91 * pi / 100
    assert stability(st.lm("3/10"), normalized=True).ellipse.imaginary_axis == 1
    assert float(stability(st.euler).area) == pytest.approx(np.pi, rel=1e-6)
    assert stability(st.trapezoid).area == oo
    assert stability(st.backward_euler).area == oo
    assert "numerical" in stability(st.rk4).how("area")
    inside = stability(st.rk4).region((-4, 2), (-4, 4), 1201)
    assert float(stability(st.rk4).area) == pytest.approx(inside.mean() * 48, rel=2e-3)


def test_approximate_coefficients_are_labelled():
    learned = st.lm(k=float(np.linspace(-0.1, 0, 7)[2]))
    assert "approximate" in stability(learned).how("is_zero_stable")
    assert stability(learned).is_zero_stable is True


def test_numbers_with_several_symbols_are_refused_with_a_sentence():
    with pytest.raises(st.SchemeError, match="one free symbol"):
        _ = stability(st.lmm2()).real_interval
    a, b = Symbol("a"), Symbol("b")
    assert stability(st.lmm2()).is_a_stable == sympy.And(a >= -1, b >= Rational(1, 2), a < 1)
    assert stability(st.lmm2()).is_zero_stable == sympy.And(Symbol("a") >= -1, Symbol("a") < 1)


def test_shares_of_fields():
    imex = st.get("lie_trotter")
    labels = imex.fields
    one = stability(imex, shares={labels[0]: 1, labels[1]: 0})
    assert one.real_interval == 2
    with pytest.raises(st.SchemeError, match="shares"):
        stability(imex, shares={"nonsense": 1})


def test_ssp_coefficient_reduces_until_nothing_is_left_to_reduce():
    """Two equal stages with weights 1 and -1 go only after they are merged."""
    assert stability(st.RungeKutta([[0, 0, 0], [-1, 0, 0], [-1, 0, 0]], [1, 1, -1])).ssp_coefficient == 1
    assert stability(st.RungeKutta([[1, 0, 0], [2, 0, 0], [2, 0, 0]], [1, 1, -1])).ssp_coefficient == oo
    assert stability(st.RungeKutta([[-1]], [0])).ssp_coefficient == oo
    assert stability(st.LinearMultistep(["-1/2", "-1/2", 1], ["1/2", 1, 0])).ssp_coefficient == 1


@pytest.mark.parametrize(
    ("alpha", "beta"),
    [
        (["-1/2", "-1/2", 1], [k, "1/4", 0]),
        ([0, -1, 1], [1 - k, "1/4", k**2]),
        (["-1/2", "-1/2", 1], [k + Rational(1, 2), 1, 0]),
        ([0, -1, 1], [k, 2 - 2 * k**2, k**3]),
        ([-k, k - 1, 1], [0, 1, 0]),
    ],
)
def test_symbolic_ssp_coefficient_agrees_with_every_number(alpha, beta):
    """Also where a beta_j vanishes, or where rho and sigma get a common factor."""
    scheme = st.LinearMultistep(alpha, beta)
    formula = stability(scheme).ssp_coefficient
    for value in map(Rational, (-1, "-1/2", 0, "1/8", "1/3", "1/2", 1, 2)):
        try:
            number = stability(scheme.subs({"k": value})).ssp_coefficient
        except st.SchemeError:  # sigma(1) = 0
            continue
        assert formula.subs(k, value) == number


def test_normalized_ssp_coefficient_is_that_of_the_rescaled_scheme():
    assert stability(st.RungeKutta([["-1/2"]], [-1]), normalized=True).ssp_coefficient == 2
    formula = stability(st.lm(), normalized=True).ssp_coefficient
    assert formula == Piecewise(((1 - k) / (1 + k), sympy.And(k >= 0, k <= 1)), (0, True))


@pytest.mark.parametrize(
    "beta", [["1/10", 0, "1/5", 1], [0, 0, sqrt(2) / 20, 1], ["-1/28", "1/7", "-1/10", 1], [0, "-1/5", "2/3", 1]]
)
def test_angle_is_the_least_over_the_root_locus(beta):
    """rho of BDF3 with another sigma, against a fine sampling of the locus."""
    scheme = st.LinearMultistep(["-1/3", "3/2", -3, "11/6"], beta)
    found = stability(scheme)
    w = np.exp(1j * np.linspace(1e-6, np.pi - 1e-6, 100_001))
    locus = np.polyval([float(c) for c in scheme.alpha[::-1]], w) / np.polyval([float(c) for c in scheme.beta[::-1]], w)
    left = locus[locus.real < 0]
    expected = np.arctan(np.abs(left.imag) / -left.real).min() if len(left) else np.pi / 2
    assert float(found.angle) == pytest.approx(expected, abs=1e-7)
    assert found.how("angle") == "exact"


def test_what_is_computed_in_double_precision_says_so():
    for name in ("growth", "locus", "dominance", "zeros_and_poles", "curves", "contains"):
        assert "double precision" in stability(st.rk4).how(name)
