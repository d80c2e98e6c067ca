"""Values that papers and public threads state, each with where it comes from or how it is derived by hand."""

import math
import time

import mpmath
import pytest
import sympy
from sympy import Rational, Symbol, oo, sqrt

import schemetools as st
from schemetools import stability

k, r = Symbol("k"), Symbol("r")
ZERO, ONE = Rational(0), Rational(1)


# ---- numerical differentiation formulas (Shampine and Reichelt, 1997) ----------------------------


def ndf(order, kappa):
    """BDF_k minus kappa (1 + 1/2 + ... + 1/k) nabla^(k+1) y on the left."""
    w = Symbol("w")
    differences = sum((w - 1) ** j * w ** (order + 1 - j) / j for j in range(1, order + 1))
    gamma = sum((Rational(1, j) for j in range(1, order + 1)), ZERO)
    alpha = sympy.Poly(sympy.expand(differences - kappa * gamma * (w - 1) ** (order + 1)), w).all_coeffs()[::-1]
    return st.LinearMultistep(alpha, [0] * (order + 1) + [1])


@pytest.mark.parametrize(("order", "kappa", "degrees"), [(3, "-0.0823", 80.4153675907), (4, "-0.0415", 66.1817611078)])
def test_ndf_of_orders_three_and_four_have_their_angles(order, kappa, degrees):
    scheme = ndf(order, Rational(kappa))
    assert st.order(scheme) == order
    assert math.degrees(float(stability(scheme).angle)) == pytest.approx(degrees, abs=1e-9)


@pytest.mark.parametrize(("order", "kappa"), [(1, "-0.1850"), (2, "-1/9")])
def test_ndf_of_orders_one_and_two_are_a_stable(order, kappa):
    assert stability(ndf(order, Rational(kappa))).angle == sympy.pi / 2


def test_ndf_of_order_two_by_its_parameter():
    """A-stable iff -1/9 <= kappa <= 1/3, zero-stable iff kappa <= 1/3, error constant -(9 kappa + 2)/6."""
    family = ndf(2, k)
    known = stability(family)
    for value in (-1, Rational(-1, 5), Rational(-1, 9), 0, Rational(1, 4), Rational(1, 3), Rational(2, 5)):
        assert bool(known.is_a_stable.subs(k, value)) == (Rational(-1, 9) <= value <= Rational(1, 3))
    for value in (-1, 0, Rational(1, 3), Rational(2, 5)):
        numbers = stability(ndf(2, Rational(value)))
        assert numbers.is_zero_stable is bool(known.is_zero_stable.subs(k, value))
    assert sympy.simplify(st.error_constant(family) + (9 * k + 2) / 6) == 0


# ---- second-order backward differentiation with the ratio r of its steps ----------------------------


def test_backward_differentiation_by_the_ratio_of_steps():
    """Grigorieff (1983): zero-stable for 0 < r < 1 + sqrt 2; with frozen coefficients A-stable for r <= 1."""
    family = st.LinearMultistep([r**2 / (1 + r), -(1 + r), (1 + 2 * r) / (1 + r)], [0, 0, 1])
    known = stability(family)
    for value in (Rational(1, 10), 1, Rational(12, 5), Rational(241, 100), Rational(242, 100), 3):
        assert bool(known.is_zero_stable.subs(r, value)) == (value < 1 + sqrt(2))
    for value in (Rational(-2, 5), Rational(-1, 3), Rational(1, 10), Rational(9, 10), 1, Rational(11, 10), 2):
        assert bool(known.is_a_stable.subs(r, value)) == (Rational(-1, 3) <= value <= 1)
    with pytest.raises(st.SchemeError):
        family.subs({r: -1})


# ---- embedded results ------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "real"), [("lobatto_iiia(3)", sqrt(6)), ("lobatto_iiic(3)", 4)])
def test_the_embedded_results_of_lobattos_methods(name, real):
    """Weights (-1/2, 2, -1/2), as in Julia's collection of tableaux: order 2."""
    scheme = st.get(name)
    other = st.embedded(st.RungeKutta(scheme.A, scheme.b, b_hat=["-1/2", 2, "-1/2"]))
    assert st.order(other) == 2
    assert sympy.simplify(stability(other).real_interval - real) == 0


def test_the_embedded_result_of_gauss():
    scheme = st.gauss(2)
    weights = [(1 + sqrt(3)) / 2, (1 - sqrt(3)) / 2]
    assert st.order(st.embedded(st.RungeKutta(scheme.A, scheme.b, b_hat=weights))) == 1


# ---- noise ---------------------------------------------------------------------------------------------

XI = st.random_symbol("xi", "normal", 0, 1)


def drift(theta):
    return st.RungeKutta([[0, 0, 0], [0, 0, 0], [1 - theta, 0, theta]], [1 - theta, 0, theta])


def in_mean_square(theta, rows):
    """The theta method with noise in a second field that multiplies the same lambda."""
    noise = st.RungeKutta([[0, 0, 0], rows[0], rows[1]], rows[1])
    return stability(st.AdditiveRungeKutta({"F": drift(theta), "G": noise}), shares={"F": 1, "G": 1})


