"""The catalog: complete, exact, with sources, and with the identities that the literature gives its members."""

import inspect

import pytest
from sympy import Float, Integer, Poly, Rational, Symbol, chebyshevt, diff, exp, expand, series, sqrt

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.schemes import references, registry
from schemetools.schemes.random import distribution_of
from schemetools.schemes.transforms import adjoint, nest, picard

z = Symbol("z")

NAMED = """
euler midpoint heun2 ralston2 kutta3 heun3 ralston3 ssprk33 rk4 rk38 ralston4 gill4 nystrom5 butcher5 butcher6 rk22 rk33 rk44
heun_euler bogacki_shampine3 merson4 zonneveld4 fehlberg45 cash_karp5 dopri5 tsit5 verner65 fehlberg78 dopri8 verner89
bogacki_shampine5 verner65e verner65r verner76e verner76r verner87e verner98e cooper_verner8 feagin10 feagin12 feagin14
kencarp3 kencarp4 kencarp5 dop853 ars111 ars122 ars232 ars233 ars343 imex_ssp2_322 imex_ssp3_332 imex_ssp3_433 sdirk2_stiff
sdirk4 cash_sdirk esdirk4 kvaerno4 kvaerno5 sil3 ssprk53 ssprk54 lobatto_iiic_star lobatto_iiid
ssprk ssprk43 ssprk104 ssp_multistep ssp_multistep32 ssp_multistep43 rkc1 rkc2
backward_euler implicit_midpoint trapezoid theta gauss radau_ia radau_iia lobatto_iiia lobatto_iiib lobatto_iiic
sdirk2 crouzeix3 alexander3 trbdf2 kvaerno3
symplectic_euler stoermer_verlet ruth3 yoshida4 lobatto_iiia_iiib ars222 ars443 imex_ssp2
adams_bashforth adams_moulton bdf nystrom milne_simpson leapfrog lm lmm2
resnet polynet fractalnet revnet ho_midpoint ho_rk4 ho_rk8 nested two_stage heavy_ball lie_trotter strang
stochastic_depth lm_stochastic_depth shake_shake gaussian_noise euler_maruyama
rk4_tableau
"""
APPROXIMATE = """
tsit5 feagin10 feagin12 feagin14 dop853 dop853_third cash_sdirk kvaerno5 ssprk53 ssprk54 kencarp3 kencarp4 kencarp5
carpenter_kennedy4 rdpk3sp49 kahan_li6 mclachlan_atela4 yoshida6 yoshida8
"""
STAGES_EQUAL_ORDER = (
    "euler midpoint heun2 ralston2 rk22 kutta3 heun3 ralston3 ssprk33 rk33 rk4 rk38 ralston4 gill4 rk44"
)
END_WITH_B = """
bogacki_shampine3 bogacki_shampine5 dopri5 tsit5 verner65e verner65r backward_euler alexander3 trbdf2 trbdf2(g) kvaerno3 radau_iia(3) lobatto_iiic(3)
sdirk2_stiff sdirk4 cash_sdirk esdirk4 kvaerno4 kvaerno5
"""


@pytest.mark.parametrize("name", NAMED.split())
def test_what_the_literature_names_is_there(name):
    assert st.get(name).coefficients


@pytest.mark.parametrize("name", registry.names())
def test_an_entry_has_a_source_and_a_sentence(name):
    entry = registry.family(name)
    sentence = (inspect.getdoc(entry.build) or "").split("\n\n")[0]
    assert sentence.endswith(".") and len(sentence) < 240
    assert references.citation(entry.source) == entry.reference == st.get(name).reference != entry.source
    known = set(references.keys())
    for key, _ in references._parts(entry.source):
        assert key in known
    assert references.bibtex(entry.source).startswith("@")
    assert references.bibtex(entry.source) == references.bibtex(entry.reference)


def test_every_source_is_used_and_complete():
    used = {key for name in st.names() for key, _ in references._parts(registry.family(name).source)}
    assert used == set(references.keys())
    for key in sorted(used):
        fields = references._bibliography()[key][1]
        assert {"author", "title", "year"} <= fields.keys()
        assert fields.keys() & {"journal", "booktitle", "publisher", "institution", "school", "eprint"}


