"""Verdicts in two and three symbols: literature, and agreement with the verdicts at rational points."""

import random

import pytest
import sympy
from sympy import And, Eq, Or, Rational, Symbol, symbols

import schemetools as st
from schemetools import stability

a, b, c, g = symbols("a b c g")
POINTS = [Rational(p, q) for p in range(-4, 9) for q in (1, 2, 3, 4)]


FAMILIES = {
    "two steps": st.LinearMultistep([a - 1, 1 - 2 * a, a], [Rational(1, 2) - a + b, Rational(1, 2) + a - 2 * b, b]),
    "diagonally implicit": st.RungeKutta([[g, 0], [1 - g, g]], [1 - c, c]),
    "two diagonals": st.RungeKutta([[a, 0], [b, 1 - b]], ["1/2", "1/2"]),
    "of a rational function": st.from_stability_function(
        (1 + (1 - a) * Symbol("z") + b * Symbol("z") ** 2) / (1 - a * Symbol("z"))
    ),
    "one stage": st.RungeKutta([[a]], [b]),
    "two steps in three": st.LinearMultistep([a, -1 - a, 1], [0, b, c]),
    "two steps, of any scale": st.LinearMultistep([a, b, -a - b], [0, 1, 0]),
    "three steps": st.LinearMultistep([a, b, -1 - a - b, 1], [0, 0, 1, 0]),
    "one step": st.LinearMultistep([-1, 1], [a, b]),
}
NAMES = ("is_zero_stable", "is_a_stable", "is_l_stable")


def test_the_two_step_family_of_order_two():
    """A-stable iff alpha >= 1/2 and b >= alpha/2, zero-stable iff alpha >= 1/2; L-stable for BDF2 alone."""
    known = stability(FAMILIES["two steps"])
    assert known.is_zero_stable == (a >= Rational(1, 2))
    assert known.is_a_stable == And(a >= Rational(1, 2), a <= 2 * b)
    values = sympy.solve([c.args[0] - c.args[1] for c in known.is_l_stable.args], [a, b])
    assert values == {a: Rational(3, 2), b: 1}


def test_singly_diagonally_implicit_stages():
    """The numerator of R loses its square on two lines: g = 1, where the stages come apart, and g = c."""
    known = stability(FAMILIES["diagonally implicit"])
    assert isinstance(known.is_l_stable, Or) and known.is_l_stable.has(Eq(g, 1)) and known.is_l_stable.has(Eq(g, c))
    assert bool(known.is_l_stable.subs({g: 1 - sympy.sqrt(2) / 2, c: 1 - sympy.sqrt(2) / 2}))


@pytest.mark.parametrize("name", FAMILIES)
def test_conditions_agree_with_the_verdicts_at_rational_points(name):
    scheme, r = FAMILIES[name], random.Random(name)
    seen = set()
    for verdict in NAMES:
        found = getattr(stability(scheme), verdict)
        for _ in range(20):
            at = {s: r.choice(POINTS) for s in sorted(scheme.free_symbols, key=str)}
            try:
                right = getattr(stability(scheme.subs(at)), verdict)
            except st.SchemeError:  # there is no scheme
                continue
            seen.add(right)
            assert (found if isinstance(found, bool) else bool(found.subs(at))) == right, (verdict, at)
    assert True in seen


def test_on_the_curve_where_the_scheme_is_reducible_the_reduced_one_counts():
    """b = alpha/2 is the trapezoid with a second root (1 - alpha)/alpha: A-stable as long as that is harmless."""
    condition = stability(FAMILIES["two steps"]).is_a_stable
    for alpha in (Rational(1, 3), Rational(1, 2), 1, 5):
        at = {a: alpha, b: Rational(alpha) / 2}
        right = stability(FAMILIES["two steps"].subs(at)).is_a_stable
        assert bool(condition.subs(at)) == right == (alpha >= Rational(1, 2))


def test_a_scheme_that_is_not_zero_stable_is_not_a_stable():
    """The trapezoid times (w - 2): its region is the left half plane, and what is written explodes at z = 0."""
    known = stability(st.LinearMultistep([2, -3, 1], [-1, Rational(-1, 2), Rational(1, 2)]))
    assert known.real_interval == sympy.oo and not known.is_zero_stable
    assert known.is_a_stable is False and known.is_l_stable is False and known.angle is None


def test_what_is_not_of_moderate_size_is_refused_in_a_sentence():
    d, e = symbols("d e")
    large = st.RungeKutta([[a, b, 0], [c, d, e], [a, c, e]], [1, b, -b])
    with pytest.raises(st.SchemeError, match=r"depends on .* not of moderate size: .*; substitute all symbols but one"):
        _ = stability(large).is_a_stable
    with pytest.raises(st.SchemeError, match="one free symbol"):
        _ = stability(FAMILIES["two steps"]).real_interval
