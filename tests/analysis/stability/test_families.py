"""Numbers of one-symbol families as formulas: right at every rational value, and no error but a refusal."""

import random

import pytest
import sympy
from sympy import Eq, Piecewise, Rational, Symbol, oo, sqrt

import schemetools as st
from schemetools import stability
from schemetools.analysis.algebra.family_root import FamilyRoot

k = Symbol("k")
NUMBERS = ("real_interval", "imaginary_interval", "ssp_coefficient")


def two_stage_interval(c):
    """R = 1 + z + c z^2 leaves the unit disc at R = -1 while that is possible, else at R = 1."""
    return 4 / (1 + sqrt(1 - 8 * c)) if c < Rational(1, 8) else 1 / c


@pytest.mark.parametrize(
    ("scheme", "c"),
    [
        (st.RungeKutta([[0, 0], [k, 0]], [0, 1]), lambda v: v),
        (st.RungeKutta([[0, 0], ["2/3", 0]], [1 - k, k]), lambda v: 2 * v / 3),
        (st.RungeKutta([[0, 0], ["1/2", 0]], [1 - k, k]), lambda v: v / 2),
    ],
)
def test_the_simplest_families_have_their_known_interval(scheme, c):
    formula = stability(scheme).real_interval
    for v in (-3, -1, 0, Rational(1, 16), Rational(1, 8), Rational(3, 16), Rational(1, 4), Rational(1, 2), 2):
        found, right = formula.subs(k, v), two_stage_interval(c(Rational(v)))
        assert abs(sympy.N(found - right, 30)) < 1e-25, v


def test_a_catalog_family_whose_formula_has_a_pole_at_an_ordinary_scheme():
    scheme = st.get("two_stage(w1=0,w2=1)")
    formula = stability(scheme).real_interval
    [a] = scheme.free_symbols
    for v in (-1, 0, Rational(1, 8), 1):
        assert sympy.simplify(formula.subs(a, v) - stability(scheme.subs({a: v})).real_interval) == 0


def test_multistep_families_without_a_positive_ssp_coefficient_say_zero():
    first = st.LinearMultistep([Rational(3, 4) - k, k - Rational(7, 4), 1], [Rational(1, 2) - k, 0, 0])
    assert stability(first).ssp_coefficient == 0
    second = st.LinearMultistep([Rational(5, 3) - k, k - Rational(8, 3), 1], [-k, 2 * k + 1, 0])
    formula = stability(second).ssp_coefficient
    assert [formula.subs(k, v) for v in (0, 1, 2)] == [0, 0, 0]


def test_ssp_coefficient_of_a_runge_kutta_family():
    """u + h ((1 - k) f + k f(u + h f)) is monotone for h <= min(1, 1/k - 1) in forward Euler steps, 0 < k <= 1."""
    formula = stability(st.RungeKutta([[0, 0], [1, 0]], [1 - k, k])).ssp_coefficient
    for v in (Rational(1, 4), Rational(1, 2), Rational(2, 3), 1):
        assert formula.subs(k, v) == stability(st.RungeKutta([[0, 0], [1, 0]], [1 - v, v])).ssp_coefficient
    assert formula.subs(k, Rational(1, 2)) == 1


def test_an_end_without_radicals_is_a_root_that_becomes_a_number():
    family = st.RungeKutta(
        [[0, 0, 0], ["1/2", 0, 0], [0, "3/4", 0]], [Rational(2, 9), Rational(1, 3) - k, Rational(4, 9) + k]
    )
    formula = stability(family).real_interval
    assert formula.has(FamilyRoot) and formula.free_symbols == {k}
    at = formula.subs(k, 0)
    assert abs(sympy.N(at, 30) - sympy.N(stability(family.subs({k: 0})).real_interval, 30)) < 1e-25


def test_a_crossing_of_two_equations_at_an_irrational_bound_ends_the_search():
    """At the bound both equations of the crossings have one root in common, over the number field of the bound."""
    scheme = st.LinearMultistep([0, 3 * k / 4 - 1, -3 * k / 4, 1], [2 * k + Rational(1, 3), "-1/4", 0, 3 * k / 4 - 1])
    formula = stability(scheme).real_interval
    for v in (0, Rational(1, 2), 1, 2):
        found, right = formula.subs(k, v), stability(scheme.subs({"k": v})).real_interval
        assert found == right or abs(sympy.N(found - right, 30)) < 1e-25, v


