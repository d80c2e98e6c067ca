"""Every declared order, once, against all order conditions in exact arithmetic."""

import mpmath
import pytest
import sympy
from sympy import Rational

import schemetools as st
from tests.schemes import conditions

# name: (order, order of the embedded result)
ONE_STEP = {
    "euler": (1, None),
    "midpoint": (2, None),
    "heun2": (2, None),
    "ralston2": (2, None),
    "kutta3": (3, None),
    "heun3": (3, None),
    "ralston3": (3, None),
    "rk4": (4, None),
    "rk38": (4, None),
    "ralston4": (4, None),
    "gill4": (4, None),
    "nystrom5": (5, None),
    "butcher5": (5, None),
    "butcher6": (6, None),
    "rk22": (2, None),
    "rk33": (3, None),
    "rk44": (4, None),
    "heun_euler": (2, 1),
    "bogacki_shampine3": (3, 2),
    "merson4": (4, 3),
    "zonneveld4": (4, 3),
    "fehlberg45": (4, 5),
    "cash_karp5": (5, 4),
    "dopri5": (5, 4),
    "verner65": (6, 5),
    "bogacki_shampine5": (5, 4),
    "verner65e": (6, 5),
    "verner65r": (6, 5),
    "verner76e": (7, 6),
    "verner76r": (7, 6),
    "verner87e": (8, 7),
    "verner98e": (9, 8),
    "cooper_verner8": (8, None),
    "fehlberg78": (7, 8),
    "dopri8": (8, 7),
    "verner89": (8, 9),
    "ssprk33": (3, 2),
    "ssprk43": (3, 2),
    "ssprk104": (4, 3),
    "ssprk(3, 1)": (1, None),
    "ssprk(2, 2)": (2, None),
    "ssprk(7, 2)": (2, None),
    "ssprk(9, 3)": (3, None),
    "ssprk(16, 3)": (3, None),
    "rkc1": (1, None),
    "rkc1(8)": (1, None),
    "rkc1(5, 1/20)": (1, None),
    "rkc1(3, eps=q)": (1, None),
    "rkc2(2)": (2, None),
    "rkc2": (2, None),
    "rkc2(10)": (2, None),
    "rkc2(3, eps=q)": (2, None),
    "backward_euler": (1, None),
    "implicit_midpoint": (2, None),
    "trapezoid": (2, None),
    "theta": (1, None),
    "theta(1/2)": (2, None),
    "theta(1/3)": (1, None),
    **{f"gauss({s})": (2 * s, None) for s in (1, 2, 3, 4, 5)},
    **{f"radau_ia({s})": (2 * s - 1, None) for s in (1, 2, 3, 4)},
    **{f"radau_iia({s})": (2 * s - 1, None) for s in (1, 2, 3, 4)},
    **{f"lobatto_iiia({s})": (2 * s - 2, None) for s in (2, 3, 4, 5)},
    **{f"lobatto_iiib({s})": (2 * s - 2, None) for s in (2, 3, 4, 5)},
    **{f"lobatto_iiic({s})": (2 * s - 2, None) for s in (2, 3, 4, 5)},
    **{f"lobatto_iiic_star({s})": (2 * s - 2, None) for s in (2, 3, 4, 5)},
    **{f"lobatto_iiid({s})": (2 * s - 2, None) for s in (2, 3, 4, 5)},
    "sdirk2_stiff": (2, None),
    "sdirk4": (4, 3),
    "esdirk4": (4, 3),
    "kvaerno4": (4, 3),
    "ssp_sdirk": (2, None),
    "ssp_sdirk(4, 2)": (2, None),
    **{f"ssp_sdirk({s}, 3)": (3, None) for s in (2, 3, 4)},
    "sdirk2": (2, None),
    "sdirk2(gamma)": (2, None),
    "crouzeix3": (3, None),
    "alexander3": (3, None),
    "trbdf2": (2, 3),
    "trbdf2(g)": (2, 3),
    "kvaerno3": (3, 2),
    "symplectic_euler": (1, None),
    "revnet": (1, None),
    "stoermer_verlet": (2, None),
    "ruth3": (3, None),
    "yoshida4": (4, None),
    "lobatto_iiia_iiib(2)": (2, None),
    "lobatto_iiia_iiib(3)": (4, None),
    "lobatto_iiia_iiib(4)": (6, None),
    "ars222": (2, None),
    "ars443": (3, None),
    "imex_ssp2": (2, None),
    "ars111": (1, None),
    "ars122": (2, None),
    "ars232": (2, None),
    "ars233": (3, None),
    "ars343": (3, None),
    "imex_ssp2_322": (2, None),
    "imex_ssp3_332": (2, None),
    "imex_ssp3_433": (3, None),
    "sil3": (2, None),
    "lie_trotter": (1, None),
    "lie_trotter(rk4)": (1, None),
    "strang": (2, None),
    "strang(rk4)": (2, None),
    "macaron": (1, None),
    "polynet(1)": (1, None),
    "polynet(4)": (1, None),
    "fractalnet(1)": (1, None),
    "fractalnet(2)": (1, None),
    "fractalnet(4)": (1, None),
    "fractalnet(2, (2, -1))": (2, None),
    "ho_midpoint": (2, None),
    "ho_rk4": (4, None),
    "nested": (1, None),
    "nested(rk4, euler)": (4, None),
}
MULTISTEP = {
    **{f"adams_bashforth({k})": k for k in range(1, 9)},
    **{f"adams_moulton({k})": k + 1 for k in range(1, 9)},
    **{f"bdf({k})": k for k in range(1, 8)},
    **{f"nystrom({k})": k for k in range(2, 7)},
    "milne_simpson(2)": 4,
    "milne_simpson(3)": 4,
    "milne_simpson(4)": 5,
    "leapfrog": 2,
    "lmm2": 2,
    "lmm2(a, 5/12)": 2,
    "lmm2(0, 5/12)": 3,
    "lmm2(-1, 1/3)": 4,
    "ssp_multistep32": 2,
    "ssp_multistep43": 3,
    "ssp_multistep(6, 2)": 2,
    "adams_bashforth(16)": 16,
    "adams_moulton(16)": 17,
}
# The approximations that were published: orders, and how large the residuals of their conditions are.
APPROXIMATE = {
    "tsit5": (5, 4, 1e-38),
    "cash_sdirk": (4, 3, 1e-38),
    "kvaerno5": (5, 4, 1e-38),
    "ssprk53": (3, None, 2e-15),
    "ssprk54": (4, None, 2e-15),
    "kencarp3": (3, 2, 1e-38),
    "kencarp4": (4, 3, 1e-24),
    "kencarp5": (5, 4, 1e-24),
    "dop853": (8, 5, 1e-26),
    "dop853_third": (8, 3, 1e-26),
}
GIANTS = {"feagin10": (10, 8, 1e-80), "feagin12": (12, 10, 1e-80), "feagin14": (14, 12, 1e-14)}
NO_ORDER = {"two_stage", "lm", "heavy_ball", "ho_rk8"}
# Implicit-explicit multistep: orders over two colours in test_built; low-storage and splitting methods have their own tests.
ELSEWHERE = {"cnab", "cnlf", "mcnab", "sbdf", "carpenter_kennedy4", "rdpk3sp49"}
ELSEWHERE |= {"yoshida6", "yoshida8", "mclachlan_atela4", "kahan_li6", "suzuki4"}
SLOW = {
    "gauss(5)",
    "verner98e",
    "dop853_third",
    "kencarp5",
}  # thousands of trees in a number field, or one of degree eight, take seconds


