"""What the literature says of the catalog's members beside their order: stability, SSP coefficients, first same as last."""

import pytest
import sympy
from sympy import Integer, Rational, Symbol, cancel, oo, sqrt

import schemetools as st

z = Symbol("z")
L_STABLE = ["sdirk2_stiff", "sdirk4", "cash_sdirk", "esdirk4", "kvaerno4", "kvaerno5", "alexander3", "kvaerno3"]


def at_infinity(scheme):
    """1 - b A^-1 1, for an explicit first stage by the reduced system: the limit of R by its own arithmetic."""
    A, b = sympy.Matrix(scheme.A), sympy.Matrix([scheme.b])
    M = sympy.eye(scheme.stages) - z * A
    R = (M + z * sympy.ones(scheme.stages, 1) * b).det(method="berkowitz") / M.det(method="berkowitz")
    return sympy.limit(cancel(R), z, oo)


@pytest.mark.parametrize("name", L_STABLE)
def test_stiffly_accurate_methods_are_l_stable(name):
    scheme = st.get(name)
    found = st.stability(scheme)
    assert scheme.A[-1] == scheme.b and found.is_a_stable and found.is_l_stable
    diagonal = {scheme.A[i][i] for i in range(scheme.stages)} - {0}
    assert len(diagonal) == 1


def test_diagonals_are_the_published_ones():
    published = {
        "sdirk4": 0.25,
        "esdirk4": 0.25,
        "kvaerno5": 0.26,
        "kvaerno4": 0.5728160625,
        "cash_sdirk": 0.43586652150846,
    }
    for name, gamma in published.items():
        assert float(st.get(name).A[1][1]) == pytest.approx(gamma, abs=2e-11)
    for name in ("kencarp4", "kencarp5"):
        G = dict(st.get(name).tableaux)["G"]
        assert {G.A[i][i] for i in range(1, G.stages)} == {Rational(1, 4) if name == "kencarp4" else Rational(41, 200)}


@pytest.mark.parametrize(("name", "size"), [("ssprk33", 1), ("ssprk43", 2), ("ssprk104", 6), ("ssprk53", 2.65062919)])
def test_ssp_coefficients(name, size):
    assert float(st.stability(st.get(name)).ssp_coefficient) == pytest.approx(size, rel=1e-8)


def test_the_ssp_coefficient_of_ssprk54():
    """Spiteri and Ruuth (2002): 1.508180049."""
    assert float(st.stability(st.ssprk54).ssp_coefficient) == pytest.approx(1.508180049, rel=1e-8)


def test_embedded_results_of_ssp_methods_are_ssp_themselves():
    for name in ("ssprk33", "ssprk43"):
        assert st.stability(st.embedded(st.get(name))).ssp_coefficient > 0


@pytest.mark.parametrize("s", [2, 3, 4])
def test_ssp_sdirk_methods_have_their_coefficients(s):
    """Ferracina and Spijker (2008): 2s for order two, s - 1 + sqrt(s^2 - 1) for order three."""
    assert st.stability(st.ssp_sdirk(s, 2)).ssp_coefficient == 2 * s
    found = st.stability(st.ssp_sdirk(s, 3))
    assert (found.ssp_coefficient - (s - 1 + sqrt(Integer(s * s - 1)))).equals(0)
    if s == 3:
        assert float(found.real_interval) == pytest.approx(37.0963851674, rel=1e-11)
    if s == 4:
        assert float(found.real_interval) == pytest.approx(float(30 + 8 * sqrt(15)), rel=1e-11)


def part(name, label):
    return dict(st.get(name).tableaux)[label]


def test_explicit_parts_have_the_stability_that_their_authors_chose():
    """Ascher, Ruuth and Spiteri (1997): that of three stages and order three, of four stages and order four."""
    exp = 1 + z + z**2 / 2 + z**3 / 6
    assert (st.stability(part("ars232", "F")).function(z) - exp).equals(0)
    assert all(
        c.equals(0) for c in sympy.Poly(st.stability(part("ars343", "F")).function(z) - exp - z**4 / 24, z).all_coeffs()
    )