def test_a_bound_at_which_two_steps_reflect_at_infinity_ends_the_case():
    """y_(n+2) - y_n with sigma = -4 + w + (3k/4 - 2) w^2: for k <= -8/3 the locus is left of the imaginary axis."""
    formula = stability(st.LinearMultistep([-1, 0, 1], [-4, 1, 3 * k / 4 - 2])).imaginary_interval
    assert formula == Piecewise((oo, sympy.Or(k >= Rational(28, 3), k <= Rational(-8, 3))), (0, True))


def test_equal_neighbours_are_one_piece():
    formula = stability(st.lm()).imaginary_interval
    assert formula == Piecewise((2, Eq(k, 1)), (0, True))


# ---- random families --------------------------------------------------------------------


def _number(r):
    return Rational(r.randint(-4, 4), r.choice([1, 2, 3, 4]))


def _entry(r):
    return _number(r) + _number(r) * k if r.random() < 0.4 else _number(r)


def random_family(seed):
    """A Runge-Kutta, IMEX or multistep family, or None where the numbers drawn are no scheme in one symbol."""
    r = random.Random(seed)
    kind = r.choice(["explicit2", "explicit3", "implicit2", "sdirk2", "imex", "two", "three", "explicit three"])
    e = [_entry(r) for _ in range(8)]
    try:
        scheme = _family(kind, e, r)
    except st.SchemeError:
        return None
    return scheme if len(scheme.free_symbols) == 1 else None


def _family(kind, e, r):
    if kind == "explicit2":
        return st.RungeKutta([[0, 0], [e[0], 0]], e[1:3])
    if kind == "explicit3":
        return st.RungeKutta([[0, 0, 0], [e[0], 0, 0], [e[1], e[2], 0]], e[3:6])
    if kind == "implicit2":
        return st.RungeKutta([e[:2], e[2:4]], e[4:6])
    if kind == "sdirk2":
        return st.RungeKutta([[e[0], 0], [e[1], e[0]]], e[2:4])
    if kind == "imex":
        F, G = st.RungeKutta([[0, 0], [e[0], 0]], e[1:3]), st.RungeKutta([[0, 0], [0, e[0]]], e[3:5])
        return st.AdditiveRungeKutta({"F": F, "G": G})
    steps = 2 if kind == "two" else 3
    rho = [e[0], -1 - e[0], 1] if r.random() < 0.6 else [*e[1:steps], -1 - sum(e[1:steps], Rational(0)), 1]
    beta = [*e[8 - steps :], 0 if kind.startswith("explicit") else e[0]]
    return st.LinearMultistep([0] * (steps + 1 - len(rho)) + rho, beta)


def disagreements(seed):
    """(number, value, found, right) wherever a formula misses the number at 16 rational values."""
    family = random_family(seed)
    if family is None:
        return []
    r = random.Random(seed)
    values = [Rational(v) for v in (0, 1, -1)] + [Rational(r.randint(-12, 12), r.randint(1, 8)) for _ in range(13)]
    wrong = []
    for name in NUMBERS:
        try:
            formula = getattr(stability(family), name)
        except st.SchemeError:
            continue
        for value in values:
            try:
                right = getattr(stability(family.subs({"k": value})), name)
            except st.SchemeError:
                continue
            found = formula.subs(k, value)
            if found != right and not (right != oo and abs(sympy.N(found - right, 30)) < 1e-15):
                wrong.append((name, value, found, right))
    return wrong


@pytest.mark.parametrize("seed", range(14))
def test_random_families_agree_with_their_numbers(seed):
    assert disagreements(seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("block", range(100))
def test_many_random_families_agree_with_their_numbers(block):
    assert [disagreements(100 + 10 * block + i) for i in range(10)] == [[]] * 10


@pytest.mark.parametrize(
    ("alpha", "beta", "value"),
    [
        ([0, 2, -3, 1], [-k, -1, 1 - 3 * k / 2, 0], Rational(2, 7)),
        ([2, -3, 1], [-k, 1, 0], Rational(2)),  # (w - 2) (w - 1 - z)
        ([3, -4, 1], [0, -3 * k, 1], Rational(1)),  # (w - 3) (w - 1 - z w)
    ],
)
def test_where_a_root_outside_the_circle_cancels_the_interval_is_that_of_the_reduced_scheme(alpha, beta, value):
    family = st.LinearMultistep(alpha, beta)
    number = st.stability(family.subs({"k": value}))
    formulas = st.stability(family)
    assert number.real_interval > 0
    for name in ("real_interval", "imaginary_interval"):
        formula = getattr(formulas, name)
        assert formula.subs(k, value) == getattr(number, name)
        assert formula.subs(k, value + Rational(1, 10)) == 0
