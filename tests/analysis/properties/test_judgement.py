"""Approximate coefficients are judged for the scheme that they are meant to be, and say to how many digits."""

import math

import mpmath
import numpy as np
import pytest
from sympy import Rational

import schemetools as st
from schemetools.schemes.additive import AdditiveRungeKutta
from tests.schemes.published import ADDITIVE, TABLES, WRONG_CLAIMS, as_floats, as_text, pair

WAYS = {"text": as_text, "floats": as_floats}


@pytest.mark.parametrize("build", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", TABLES)
def test_published_tables_have_the_order_that_their_source_states(name, build):
    table = TABLES[name]
    scheme = build(table, c=False)
    expected = WRONG_CLAIMS.get(name, table["order"])
    assert expected is None or st.order(scheme) == expected
    if table["bhat"] and table["order_hat"]:
        assert st.order(st.embedded(scheme)) == table["order_hat"]


@pytest.mark.parametrize("build", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", [n for n, t in ADDITIVE.items() if t["order"]])
def test_published_additive_pairs_have_their_order(name, build):
    assert st.order(pair(ADDITIVE[name], build)) == ADDITIVE[name]["order"]


def test_trees_of_order_fourteen_are_judged_in_doubles_whose_rounding_counts():
    """Feagin's 35 stages: 32,973 conditions of order 14, whose residuals are the rounding of long sums."""
    assert st.order("feagin14") == 14


def test_a_report_says_how_far_each_order_holds():
    scheme = as_text(TABLES["sundials ARKODE_ARK548L2SAb_ERK_8_4_5"])
    report = st.order(scheme, report=True)
    assert (report.order, report.as_written) == (5, 1) and list(report.residuals) == [1, 2, 3, 4, 5, 6]
    assert 0 < report.holds_to < 1e-24 and report.residuals[6] > 1e-4
    assert report.flips_at == (report.holds_to, report.residuals[6])
    assert str(report).startswith("order 5 to ") and "as written 1" in str(report)
    exact = st.order(st.rk4, report=True)
    assert (exact.order, exact.as_written, exact.holds_to, str(exact)) == (4, 4, 0, "order 4")


def test_residuals_are_those_of_the_order_conditions():
    scheme = as_floats(TABLES["scipy RK45"])
    report = st.order(scheme, report=True)
    limit = sum(scheme.b)
    for n, largest in report.residuals.items():
        conditions = {t: r + limit**n / t.density for t, r in st.order_conditions(scheme, n).items() if t.order == n}
        expected = max(abs(float(weight - Rational(1, t.density))) for t, weight in conditions.items())
        assert largest == pytest.approx(expected, rel=1e-9, abs=1e-40)


@pytest.mark.parametrize(("error", "order"), [(1e-13, 4), (1e-10, 4), (1e-6, 1), (1e-4, 1)])
def test_the_tolerance_is_above_rounding_and_below_a_mistake(error, order):
    b = [1 / 6 + error, 1 / 3, 1 / 3, 1 / 6]
    assert st.order(st.RungeKutta([[], [0.5], [0, 0.5], [0, 0, 1]], b)) == order


def test_fewer_digits_allow_larger_residuals():
    scheme = st.RungeKutta([[], ["2/3"]], ["1/4", "3/4"])
    rough = st.RungeKutta([[], ["2/3"], ["0", "2/3"]], ["1/4", "3/8", "3/8"])
    assert st.order(scheme) == 2 and st.order(rough) == 3
    declared = st.RungeKutta([[], ["0.66667"], [0, "0.66667"]], ["1/4", "3/8", "3/8"], digits=5)
    assert not declared.exact and st.order(declared) == 3 and declared.digits == 5
    assert st.order(st.RungeKutta([[], ["0.66667"], [0, "0.66667"]], ["1/4", "3/8", "3/8"], exact=True)) == 1


def radau(s, digits):
    """Radau IIA of s stages in decimals: nodes are the zeros of P_s - P_(s-1), A by integrating the interpolants."""
    with mpmath.workdps(digits + 30):
        legendre = [mpmath.taylor(lambda x, n=n: mpmath.legendre(n, x), 0, n) for n in (s, s - 1)]
        difference = [a - b for a, b in zip(legendre[0], [*legendre[1], 0], strict=True)]
        nodes = sorted((1 + mpmath.re(x)) / 2 for x in mpmath.polyroots(difference[::-1], maxsteps=500, extraprec=500))
        powers = mpmath.matrix(s, s)
        for k in range(s):
            for i in range(s):
                powers[k, i] = nodes[i] ** k
        inverse = powers**-1
        A = [[sum(nodes[i] ** (k + 1) / (k + 1) * inverse[j, k] for k in range(s)) for j in range(s)] for i in range(s)]
        text = [[mpmath.nstr(a, digits, strip_zeros=False) for a in row] for row in A]
    return st.RungeKutta(text, text[-1])


@pytest.mark.parametrize(("s", "order"), [(5, 9), pytest.param(7, 13, marks=pytest.mark.slow)])
def test_radau_methods_beyond_the_catalog_are_judged_from_fifty_digits(s, order):
    scheme = radau(s, 50)
    known = st.stability(scheme)
    assert st.order(scheme) == order and scheme.digits >= 48
    assert known.is_a_stable is True and known.is_l_stable is True and known.is_stiffly_accurate is True
    assert known.is_algebraically_stable is True and "approximate" in known.how("is_a_stable")


ROUNDED = (
    "dopri5", "heun3", "ssprk104", "adams_bashforth(3)", "gauss(2)", "trbdf2", "radau_iia(3)", "lobatto_iiib(3)",
    "lobatto_iiic(3)", "lobatto_iiia(3)", "crouzeix3", "kvaerno3", "verner65", "rkc2", "cash_karp5",
)  # fmt: skip
VERDICTS = ("is_a_stable", "is_l_stable", "is_i_stable", "is_algebraically_stable", "is_stiffly_accurate")


def agree(exact, rounded, verdicts=VERDICTS):
    for name in verdicts:
        assert getattr(rounded, name) == getattr(exact, name), name
    for name in ("real_interval", "imaginary_interval"):
        a, b = float(getattr(exact, name)), float(getattr(rounded, name))
        assert a == b or math.isclose(a, b, abs_tol=1e-6), name


@pytest.mark.parametrize("name", ROUNDED)
def test_verdicts_of_rounded_schemes_are_those_of_the_exact_ones(name):
    exact = st.get(name)
    rounded = st.to_float(exact)
    agree(st.stability(exact), st.stability(rounded))
    assert "approximate" in st.stability(rounded).how("is_a_stable")
    assert st.is_symplectic(rounded) == st.is_symplectic(exact)
    assert st.is_symmetric(rounded) == st.is_symmetric(exact)


@pytest.mark.parametrize(
    "name", [n for n in ROUNDED if "adams" not in n and n not in ("ssprk104", "dopri5", "verner65", "cash_karp5")]
)
def test_verdicts_do_not_need_the_exact_scheme(name, monkeypatch):
    monkeypatch.setattr("schemetools.analysis.stability.meant.recovered", lambda scheme: None)
    agree(st.stability(st.get(name)), st.stability(st.to_float(st.get(name))))


def test_nothing_of_rounding_is_printed_as_mathematics():
    text = str(st.modified_equation(st.tsit5, 6))
    assert "u' = f + h^5 [" in text and "e-17" not in text and "1.00000" not in text
    rounded = st.modified_equation(st.to_float(st.rk4))
    assert "u' = f + h^4 [" in str(rounded) and rounded.limit == 1


def test_the_other_result_of_a_pair_is_a_scheme():
    lobatto = [["0", "0", "0"], ["5/24", "1/3", "-1/24"], ["1/6", "2/3", "1/6"]]
    view = st.embedded(st.RungeKutta(lobatto, ["1/6", "2/3", "1/6"], b_hat=["-1/2", "2", "-1/2"]))
    assert st.order(view) == 2 and st.stability(view).real_interval ** 2 == 6
    with pytest.raises(st.SchemeError, match="no embedded result"):
        st.embedded(st.rk4)
    both = AdditiveRungeKutta({"F": st.dopri5, "G": st.dopri5})
    assert st.order(st.embedded(both)) == 4


def test_a_learned_coefficient_is_not_taken_for_a_short_fraction():
    learned = st.lm(k=float(np.linspace(-0.1, 0, 7)[2]))
    assert learned.alpha[0] != Rational(1, 15)
    assert st.stability(learned).real_interval != st.stability(st.lm(k=Rational(-1, 15))).real_interval


def test_what_all_verdicts_share_is_said_once():
    rounded = st.LinearMultistep([0.3333333333, -1.333333333, 1], [0, 0, 0.6666666667])
    shown = str(st.stability(rounded)).splitlines()
    assert shown[1] == st.stability(rounded).how("is_a_stable") and shown[1].startswith("exact for bdf(2)")
    assert "A-stable              yes" in shown and sum("exact for" in line for line in shown) == 1


def to_decimals(scheme, digits):
    """The scheme with its coefficients rounded, and said to be."""

    def rounded(row):
        return [str(round(Rational(x) if x.is_Rational else Rational(str(x.evalf(40))), digits)) for x in row]

    if isinstance(scheme, st.LinearMultistep):
        return st.LinearMultistep(rounded(scheme.alpha), rounded(scheme.beta), digits=digits)
    return st.RungeKutta([rounded(row) for row in scheme.A], rounded(scheme.b), digits=digits)


METHODS = ["heun3", "kutta3", "rk4", "rk38", "cash_karp5", "dopri5", "butcher6", "sdirk4", "gauss(2)", "gauss(3)"]
METHODS += ["radau_iia(3)", "ssprk33", "bogacki_shampine3", *(f"bdf({k})" for k in range(1, 7))]
METHODS += [*(f"adams_bashforth({k})" for k in range(1, 7)), *(f"adams_moulton({k})" for k in range(1, 6))]


@pytest.mark.parametrize("digits", [3, 4, 6, 8])
@pytest.mark.parametrize("name", METHODS)
def test_few_decimals_never_promise_a_higher_order_and_four_are_enough_for_the_right_one(name, digits):
    scheme = st.get(name)
    found = st.order(to_decimals(scheme, digits))
    assert found == st.order(scheme) if digits > 3 else found <= st.order(scheme)


LINEAR = ("is_zero_stable", "is_a_stable", "is_l_stable", "is_a0_stable", "is_i_stable")
APPROXIMATE_PAIRS = [name for name in ("kencarp3", "kencarp4", "kencarp5") if name in st.names()]


@pytest.mark.parametrize("name", APPROXIMATE_PAIRS)
@pytest.mark.parametrize("field", ["F", "G"])
def test_a_field_with_the_whole_share_is_judged_like_its_own_tableau(name, field):
    pair = st.get(name)
    together = st.stability(pair, shares={label: int(label == field) for label in pair.fields})
    agree(st.stability(dict(pair.tableaux)[field]), together, LINEAR)
    assert together.is_l_stable is (field == "G") and " to 1e-" in together.how("is_a_stable")


@pytest.mark.parametrize("shares", [None, {"F": 0, "G": 1}, {"F": "1/4", "G": "3/4"}, {"F": 1, "G": 1}], ids=str)
def test_rounded_pairs_have_the_verdicts_of_the_exact_ones(shares):
    exact = st.get("ars443")
    agree(st.stability(exact, shares=shares), st.stability(st.to_float(exact), shares=shares), LINEAR)


def test_the_digits_of_a_pair_are_judged_for_its_shares_as_they_are_known():
    fine = st.to_float(st.get("ars222"))
    coarse = AdditiveRungeKutta(fine.tableaux, digits=5)
    assert fine == coarse
    hows = [st.stability(s, shares={"F": "1/4", "G": "3/4"}).how("is_a_stable") for s in (fine, coarse)]
    assert hows[0] != hows[1] and "1e-05" in hows[1]


@pytest.mark.parametrize("weight", ["9/10", "-1"])
def test_a_report_says_which_equation_an_inconsistent_scheme_follows(weight):
    scheme = st.RungeKutta([[], ["1/2"]], ["0", weight])
    shown, limit = str(st.order(scheme, report=True)), Rational(weight)
    assert f"sum(b) = {limit}" in shown and ("u' = -f" if limit == -1 else f"u' = ({limit}) f") in shown
    assert st.order(st.rk4, report=True).relative_to == "" == st.order(st.tsit5, report=True).relative_to