@pytest.mark.parametrize("theta", [ZERO, Rational(1, 4), Rational(1, 2)])
@pytest.mark.parametrize("g", [Rational(1, 2), ONE, Rational(2)])
def test_theta_maruyama(theta, g):
    """(1 - (1 - theta) x)^2 + g^2 x^2 = (1 + theta x)^2 at x = 2/(g^2 + 1 - 2 theta)."""
    found = in_mean_square(theta, [[0, 0, 0], [g * XI, 0, 0]])
    assert found.real_interval == 2 / (g**2 + 1 - 2 * theta)


@pytest.mark.parametrize(("theta", "length"), [(ZERO, 0.847707598), (Rational(1, 2), 1.179509025), (ONE, 2 ** (2 / 3))])
def test_theta_milstein(theta, length):
    """(1 - (1 - theta) x)^2 + x^2 + x^4/2 = (1 + theta x)^2: noise xi z + (xi^2 - 1)/2 z^2."""
    second = (XI**2 - 1) / 2
    found = in_mean_square(theta, [[1, 0, 0], [XI - second, second, 0]])
    assert float(found.real_interval) == pytest.approx(length, abs=1e-9)


# ---- strong stability preservation ------------------------------------------------------------------------


@pytest.mark.parametrize(("s", "real"), [(2, None), (3, 37.0963851674), (4, 30 + 8 * math.sqrt(15))])
def test_implicit_methods_of_order_three_that_preserve_strong_stability(s, real):
    """Ferracina and Spijker (2008), Ketcheson, Macdonald, Gottlieb (2009): C = s - 1 + sqrt(s^2 - 1)."""
    diagonal, below = (1 - sqrt(Rational(s - 1, s + 1))) / 2, 1 / sqrt(s**2 - 1)
    A = [[diagonal if i == j else below * int(j < i) for j in range(s)] for i in range(s)]
    scheme = st.RungeKutta(A, [Rational(1, s)] * s)
    assert st.order(scheme) == 3
    assert sympy.simplify(stability(scheme).ssp_coefficient - (s - 1 + sqrt(s**2 - 1))) == 0
    if real is not None:
        assert float(stability(scheme).real_interval) == pytest.approx(real, rel=1e-11)


# ---- the root condition where floats do not see it ------------------------------------------------------------


def with_roots(*others):
    w = Symbol("w")
    alpha = sympy.Poly(sympy.expand((w - 1) * sympy.prod(w - root for root in others)), w).all_coeffs()[::-1]
    return st.LinearMultistep(alpha, [1] + [0] * len(others) + [0])


def test_zero_stability_tells_roots_that_are_a_billionth_apart():
    tiny = Rational(1, 10**9)
    assert stability(with_roots(-1, -1 + tiny)).is_zero_stable
    assert not stability(with_roots(-1, -1)).is_zero_stable
    assert not stability(with_roots(-1 - tiny)).is_zero_stable
    assert not stability(with_roots(1 - tiny, 1 + tiny)).is_zero_stable


def test_lehmers_polynomial_is_not_zero_stable():
    """The smallest known Mahler measure above 1: one root at 1.1763, eight on the circle."""
    w = Symbol("w")
    lehmer = w**10 + w**9 - w**7 - w**6 - w**5 - w**4 - w**3 + w + 1
    alpha = sympy.Poly(sympy.expand((w - 1) * lehmer), w).all_coeffs()[::-1]
    assert not stability(st.LinearMultistep(alpha, [1] + [0] * 11)).is_zero_stable


# ---- explicit pairs, of which the higher orders alternate ---------------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "corrector", "real", "imaginary"),
    [
        (3, 3, 1.93460842116, 1.17847173060),
        (4, 3, 1.28481626311, 0),
        (5, 4, 0.946917034537, 0.258711747666),
        (6, 5, 0.698002629549, 0.526717426944),
        (7, 7, 0.579701665601, 0.374167350290),
    ],
)
def test_adams_pairs_of_orders_four_to_eight(predictor, corrector, real, imaginary):
    """P_p is the Adams-Bashforth scheme of p steps, C_(q+1) the Adams-Moulton scheme of q."""
    known = stability(st.predictor_corrector(st.adams_bashforth(predictor), st.adams_moulton(corrector)))
    assert float(known.real_interval) == pytest.approx(real, abs=1e-11)
    assert float(known.imaginary_interval) == pytest.approx(imaginary, abs=1e-11)


@pytest.mark.flint
def test_the_eighth_order_pair_has_no_imaginary_interval():
    known = stability(st.predictor_corrector(st.adams_bashforth(8), st.adams_moulton(7)))
    assert known.imaginary_interval == 0 and known.real_interval != oo


@pytest.mark.flint
def test_the_ninth_order_pair_has_one_again_and_it_is_a_number_at_once():
    """Just inside and just outside the end the largest root is below and above 1."""
    known = stability(st.predictor_corrector(st.adams_bashforth(9), st.adams_moulton(8)))
    start = time.process_time()
    y = float(known.imaginary_interval)
    assert time.process_time() - start < 10 and y == pytest.approx(0.142604125865, abs=1e-11)
    w, z = sympy.symbols("w z")
    phi = sympy.lambdify(z, sympy.Poly(known.polynomial(w, z), w).all_coeffs(), "mpmath")
    with mpmath.workdps(50):
        roots = (mpmath.polyroots(phi(mpmath.mpc(0, y * f)), maxsteps=500, extraprec=200) for f in (0.99, 1.01))
        inside, outside = (max(map(abs, found)) - 1 for found in roots)
    assert inside < 0 < outside
