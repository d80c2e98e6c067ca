"""Verdicts against closed forms, Dahlquist's barriers, and an independent scan in high precision."""

import itertools
from fractions import Fraction

import mpmath
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from sympy import And, Eq, Rational, Symbol, sqrt

import schemetools as st
from schemetools.analysis.stability.verb import stability

k = Symbol("k")
theta = Symbol("theta")
w, z = sympy.symbols("w z")

A_L_ALGEBRAIC = {
    "euler": (False, False, False),
    "rk4": (False, False, False),
    "midpoint": (False, False, False),
    "polynet(2)": (False, False, False),
    "backward_euler": (True, True, True),
    "radau_iia(2)": (True, True, True),
    "lobatto_iiic(2)": (True, True, True),
    "implicit_midpoint": (True, False, True),
    "gauss(3)": (True, False, True),
    "trapezoid": (True, False, False),
    "trbdf2": (True, True, False),
    "lobatto_iiib(3)": (True, False, False),
    "alexander3": (True, True, False),
}


@pytest.mark.parametrize("name", A_L_ALGEBRAIC)
def test_table_of_verdicts(name):
    found = stability(st.get(name))
    assert (found.is_a_stable, found.is_l_stable, found.is_algebraically_stable) == A_L_ALGEBRAIC[name]


def test_one_stage_theta_three_quarters():
    found = stability(st.RungeKutta([["3/4"]], [1]))
    assert found.is_a_stable is True
    assert found.is_l_stable is False
    assert found.is_algebraically_stable is True


@pytest.mark.parametrize("steps", range(1, 8))
def test_bdf_is_zero_stable_up_to_six_and_a_stable_up_to_two(steps):
    found = stability(st.bdf(steps))
    assert found.is_zero_stable is (steps <= 6)
    assert found.is_a_stable is (steps <= 2)
    assert found.is_l_stable is (steps <= 2)
    assert found.is_stiffly_accurate is True


def test_lm_is_zero_stable_on_a_half_open_interval():
    verdict = stability(st.lm()).is_zero_stable
    assert verdict == And(k > -1, k <= 1)
    assert And(k > -1, k <= 1) == verdict
    assert hash(verdict) == hash(And(k > -1, k <= 1))
    with pytest.raises(TypeError, match="condition"):
        bool(verdict)
    for value in ("-1", "-9/10", "0", "1", "11/10"):
        assert verdict.subs(k, Rational(value)) == stability(st.lm(value)).is_zero_stable


def test_theta_is_a_stable_from_one_half_on():
    found = stability(st.theta())
    assert found.is_a_stable == (theta >= Rational(1, 2))
    assert found.is_l_stable == Eq(theta, 1)
    assert found.is_a0_stable == (theta >= Rational(1, 2))
    assert found.is_i_stable == (theta >= Rational(1, 2))
    assert found.is_algebraically_stable == Eq(theta, 1)
    assert found.is_zero_stable is True
    with pytest.raises(TypeError):
        bool(found.is_a_stable)


def test_condition_with_an_irrational_end():
    gamma = Symbol("g")
    sdirk = st.RungeKutta([[gamma, 0], [1 - gamma, gamma]], [1 - gamma, gamma])
    verdict = stability(sdirk).is_a_stable
    for value in (
        Rational(1, 4),
        Rational(29, 100),
        Rational(293, 1000),
        Rational(1, 2),
        Rational(17, 10),
        Rational(1, 5),
    ):
        assert verdict.subs(gamma, value) == stability(sdirk.subs({"g": value})).is_a_stable
    assert verdict.subs(gamma, 1 - sqrt(2) / 2) == True  # noqa: E712 - a sympy truth value


@pytest.mark.parametrize("value", [Rational(-9, 10), Rational(3, 10), Rational(1)])
def test_reducible_schemes_are_reduced(value):
    """rho and sigma times a common factor (w - 2) or (w - value): the same region, but rho has one more root."""
    for root in (2, value):
        alpha = sympy.Poly((w**2 - w) * (w - root), w).all_coeffs()[::-1]
        beta = [*sympy.Poly((w * Rational(3, 2) - Rational(1, 2)) * (w - root), w).all_coeffs()[::-1], 0]
        if sum(beta) == 0:
            continue
        found, plain = stability(st.LinearMultistep(alpha, beta)), stability(st.get("ab(2)"))
        assert found.is_zero_stable is (root != 2)
        assert found.real_interval == plain.real_interval


def test_sigma_of_one_zero_is_one_clear_error():
    with pytest.raises(st.SchemeError, match="sigma"):
        stability(st.LinearMultistep([0, -1, 1], [-1, 1, 0]))


# ---- Dahlquist's barriers -------------------------------------------------------------

fractions = some.fractions(min_value=-2, max_value=2, max_denominator=6).map(
    lambda q: Rational(q.numerator, q.denominator)
)