def test_free_text_is_a_source_too():
    assert references.citation("my notes; 2026") == "my notes; 2026"
    assert references.bibtex("50% {mine}_1") == "@misc{scheme,\n  note = {50\\% mine\\_1}\n}"
    assert references.bibtex(None) == references.citation(None) == ""


@pytest.mark.parametrize("name", registry.names("general linear"))
def test_coefficients_are_exact(name):
    scheme = st.get(name)
    assert not any(c.has(Float) for c in scheme.coefficients)
    assert scheme.exact is (name not in APPROXIMATE.split())


def moments(scheme, n):
    """b A^k 1 for k < n: R(z) = 1 + sum_k (b A^k 1) z^(k+1)."""
    vector, found = [Rational(1)] * scheme.stages, []
    for _ in range(n):
        found.append(expand(sum(w * v for w, v in zip(scheme.b, vector, strict=True))))
        vector = [expand(sum(a * v for a, v in zip(row, vector, strict=True) if a != 0)) for row in scheme.A]
    return found


def assert_stability_function(scheme, numerator, denominator=1):
    """R = P/Q, by as many coefficients as determine a rational function of the scheme's degree."""
    n = 2 * scheme.stages + 1
    R = 1 + sum(m * z ** (k + 1) for k, m in enumerate(moments(scheme, n)))
    difference = Poly(expand(R * denominator) - expand(numerator), z)
    assert all(c.equals(0) for (k,), c in difference.terms() if k <= n)


def pade(m, n):
    """The Pade approximation of exp with numerator degree m, denominator degree n."""
    numerator, factor = 1, Rational(1)
    for j in range(1, m + 1):
        factor *= Rational(m - j + 1, (m + n - j + 1) * j)
        numerator += factor * z**j
    return numerator


@pytest.mark.parametrize("s", [1, 2, 3])
def test_collocation_families_have_pade_stability_functions(s):
    degrees = {"gauss": (s, s), "radau_ia": (s - 1, s), "radau_iia": (s - 1, s)}
    if s > 1:
        degrees |= {"lobatto_iiia": (s - 1, s - 1), "lobatto_iiib": (s - 1, s - 1), "lobatto_iiic": (s - 2, s)}
    for name, (m, n) in degrees.items():
        assert_stability_function(st.get(f"{name}({s})"), pade(m, n), pade(n, m).subs(z, -z) if n else 1)


def test_explicit_methods_of_order_s_with_s_stages_truncate_exp():
    for name in STAGES_EQUAL_ORDER.split():
        scheme = st.get(name)
        assert_stability_function(scheme, series(exp(z), z, 0, scheme.stages + 1).removeO())


def test_stability_functions_in_closed_form():
    t = Symbol("theta")
    assert_stability_function(st.theta(), 1 + (1 - t) * z, 1 - t * z)
    for m in (1, 2, 3, 5):
        assert_stability_function(st.polynet(m), sum(z**j for j in range(m + 1)))
    assert_stability_function(st.fractalnet(2), 1 + z + z**2 / 8)
    for s in (2, 3, 6):
        assert_stability_function(st.ssprk(s, 2), Rational(1, s) + Rational(s - 1, s) * (1 + z / (s - 1)) ** s)
    for n in (2, 3, 4):
        step = 1 + z / (n * n - n)
        expected = Rational(n - 1, 2 * n - 1) * step ** (n * n) + Rational(n, 2 * n - 1) * step ** ((n - 1) ** 2)
        assert_stability_function(st.ssprk(n * n, 3), expected)
    half = (1 + z / 6) ** 5
    assert_stability_function(st.ssprk104, (1 + 18 * half + 6 * half**2) / 25)