def test_implicit_parts_are_the_known_methods():
    assert st.stability(part("imex_ssp3_433", "G")).is_l_stable and st.stability(part("imex_ssp2_322", "G")).is_l_stable
    assert st.stability(part("imex_ssp3_332", "G")).is_l_stable
    assert float(part("imex_ssp3_433", "G").A[0][0]) == pytest.approx(0.24169426078821, abs=1e-14)
    assert float(part("ars343", "F").A[3][1]) == pytest.approx(0.5529291480359398, abs=1e-15)
    assert float(part("ars343", "F").A[2][0]) == pytest.approx(0.3212788860, abs=1e-10)
    for name, order in (("kencarp3", 3), ("kencarp4", 4), ("kencarp5", 5)):
        F, G = part(name, "F"), part(name, "G")
        assert st.stage_order(G) == 2 and st.stability(G).is_l_stable and F.b == G.b
        assert st.order(F) == st.order(G) == order


def test_sil3_has_an_explicit_part_of_order_two():
    """diffrax documents order three; b A c is 1/6 as for order three, b c^2 is not 1/3."""
    F, G = part("sil3", "F"), part("sil3", "G")
    assert (st.order(F), st.order(G)) == (2, 2)
    assert sum(b * c**2 for b, c in zip(F.b, F.c, strict=True)) != Rational(1, 3)


@pytest.mark.parametrize("s", [2, 3, 4])
def test_lobatto_methods_between_iiic_and_its_partner(s):
    """Jay (2015): IIIC* is the symplectic partner of IIIC, IIID is symplectic; |R(oo)| = 1 for IIID."""
    C, star, D = st.lobatto_iiic(s), st.lobatto_iiic_star(s), st.lobatto_iiid(s)
    for i in range(s):
        for j in range(s):
            assert (C.b[i] * star.A[i][j] + C.b[j] * C.A[j][i] - C.b[i] * C.b[j]).equals(0)
    assert st.is_symplectic(D) and abs(at_infinity(D)) == 1
    assert star.A[0] == (0,) * s and all(row[-1] == 0 for row in star.A)
    assert st.stage_order(star) == s - 1


def test_pairs_of_verner_and_others_end_with_the_result():
    for name in ("verner65e", "verner65r", "bogacki_shampine5", "tsit5"):
        scheme = st.get(name)
        assert scheme.A[-1] == scheme.b and not any(scheme.A[0])
    for name in ("verner76e", "verner87e", "verner98e", "cooper_verner8", "dop853"):
        assert st.get(name).A[-1] != st.get(name).b


def test_the_digits_of_others_are_these_methods():
    """SUNDIALS, VERNER_9_5_6, 10_6_7, 13_7_8, 16_8_9, TSITOURAS: one entry of each, as printed there."""
    printed = {
        "verner65e": (7, 0, "-54.66374178728197680241215648050386959351"),
        "verner76e": (5, 4, "0.8204875949566569791420417341743839209619"),
        "verner87e": (11, 9, "4.527592100324618189451265339351129035325"),
        "verner98e": (14, 5, "-13.93734253810777678786523664804936051203"),
        "feagin10": (2, 0, "-0.915176561375291440520015019275342154318951387664369720564660"),
    }
    for name, (i, j, digits) in printed.items():
        assert abs(sympy.N(st.get(name).A[i][j] - Rational(digits), 30)) < 1e-38 * abs(float(digits))


def test_dop853_is_the_code_of_scipy():
    from scipy.integrate import DOP853

    for name, theirs in (("dop853", DOP853.E5), ("dop853_third", DOP853.E3)):
        scheme = st.get(name)
        assert [float(b - h) for b, h in zip(scheme.b, scheme.b_hat, strict=True)] == pytest.approx(
            list(theirs[:12]), abs=4e-16
        )
        assert [float(b) for b in scheme.b] == list(DOP853.B)
        assert all(
            [float(a) for a in row] == pytest.approx(list(t), abs=1e-15)
            for row, t in zip(scheme.A, DOP853.A, strict=True)
        )


@pytest.mark.parametrize(
    "name", [*(pytest.param(n, marks=pytest.mark.flint) for n in ("cash_sdirk", "ssprk54", "tsit5")), "ssprk53"]
)
def test_rounded_methods_are_certified(name):
    found = st.certify(st.get(name))
    assert found.is_certified and found.order == st.order(st.get(name)) and found.radius < 1e-13


def test_a_wrong_family_member_is_refused():
    for text in ("ssp_sdirk(1, 3)", "ssp_sdirk(3, 4)", "lobatto_iiid(1)"):
        with pytest.raises(st.SchemeError):
            st.get(text)