def of_greatest_order(alpha, free):
    """The weights beta with this rho that meet as many order conditions as there are of them at the indices `free`."""
    unknown = {j: sympy.Symbol(f"b{j}") for j in free}
    conditions = [
        sum(a * Rational(j) ** q for j, a in enumerate(alpha))
        - q * sum(b * Rational(j) ** (q - 1) for j, b in unknown.items())
        for q in range(1, len(unknown) + 1)
    ]
    [solution] = sympy.solve(conditions, list(unknown.values()), dict=True)
    return [solution[unknown[j]] if j in unknown else Rational(0) for j in range(len(alpha))]


FREE = {"implicit": lambda k: range(k + 1), "explicit": lambda k: range(k), "newest two": lambda k: (k - 1, k)}


@settings(max_examples=25, deadline=None)
@given(some.lists(fractions, min_size=1, max_size=2), some.sampled_from(sorted(FREE)))
def test_dahlquist_barriers(roots, kind):
    """Zero-stable: order <= k + 2, and k + 1 for odd k, and k if explicit (1956). A-stable: order <= 2 (1963)."""
    steps = len(roots) + 1
    rho = sympy.Poly(sympy.prod([w - 1, *(w - r for r in roots)]), w)
    alpha = rho.all_coeffs()[::-1]
    assume(1 not in roots)
    beta = of_greatest_order(alpha, FREE[kind](steps))
    scheme = st.LinearMultistep(alpha, beta)
    assume(sympy.gcd(rho, sympy.Poly(beta[::-1], w)).degree() == 0)  # else the order is the reduced scheme's
    found, order = stability(scheme), st.order(scheme)
    on_circle = [r for r in (*roots, 1) if abs(r) == 1]
    bounded = all(abs(r) <= 1 for r in roots) and len(set(on_circle)) == len(on_circle)
    assert found.is_zero_stable is bool(bounded)
    assert order >= len(FREE[kind](steps))
    if found.is_zero_stable:
        assert order <= (steps if kind == "explicit" else steps + 2 - steps % 2)
    if order > 2 or kind == "explicit" or not bounded:
        assert found.is_a_stable is False
    elif steps == 2:  # the newest two weights alone: b = (1 + a)/2 below
        assert found.is_a_stable is bool(roots[0] >= 0)


halves = some.fractions(min_value=0, max_value=1, max_denominator=6).map(lambda q: Rational(q.numerator, q.denominator))
near_one = some.fractions(min_value=-1, max_value=Fraction(5, 4), max_denominator=8).map(
    lambda q: Rational(q.numerator, q.denominator)
)


@settings(max_examples=60, deadline=None)
@given(near_one, halves)
def test_two_step_schemes_of_order_two(a, b):
    """A-stable exactly for b >= 1/2 and -1 <= a < 1; for a > 1 no scheme of the family is zero-stable, and none is A-stable.

    b = 1/2 is the trapezoid rule times w - a: beyond a = 1 the trapezoid's own roots stay in the disc and w = a does not.

    With w = (1 + s)/(1 - s): rho becomes s ((1 - a) + (1 + a) s)/2 and sigma (1 - a)/4 + (1 + a) s/4 + (b - 1/2) s^2,
    so that Re(rho conj(sigma)) = y^4 (1 + a)(b - 1/2)/2 on s = i y.
    """
    assume(a != 1)
    assert stability(st.lmm2(a, b)).is_a_stable is bool(a < 1 and b >= Rational(1, 2))


# ---- against a scan in high precision ----------------------------------------------------

SCANNED = ["rk4", "dopri5", "rk38", "ssprk104", "ab(3)", "ab(4)", "bdf(3)", "bdf(5)", "bdf(6)", "adams_moulton(3)", "lm(k=-7/10)",
           "lm(k=1)", "gauss(2)", "radau_iia(2)", "crouzeix3", "ruth3", "yoshida4", "milne_simpson(2)", "ssp_multistep43",
           "butcher6", "rkc2(4)", "lobatto_iiib(2)"]  # fmt: skip


def spectral_radius(coefficients, value):
    """The largest |w| at z = value, in 60 digits."""
    at_value = [sympy.sympify(c).subs(z, value).evalf(60) for c in coefficients]
    with mpmath.workdps(60):
        roots = mpmath.polyroots([mpmath.mpmathify(c) for c in at_value], maxsteps=500, extraprec=400)
        return max(abs(r) for r in roots)


@pytest.mark.parametrize("name", SCANNED)
@pytest.mark.parametrize("axis", ["real", "imaginary"])
def test_intervals_end_where_a_root_leaves_the_disc(name, axis):
    found = stability(st.get(name))
    coefficients = sympy.Poly(found.polynomial(w, z), w).all_coeffs()
    length = found.real_interval if axis == "real" else found.imaginary_interval
    direction = -1 if axis == "real" else sympy.I
    with mpmath.workdps(60):
        if length == sympy.oo:
            inside = [mpmath.mpf(2) ** j for j in range(-6, 8)]
        else:
            end = mpmath.mpmathify(length.evalf(60))
            inside = [end * j / 20 for j in range(1, 20)] if length else []
            assert spectral_radius(coefficients, direction * (end + mpmath.mpf(3) / 1000)) > 1 + mpmath.mpf(10) ** -30
        for t in inside:
            assert spectral_radius(coefficients, direction * t) < 1 + mpmath.mpf(10) ** -20


