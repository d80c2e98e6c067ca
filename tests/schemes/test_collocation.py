"""Collocation methods of six to ten stages: tableaux from balls, verdicts from theory."""

import itertools
import time

import pytest
import sympy
from sympy import Rational

import schemetools as st
from schemetools.schemes.catalog._enclosed import enclosed

FAMILIES = ("gauss", "radau_ia", "radau_iia", "lobatto_iiia", "lobatto_iiib", "lobatto_iiic")


def stability_of(name):
    return st.stability(st.get(name))


@pytest.mark.flint
@pytest.mark.parametrize("family", FAMILIES)
def test_the_balls_agree_with_the_exact_tableau_where_there_is_one(family):
    exact, rounded = st.get(f"{family}(3)"), enclosed(family, 3)
    entries = [itertools.chain(*m.A, m.b, m.c) for m in (exact, rounded)]
    assert all(abs(sympy.N(x - y, 80)) < 1e-60 for x, y in zip(*entries, strict=True))
    for verb in (st.order, st.stage_order, st.is_symplectic, st.is_symmetric):
        assert verb(rounded) == verb(exact)
    found, known = st.stability(rounded), st.stability(exact)
    for name in ("is_a_stable", "is_l_stable", "is_algebraically_stable", "is_stiffly_accurate", "real_interval"):
        assert getattr(found, name) == getattr(known, name)
    z = sympy.Symbol("z")
    assert sympy.cancel(found.function(z) - known.function(z)) == 0


@pytest.mark.flint
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("s", [6, 10])
def test_simplifying_conditions_hold_to_the_digits(family, s):
    """B(p) and C(q), or D(q) for Radau IA, with the p and q that the verdicts state."""
    m = st.get(f"{family}({s})")
    p, q = st.order(m), st.stage_order(m)
    B = [sum(b * c ** (n - 1) for b, c in zip(m.b, m.c, strict=True)) - Rational(1, n) for n in range(1, p + 2)]
    assert max(map(abs, B[:-1])) < 1e-55 < abs(B[-1])
    for n in range(1, q + 1):
        gaps = [
            sum(a * c ** (n - 1) for a, c in zip(row, m.c, strict=True)) - x**n / n
            for row, x in zip(m.A, m.c, strict=True)
        ]
        assert max(map(abs, gaps)) < 1e-55


@pytest.mark.flint
def test_verdicts_are_those_of_the_families():
    assert (st.order(st.gauss(10)), st.order(st.radau_iia(7)), st.order(st.lobatto_iiic(8))) == (20, 13, 14)
    assert st.is_symplectic(st.gauss(7)) and st.is_symmetric(st.lobatto_iiia(9)) and not st.is_symmetric(st.radau_ia(6))
    for name in ("radau_iia(7)", "radau_ia(6)", "lobatto_iiic(6)"):
        assert stability_of(name).is_l_stable and stability_of(name).is_algebraically_stable
    assert stability_of("gauss(8)").is_a_stable and not stability_of("gauss(8)").is_l_stable
    assert "theory" in stability_of("gauss(8)").how("is_a_stable")


@pytest.mark.flint
def test_ten_stages_are_judged_by_theory_and_at_once():
    """Order 20 has twelve million trees, and no number field is looked for."""
    start = time.process_time()
    found = stability_of("gauss(10)")
    assert found.is_a_stable and found.real_interval == sympy.oo and found.angle == sympy.pi / 2
    assert st.order(st.gauss(10), report=True).order == 20
    assert time.process_time() - start < 20  # about a second on an idle core


@pytest.mark.flint
def test_a_changed_tableau_is_an_ordinary_approximate_one():
    changed = st.to_float(st.gauss(6))
    assert type(changed) is st.RungeKutta and not changed.exact


def test_more_than_ten_stages_are_refused():
    with pytest.raises(st.SchemeError, match="10 stages"):
        st.gauss(11)