def each(names):
    return [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in names]


@pytest.mark.parametrize("name", each(ONE_STEP))
def test_one_step_methods_meet_all_conditions_to_their_order_and_no_further(name):
    order, embedded = ONE_STEP[name]
    scheme = st.get(name)
    assert conditions.order(scheme) == order
    b_hat = getattr(scheme, "b_hat", None)
    assert (None if b_hat is None else conditions.order(scheme, embedded=True)) == embedded


@pytest.mark.parametrize("name", MULTISTEP)
def test_multistep_methods_meet_all_conditions_to_their_order_and_no_further(name):
    assert conditions.multistep_order(st.get(name)) == MULTISTEP[name]


@pytest.mark.parametrize("name", each(APPROXIMATE))
def test_published_approximations_are_flagged_and_how_far_they_are_off_is_known(name):
    order, embedded, size = APPROXIMATE[name]
    scheme = st.get(name)
    tableaux = dict(scheme.tableaux) if hasattr(scheme, "tableaux") else {"f": scheme}
    assert not scheme.exact
    for with_hat, p in ((False, order), (True, embedded)):
        if p is None:
            continue
        met = [r for n in range(1, p + 1) for r in conditions.residuals(tableaux, n, embedded=with_hat)]
        assert 0 < max(abs(float(r)) for r in met) < size
        beyond = conditions.residuals(tableaux, p + 1, embedded=with_hat)
        assert max(abs(float(r)) for r in beyond) > 1e-6
    assert st.order(scheme) == order


def test_verner_89_meets_the_200_and_the_486_conditions():
    """b to order 8 and b_hat to order 9, in QQ(sqrt 6); two of the sixteen stages carry the estimate only."""
    scheme = st.verner89
    counts = {p: sum(len(conditions.trees(n)) for n in range(1, p + 1)) for p in (8, 9)}
    assert counts == {8: 200, 9: 486}
    for embedded, p in ((False, 8), (True, 9)):
        found = [r for n in range(1, p + 1) for r in conditions.residuals({"f": scheme}, n, embedded=embedded)]
        assert len(found) == counts[p] and not any(found)
    assert scheme.stages == 16 and scheme.b[-2:] == (0, 0) and scheme.b_hat[13] == 0


