"""Schemes built from others or from other ways to write them, against published values and identities."""

import numpy as np
import pytest
import sympy
from sympy import Rational, Symbol, sqrt

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.schemes.base import labelled

Z = Symbol("z")
AB, AM = st.adams_bashforth, st.adams_moulton
BACKWARD_EULER = st.LinearMultistep([-1, 1], [0, 1])


@pytest.mark.parametrize(
    ("predictor", "corrector", "mode", "order", "real", "imaginary"),
    [
        (AB(1), BACKWARD_EULER, "PECE", 1, 1, 1),
        (AB(2), AM(1), "PECE", 2, 2, 1.28718850581),
        (AB(2), AM(2), "PECE", 3, 2.4, 1.2),
        (AB(3), AM(2), "PECE", 3, 1.72878356807, 0),
        (AB(2), AM(1), "PEC", 2, 0.5, 2 / 3),
        (AB(2), AM(1), "P(EC)^2E", 2, 1.47796724301, 1.69141980411),
        (AB(2), AM(1), "PECECE", 2, 1.47796724301, 1.69141980411),
    ],
)
def test_predictor_corrector_has_the_published_intervals(predictor, corrector, mode, order, real, imaginary):
    scheme = st.predictor_corrector(predictor, corrector, mode)
    known = st.stability(scheme)
    assert st.order(scheme) == order
    assert float(known.real_interval) == pytest.approx(real, rel=1e-10)
    assert float(known.imaginary_interval) == pytest.approx(imaginary, rel=1e-10, abs=1e-12)


def test_the_fourth_order_pair():
    assert st.stability(st.predictor_corrector(AB(4), AM(3), "PEC")).real_interval == Rational(3, 19)
    scheme = st.predictor_corrector(AB(4), AM(3))
    assert st.order(scheme) == 4 and scheme.stages == 2
    assert st.convergence(scheme, steps=(16, 32, 64)).agrees