@pytest.mark.parametrize(
    ("s", "eps"), [(1, Integer(0)), (3, Integer(0)), (8, Integer(0)), (5, Rational(1, 20)), (2, Symbol("q"))]
)
def test_rkc1_is_the_shifted_chebyshev_polynomial(s, eps):
    w0 = 1 + eps / s**2
    w1 = chebyshevt(s, w0) / diff(chebyshevt(s, z), z).subs(z, w0)
    assert_stability_function(st.rkc1(s, eps), chebyshevt(s, w0 + w1 * z) / chebyshevt(s, w0))


@pytest.mark.parametrize(("s", "eps"), [(2, Integer(0)), (3, Rational(2, 13)), (6, Rational(2, 13))])
def test_rkc2_has_its_damped_chebyshev_polynomial(s, eps):
    w0 = 1 + eps / s**2
    T, d1, d2 = (diff(chebyshevt(s, z), z, n).subs(z, w0) for n in (0, 1, 2))
    b = d2 / d1**2
    assert_stability_function(st.rkc2(s, eps), 1 - b * T + b * chebyshevt(s, w0 + d1 / d2 * z))


def test_members_of_families_are_the_named_methods():
    same = {
        "rk22(1/2)": "midpoint",
        "rk22(1)": "heun2",
        "rk22(2/3)": "ralston2",
        "rk33(1/2, 1)": "kutta3",
        "rk33(1/2, 3/4)": "ralston3",
        "rk33(1/3, 2/3)": "heun3",
        "rk44(1/3)": "rk4",
        "rk44((2+sqrt(2))/6)": "gill4",
        "ssprk(2, 2)": "heun2",
        "ssprk(3, 3)": "ssprk33",
        "ssprk(10, 4)": "ssprk104",
        "theta(1/2)": "trapezoid",
        "gauss(1)": "implicit_midpoint",
        "radau_iia(1)": "backward_euler",
        "lobatto_iiia(2)": "trapezoid",
        "sdirk2((3+sqrt(3))/6)": "crouzeix3",
        "lobatto_iiia_iiib(2)": "stoermer_verlet",
        "nystrom(2)": "leapfrog",
        "lmm2(0, 0)": "adams_bashforth(2)",
        "lmm2(0, 5/12)": "adams_moulton(2)",
        "lmm2(1/3, 2/3)": "bdf(2)",
        "lmm2(-1, 0)": "leapfrog",
        "lmm2(-1, 1/3)": "milne_simpson(2)",
        "polynet(1)": "euler",
        "fractalnet(1)": "euler",
        "fractalnet(2, (2, -1))": "midpoint",
        "revnet": "symplectic_euler",
        "ho_midpoint": "midpoint",
        "ho_rk4": "rk4",
        "ho_rk8": "verner89",
        "two_stage(0, 1, 1/2)": "midpoint",
        "heavy_ball(3, 1/100)": "lm(k=-7/10)",
        "heavy_ball(1, 2)": "lm(k=-1+sqrt(2))",
        "nested(rk4, euler)": "rk4",
        "strang(euler)": "macaron",
    }
    for left, right in same.items():
        assert st.get(left) == st.get(right), f"{left} is not {right}"
    assert st.polynet(4) == picard(st.backward_euler, 4)
    assert st.nested("heun3", "midpoint") == nest(st.heun3, st.midpoint)
    assert dict(st.imex_ssp2.tableaux)["G"] == st.sdirk2() and dict(st.imex_ssp2.tableaux)["F"] == st.heun2
    assert {st.resnet, st.get("forward_euler")} == {st.euler} and st.get("crank_nicolson") == st.trapezoid


def test_fsal_and_stiffly_accurate_methods_end_with_b():
    for name in END_WITH_B.split():
        scheme = st.get(name)
        assert scheme.A[-1] == scheme.b
    assert st.kvaerno3.b_hat == st.kvaerno3.A[2]
    assert {st.alexander3.A[i][i] for i in range(3)} == {st.kvaerno3.A[i][i] for i in (1, 2, 3)}