def test_every_entry_is_in_one_of_the_tables():
    declared = (
        {name.partition("(")[0] for name in (*ONE_STEP, *MULTISTEP, *APPROXIMATE, *GIANTS)} | NO_ORDER | ELSEWHERE
    )
    random = {name for name in st.names("general linear") if st.get(name).random_symbols}
    assert declared | random == set(st.names("general linear"))


@pytest.mark.parametrize("name", each([*ONE_STEP, *MULTISTEP]))
def test_the_analysis_finds_the_same_orders(name):
    declared = MULTISTEP.get(name) or ONE_STEP[name][0]
    assert st.order(st.get(name)) == declared


def steps_to_tan(scheme, n):
    """The error at t = 1/4 of n steps with 70 digits for x' = y, y' = 2 x y, whose solution is tan t, 1 + tan^2 t."""
    with mpmath.workdps(70):
        A, b = [[mpmath.mpf(x.p) / x.q for x in row] for row in scheme.A], [mpmath.mpf(x.p) / x.q for x in scheme.b]
        h, x, y = mpmath.mpf(1) / (4 * n), mpmath.mpf(0), mpmath.mpf(1)
        for _ in range(n):
            slopes = []
            for row in A:
                p = x + h * sum(a * k[0] for a, k in zip(row, slopes, strict=False))
                q = y + h * sum(a * k[1] for a, k in zip(row, slopes, strict=False))
                slopes.append((q, 2 * p * q))
            x, y = (v + h * sum(w * k[i] for w, k in zip(b, slopes, strict=True)) for i, v in enumerate((x, y)))
        return abs(x - mpmath.tan(0.25))


FINE = {"feagin12": 256}  # whose first error terms are as small as the next, until steps are small
LONG = ["feagin10", pytest.param("feagin12", marks=pytest.mark.slow), "feagin14", "verner98e", "verner87e"]


@pytest.mark.parametrize("name", LONG)
def test_high_orders_are_seen_as_slopes_in_long_arithmetic(name):
    scheme = st.get(name)
    if name == "verner98e":
        scheme = st.RungeKutta(*([[c.evalf(80) for c in row] for row in scheme.A], [c.evalf(80) for c in scheme.b]))
    order = GIANTS[name][0] if name in GIANTS else ONE_STEP[name][0]
    n = FINE.get(name, 32)
    first, second = steps_to_tan(scheme, n), steps_to_tan(scheme, 2 * n)
    assert order - 0.4 < mpmath.log(first / second, 2) < order + 1.2


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n != "feagin10" else n for n in GIANTS])
def test_feagins_methods_have_their_orders_to_the_residual_of_their_digits(name):
    order, embedded, size = GIANTS[name]
    scheme = st.get(name)
    report, hat = st.order(scheme, report=True), st.order(st.embedded(scheme), report=True)
    assert (report.order, hat.order) == (order, embedded)
    assert 0 < report.holds_to < size and report.residuals[order + 1] > 1e-8
    assert not scheme.exact and scheme.digits == 80


@pytest.mark.parametrize(("name", "orders"), [("dprkn4", (4, 3)), ("dprkn6", (6, 4)), ("dprkn8", (8, 6))])
def test_both_results_of_a_nystrom_pair_integrate_polynomials(name, orders):
    """q'' = t^k: sum b_i c_i^k = 1/((k + 1)(k + 2)) and sum b'_i c_i^k = 1/(k + 1), as far as the orders say."""
    scheme = st.get(name)
    results = [(scheme.b, scheme.b_prime), (scheme.b_hat, scheme.b_prime_hat)]
    for order, (b, slopes) in zip(orders, results, strict=True):
        for k in range(order):
            powers = [c**k for c in scheme.c]
            assert k + 2 > order or sympy.expand(sum(map(sympy.Mul, b, powers)) - Rational(1, (k + 1) * (k + 2))) == 0
            assert sympy.expand(sum(map(sympy.Mul, slopes, powers)) - Rational(1, k + 1)) == 0


@pytest.mark.parametrize("name", ["dprkn4", "dprkn6", "dprkn8"])
def test_stages_of_a_nystrom_pair_are_right_for_a_constant_force(name):
    """q(c) = c^2/2 for q'' = 1, q(0) = q'(0) = 0: the rows of A sum to c^2/2."""
    scheme = st.get(name)
    for row, c in zip(scheme.A, scheme.c, strict=True):
        assert sympy.expand(sum(row) - c**2 / 2) == 0