def test_predicting_by_euler_and_correcting_by_the_trapezoid_is_heun():
    scheme = st.predictor_corrector("euler", "trapezoid")
    assert sympy.expand(st.stability(scheme).polynomial(Symbol("w"), Z)).has(Z) and st.order(scheme) == 2
    f = lambda u: -(u**2)  # noqa: E731
    ours, heun = (st.solve(s, f, (0, 1), 1.0, h=0.25).u for s in (scheme, "heun2"))
    np.testing.assert_allclose(ours, heun, rtol=1e-13)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((AM(2), AM(2)), "is implicit; an explicit .*scheme predicts"),
        ((AB(2), AB(2)), "is explicit; an implicit .*scheme corrects"),
        ((AB(2), AM(3)), "has 2 steps and the corrector adams_moulton.3. 3"),
        ((AB(2), AM(2), "CEP"), "mode is PECE"),
        (("rk4", AM(2)), "takes two multistep schemes; rk4"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(SchemeError, match=message):
        st.predictor_corrector(*arguments)


@pytest.mark.parametrize(
    ("name", "order"), [("cnab", 2), ("mcnab", 2), ("cnlf", 2), ("sbdf(1)", 1), ("sbdf(2)", 2), ("sbdf(4)", 4)]
)
def test_imex_multistep_orders(name, order):
    scheme = st.get(name)
    assert st.order(scheme) == order and st.is_consistent(scheme)
    explicit, implicit = (st.LinearMultistep(scheme.alpha, beta) for beta in (scheme.beta, scheme.gamma))
    assert min(st.order(explicit), st.order(implicit)) == order


def test_imex_multistep_in_two_shares():
    """SBDF2 with implicit share c is A-stable from c = 3/4 on, below its real interval is 4/(3 - 4c)."""
    for c in (Rational(3, 4), Rational(1)):
        assert st.stability("sbdf(2)", shares={"F": 1 - c, "G": c}).is_a_stable
    for c in (Rational(0), Rational(1, 4), Rational(1, 2), Rational(5, 8)):
        known = st.stability("sbdf(2)", shares={"F": 1 - c, "G": c})
        assert not known.is_a_stable and known.real_interval == 4 / (3 - 4 * c)


def test_imex_multistep_runs_saves_and_refuses(tmp_path):
    assert st.convergence("sbdf(3)", steps=(16, 32, 64)).agrees
    st.save(st.sbdf(2), tmp_path / "a.toml")
    assert st.load(tmp_path / "a.toml") == st.sbdf(2)
    assert "G_{n+2}" in st.cnab._repr_latex_() and "F_{n+1}" in st.cnab._repr_latex_()
    for arguments, message in (
        (([-1, 1], [0, 1], [0, 1]), "explicit part, is 0"),
        (([-1, 1], [1, 0], [1, 0]), "are not 0"),
        (([-1, 2], [1, 0], [0, 1]), "must be 0"),
        (([-1, 1], [1], [0, 1]), "k steps need"),
    ):
        with pytest.raises(SchemeError, match=message):
            st.ImexMultistep(*arguments)


def run_2n(A, B, z):
    u, d = 1, 0
    for a, b in zip(A, B, strict=True):
        d = a * d + z * u
        u = u + b * d
    return sympy.expand(u)


def test_williamsons_form_computes_its_own_program():
    A, B = [Rational(x) for x in ("0", "-5/9", "-153/128")], [Rational(x) for x in ("1/3", "15/16", "8/15")]
    scheme = st.low_storage("2N", A=A, B=B)
    assert st.order(scheme) == 3 and sympy.expand(st.stability(scheme).function(Z) - run_2n(A, B, Z)) == 0
    assert st.low_storage("2N", A=A[1:], B=B) == scheme


def test_carpenter_kennedys_form_has_order_four():
    A = [
        "-567301805773/1357537059087",
        "-2404267990393/2016746695238",
        "-3550918686646/2091501179385",
        "-1275806237668/842570457699",
    ]
    B = [
        "1432997174477/9575080441755",
        "5161836677717/13612068292357",
        "1720146321549/2090206949498",
        "3134564353537/4481467310338",
        "2277821191437/14882151754819",
    ]
    assert st.order(st.low_storage("2N", A=A, B=B)) == 4


def test_van_der_houwens_and_ketchesons_forms():
    """Any explicit scheme with b_j below the subdiagonal is of the form 2C; 3S* with gamma1 = gamma2 = 0 keeps u_n."""
    scheme = st.low_storage("2C", A=["1/4", "1/3"], B=["1/4", "0", "3/4"])
    assert scheme.A[2] == (Rational(1, 4), Rational(1, 3), 0) and scheme.A[1][0] == Rational(1, 2)
    twice = st.low_storage("3S*", gamma1=[0, 0], gamma2=[1, 0], gamma3=[0, 1], beta=["1/2", 1], delta=[1, 0])
    assert twice == st.midpoint
    lists = {"gamma1": [0, 0], "gamma2": [1, 0], "gamma3": [0, 1], "beta": ["1/2", 1]}
    assert st.low_storage("3S*", **lists, delta=[1, 0, "1/3"]) == st.midpoint  # delta_3 is that of an error
    with pytest.raises(SchemeError, match="delta has 4 entries; 2 stages need 2"):
        st.low_storage("3S*", **lists, delta=[1, 0, "1/3", "1/3"])
    with pytest.raises(SchemeError, match="holds 2 u_n"):
        st.low_storage("3S*", gamma1=[1, 0], gamma2=[1, 0], gamma3=[0, 1], beta=["1/2", 1], delta=[1, 0])
    with pytest.raises(SchemeError, match="the form 2N has the lists A, B"):
        st.low_storage("2N", A=[0])
    with pytest.raises(SchemeError, match="knows the forms"):
        st.low_storage("4Q", A=[0], B=[1])


def test_extrapolation_gains_an_order_per_entry():
    assert [st.order(st.extrapolation("euler", range(1, k + 1))) for k in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert st.order(st.extrapolation("implicit_midpoint", (1, 2))) == 4
    pair = st.extrapolation("backward_euler", (1, 2))
    assert st.stability(pair).is_l_stable and st.order(st.RungeKutta(pair.A, pair.b_hat)) == 1
    weights = [Rational(1, 2), Rational(-4), Rational(9, 2)]  # prod n_j / (n_j - n_i)
    b = st.extrapolation("backward_euler", (1, 2, 3)).b
    assert [b[0], 2 * b[1], 3 * b[3]] == weights
    with pytest.raises(SchemeError, match="different numbers of steps"):
        st.extrapolation("euler", (1, 1))


def test_deferred_correction_gains_an_order_per_sweep():
    """Three Lobatto nodes and K explicit sweeps: min(K + 1, 4)."""
    assert [st.order(st.deferred_correction("lobatto_iiia(3)", sweeps)) for sweeps in range(5)] == [1, 2, 3, 4, 4]
    implicit = [st.deferred_correction("radau_iia(2)", sweeps, implicit=True) for sweeps in (0, 1, 2, 3)]
    assert [st.order(s) for s in implicit] == [1, 2, 3, 3] and not any(s.is_explicit for s in implicit)
    with pytest.raises(SchemeError, match="nodes ascend"):
        st.deferred_correction([0, 1, "1/2"], 2)


def test_shu_and_oshers_form():
    ssp33 = ([[1], ["3/4", "1/4"], ["1/3", 0, "2/3"]], [[1], [0, "1/4"], [0, 0, "2/3"]])
    assert (found := st.from_shu_osher(*ssp33)).A == st.ssprk33.A and found.b == st.ssprk33.b
    with_first_row = tuple([[0, 0, 0], *rows] for rows in ssp33)
    assert st.from_shu_osher(*with_first_row) == found
    implicit = st.from_shu_osher([[1, 0], [0, 1]], [[0, 1], [0, 0]])
    assert sympy.simplify(st.stability(implicit).function(Z) - 1 / (1 - Z)) == 0
    with pytest.raises(SchemeError, match="sums to 2"):
        st.from_shu_osher([[2]], [[1]])


@pytest.mark.parametrize(
    "R", ["1+z+z^2/2+z^3/6", "1+z+z^3/6", "(1+z/2)/(1-z/2)", "(1+z/3)/(1-2*z/3+z^2/6)", "1/(1-z+z^2/2)"]
)
def test_a_stability_function_is_given_back(R):
    scheme = st.from_stability_function(R)
    expected = sympy.sympify(R.replace("^", "**"))
    assert sympy.simplify(st.stability(scheme).function(Z) - expected) == 0
    assert scheme.is_explicit == ("/(" not in R)


def test_what_is_no_stability_function_is_refused():
    for R, message in (("2+z", "is not 1 at z = 0"), ("1+k*z", "not declared"), (3, "R is a rational function")):
        with pytest.raises(SchemeError, match=message):
            st.from_stability_function(R)
    assert st.from_stability_function(1 + Z + (2 - sqrt(2)) * Z**2).is_explicit


def test_parareal_becomes_the_fine_scheme():
    """After as many iterations as intervals nothing of the coarse scheme is left; each raises the order by its own."""
    for intervals in (1, 2, 4):
        assert st.parareal("euler", "rk4", intervals, intervals) == st.steps("rk4", intervals)
    assert [st.order(st.parareal("euler", "rk4", 3, k)) for k in range(4)] == [1, 3, 4, 4]
    once = sympy.expand(st.stability(st.parareal("euler", "midpoint", 2, 1)).function(Z))
    G, F = 1 + Z / 2, 1 + Z / 2 + Z**2 / 8
    assert sympy.expand(once - (2 * F * G - G**2)) == 0


def test_parareal_refuses_what_it_cannot_do():
    for arguments, message in (
        (("euler", "ab(2)", 2, 1), "two Runge-Kutta schemes"),
        (("euler", "rk4", 0, 1), "N >= 1"),
        (("euler", "rk4", 200, 200), "400 stages"),
    ):
        with pytest.raises(SchemeError, match=message):
            st.parareal(*arguments)


@pytest.mark.parametrize("name", ["adams_bashforth(20)", "bdf(20)", "nystrom(25)", "rkc2(30)"])
def test_long_fractions_of_the_catalog_are_exact(name):
    assert st.get(name).exact


@pytest.mark.parametrize(
    "name", [f"rkc{p}({s}, {eps})" for p in (1, 2) for s in (2, 3, 5) for eps in ("1/20", "sqrt(2)/10")]
)
def test_chebyshev_tableaux_are_the_recursion_of_their_stages(name):
    """Row sums, and Y_j = mu_j Y_(j-1) + nu_j Y_(j-2) + (1 - mu_j - nu_j) u_n on h f = z u (Sommeijer et al., 1998)."""
    scheme = st.get(name)
    assert scheme == st.RungeKutta(scheme.A, scheme.b, exact=True)
    z = sympy.Symbol("z")
    s, eps = scheme.stages, st.exact.coefficient(name.split(",")[1].strip(" )"))
    T, w0 = [sympy.chebyshevt(j, z) for j in range(s + 1)], 1 + eps / s**2
    at = lambda f: f.subs(z, w0)  # noqa: E731
    if name.startswith("rkc1"):
        w1 = at(T[s]) / at(T[s].diff(z))
        expected = T[s].subs(z, w0 + w1 * z) / at(T[s])
    else:
        w1, b = at(T[s].diff(z)) / at(T[s].diff(z, 2)), at(T[s].diff(z, 2)) / at(T[s].diff(z)) ** 2
        expected = 1 - b * at(T[s]) + b * T[s].subs(z, w0 + w1 * z)
    gap = sympy.Poly(sympy.expand(st.stability(scheme).function(z) - sympy.expand(expected)), z)
    assert all(sympy.simplify(c) == 0 for c in gap.all_coeffs())


def test_a_name_changes_without_the_results_that_carry_it():
    before = st.schemes.rkc2(4)
    assert before.normal_form().name == before.name
    after = labelled(before, name="mine")
    assert (after.name, after.normal_form().name, before.normal_form().name) == ("mine", "mine", "rkc2(4, eps=2/13)")
    assert after == before


def test_fractions_too_long_to_write_are_shown_by_their_first_digits_and_not_saved(tmp_path):
    scheme = st.schemes.rkc2(60)
    assert "..." in str(scheme) and r"\ldots" in scheme._repr_latex_()
    for long in (scheme, st.schemes.rkc2(35)):
        with pytest.raises(st.SchemeError, match="keep the"):
            st.save(long, tmp_path / "long.toml")


def test_floats_on_the_way_into_a_built_scheme_are_taken_as_rounded():
    alpha, beta = [[1], [0.75, 0.25], [1 / 3, 0, 2 / 3]], [[1], [0, 0.25], [0, 0, 2 / 3]]
    scheme = st.from_shu_osher(alpha, beta)
    assert not scheme.exact and st.order(scheme) == 3 and st.recover(scheme).A == st.ssprk33.A
    inner = 5**0.5 / 10
    scheme = st.deferred_correction([0, 0.5 - inner, 0.5 + inner, 1], 5)
    assert not scheme.exact and st.order(scheme) == 6 and len(scheme.name) < 60


@pytest.mark.parametrize("nodes", [[0, 0], [], [1, 0], [0, 2], [0, sympy.Symbol("c"), 1]])
def test_nodes_that_do_not_ascend_are_refused(nodes):
    with pytest.raises(st.SchemeError, match="nodes ascend from 0 to 1"):
        st.deferred_correction(nodes, 2)