def test_the_default_trbdf2_and_sdirk2_are_the_l_stable_ones():
    gamma = 1 - sqrt(2) / 2
    assert {st.trbdf2().A[1][1], st.trbdf2().A[2][2], st.sdirk2().A[0][0]} == {gamma}
    assert_stability_function(st.trbdf2(), 1 + (1 - 2 * gamma) * z, (1 - gamma * z) ** 2)
    assert_stability_function(st.sdirk2(), 1 + (1 - 2 * gamma) * z, (1 - gamma * z) ** 2)


@pytest.mark.parametrize(
    "name", ["gauss(2)", "gauss(3)", "lobatto_iiia(3)", "lobatto_iiib(3)", "lobatto_iiia(4)", "lobatto_iiib(4)"]
)
def test_symmetric_methods_are_their_own_adjoints(name):
    scheme = st.get(name)
    assert adjoint(scheme) == scheme


@pytest.mark.parametrize("s", [1, 2, 3])
def test_radau_ia_reflects_radau_iia(s):
    first, second = st.radau_ia(s), adjoint(st.radau_iia(s))
    assert first.b == second.b
    assert s == 1 or first.c == second.c


def test_dopri8_agrees_with_the_published_quotients():
    scheme = st.dopri8
    published = {
        scheme.A[6][0]: "29443841/614563906",
        scheme.A[8][5]: "100302831/723423059",
        scheme.A[10][6]: "-48777925059/3047939560",
        scheme.A[11][3]: "-3185094517/667107341",
        scheme.A[12][10]: "248638103/1413531060",
        scheme.b[0]: "14005451/335480064",
        scheme.b[11]: "-528747749/2220607170",
        scheme.b_hat[8]: "-3867574721/1518517206",
    }
    for value, quotient in published.items():
        assert 0 < abs(float(value / Rational(quotient) - 1)) < 1e-16
    assert scheme.A[7][6] == Rational("-180193667/1043307555") and scheme.c[10] == Rational("1201146811/1299019798")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gauss(11)", "10 stages"),
        ("radau_iia(11)", "10 stages"),
        ("lobatto_iiic(11)", "10 stages"),
        ("lobatto_iiia(1)", "at least 2"),
        ("gauss(0)", "at least 1"),
        ("ssprk(5, 3)", "no closed form"),
        ("ssprk(0, 1)", "no closed form"),
        ("ssp_multistep(3, 3)", "is not one of"),
        ("rkc2(1)", "at least 2"),
        ("rkc1(0)", "at least 1"),
        ("bdf(0)", "1 to 40"),
        ("bdf(1000000)", "1 to 40"),
        ("nystrom(1)", "2 to 40"),
        ("rk22(0)", "divides by a"),
        ("rk33(2/3, 1)", "divides by a - 2/3"),
        ("rk33(1/2, 1/2)", "divides by a - b"),
        ("rk44(0)", "divides by w"),
        ("trbdf2(1)", "divides by zero"),
        ("heavy_ball(c, 0)", "positive"),
        ("heavy_ball(c, s)", "positive"),
        ("fractalnet(0)", "1 to 7"),
        ("fractalnet(2, max)", "mean"),
        ("polynet(0)", "m >= 1"),
        ("nested(rk4, bdf)", "Runge-Kutta"),
        ("strang(bdf)", "Runge-Kutta"),
        ("stochastic_depth(3)", "bernoulli"),
    ],
)
def test_parameters_that_make_no_member_are_refused_with_the_reason(text, reason):
    with pytest.raises(SchemeError, match=reason):
        st.get(text)


def test_random_schemes_carry_their_distributions():
    found = {name: {distribution_of(s) for s in st.get(name).random_symbols} for name in st.names("general linear")}
    assert {name for name, d in found.items() if d} == {
        "stochastic_depth",
        "drop_path",
        "lm_stochastic_depth",
        "shake_shake",
        "gaussian_noise",
        "euler_maruyama",
    }
    assert found["stochastic_depth"] == {("bernoulli", (Rational(1, 2),))}
    assert found["shake_shake"] == {("uniform", (0, 1))}
    assert found["gaussian_noise"] == {("normal", (1, Rational(1, 10)))}
    assert st.stochastic_depth(Symbol("p")).free_symbols == {Symbol("p")}