def test_conditions_agree_with_numbers_for_every_value():
    verdict = stability(st.lm(), normalized=True).is_a_stable
    assert verdict is False
    for value, name in itertools.product(
        ("1/3", "1/2", "3/4", "1"), ("is_a_stable", "is_a0_stable", "is_i_stable", "is_l_stable")
    ):
        condition = getattr(stability(st.theta()), name)
        assert condition.subs(theta, Rational(value)) == getattr(stability(st.theta(value)), name)


# ---- where f drops out, roots repeat, or coefficients vanish -------------------------------

IDENTITY = [[1, 0], [0, 1]]


def test_zero_stability_is_that_of_rho_as_written():
    """Euler times (w - 2): in exact arithmetic Euler, but rounding grows like 2^n."""
    found = stability(st.LinearMultistep([2, -3, 1], [-2, 1, 0]))
    assert found.is_zero_stable is False
    assert found.real_interval == 2
    assert stability(st.lm(0)).is_zero_stable is True
    u = [1.0, 1.0 + 1e-14]
    for _ in range(60):
        u.append(3 * u[-1] - 2 * u[-2])
    assert abs(u[-1] - 1) > 1


@pytest.mark.parametrize(
    "scheme",
    [
        st.RungeKutta([[0]], [0]),
        st.RungeKutta([[1]], [0]),
        st.GeneralLinear([[0]], [[1, 0]], [[0], [1]], [[1, 0], [1, 0]]),
    ],
)
def test_where_f_does_not_enter_every_point_is_stable(scheme):
    found = stability(scheme)
    assert found.is_a_stable is found.is_a0_stable is found.is_i_stable is found.is_zero_stable is True
    assert found.is_l_stable is False
    assert found.real_interval == found.imaginary_interval == sympy.oo
    assert found.angle == sympy.pi / 2


def test_f_may_enter_for_all_values_but_one():
    found = stability(st.RungeKutta([[0]], [k]))
    assert found.is_a_stable == found.is_i_stable == Eq(k, 0)
    assert found.real_interval.subs(k, 0) == sympy.oo
    assert stability(st.get("two_stage")).is_a_stable != False  # noqa: E712 - a condition on three symbols
    assert stability(st.rk4).is_a_stable is False


@pytest.mark.parametrize(("a", "coupling"), [("1/2", 0), ("1/2", 1), (1, 0)])
def test_two_copies_of_an_a_stable_scheme(a, coupling):
    """Double roots on the axis, where the closed region is the closure of the stable half plane."""
    found = stability(st.GeneralLinear([[a, 0], [0, a]], IDENTITY, [[1, coupling], [0, 1]], IDENTITY))
    assert found.is_a_stable is True
    assert found.is_l_stable is (a == 1)
    assert found.real_interval == found.imaginary_interval == sympy.oo
    assert found.contains([1j, -3, 100j]).all()


def test_two_copies_of_an_explicit_scheme_have_its_intervals():
    twice = st.GeneralLinear([[0, 0], [0, 0]], IDENTITY, IDENTITY, IDENTITY)
    assert (stability(twice).real_interval, stability(twice).is_a_stable) == (2, False)


def test_stiff_accuracy_is_a_condition():
    assert stability(st.LinearMultistep([0, -1, 1], [k**2, k, 1 - k])).is_stiffly_accurate == Eq(k, 0)
    assert stability(st.RungeKutta([[0, 0], [k, 0]], [1, 0])).is_stiffly_accurate == Eq(k, 1)
    condition = stability(st.lmm2()).is_stiffly_accurate
    assert condition.subs({"a": Rational(-1, 3), "b": Rational(1, 3)}) == (
        stability(st.lmm2("-1/3", "1/3")).is_stiffly_accurate
    )
    assert stability(st.bdf(3)).is_stiffly_accurate is stability(st.trbdf2).is_stiffly_accurate is True
    assert stability(st.rk4).is_stiffly_accurate is False


def test_an_stability_is_decided_on_the_irreducible_scheme():
    """Backward Euler, behind two equal stages that cancel; and a confluent scheme, by a violating Z."""
    found = stability(st.RungeKutta([[1, 0, 0], [2, 0, 0], [2, 0, 0]], [1, 1, -1]))
    assert found.is_algebraically_stable is found.is_an_stable is True
    found = stability(st.get("kvaerno3"))
    assert found.is_an_stable is False
    assert "violating Z was found" in found.how("is_an_stable")
