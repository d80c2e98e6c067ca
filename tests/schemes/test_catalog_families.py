"""Families of the catalog: symplectic pairs, simplifying assumptions, stage orders, polynomials of multistep methods."""

import numpy as np
import pytest
from sympy import Poly, Rational, Symbol, expand, symbols

import schemetools as st

z = Symbol("z")

PARTITIONED = [
    "symplectic_euler",
    "stoermer_verlet",
    "ruth3",
    "yoshida4",
    "lobatto_iiia_iiib(3)",
    "lobatto_iiia_iiib(5)",
]


@pytest.mark.parametrize("name", PARTITIONED)
def test_partitioned_methods_are_symplectic(name):
    """b_i A'_ij + b'_j A_ji = b_i b'_j and b = b', as separable systems with equal stages need it."""
    F, G = (tableau for _, tableau in st.get(name).tableaux)
    for i in range(F.stages):
        for j in range(F.stages):
            residual = F.b[i] * G.A[i][j] + G.b[j] * F.A[j][i] - F.b[i] * G.b[j]
            assert expand(residual) == 0 or residual.equals(0)


@pytest.mark.parametrize("s", [1, 2, 3])
def test_gauss_methods_are_symplectic(s):
    g = st.gauss(s)
    assert all(
        expand(g.b[i] * g.A[i][j] + g.b[j] * g.A[j][i] - g.b[i] * g.b[j]) == 0 for i in range(s) for j in range(s)
    )


def simplifying(scheme):
    """The largest q with C(q): sum_j a_ij c_j^(k-1) = c_i^k / k for k <= q, and p with B(p)."""
    s, holds = range(scheme.stages), {"B": 0, "C": 0}
    for kind, rows, ends in (("B", [scheme.b], [1]), ("C", scheme.A, scheme.c)):
        while all(
            expand(
                sum(row[j] * scheme.c[j] ** holds[kind] for j in s)
                - ends[i] ** (holds[kind] + 1) / Rational(holds[kind] + 1)
            )
            == 0
            for i, row in enumerate(rows)
        ):
            holds[kind] += 1
            if holds[kind] > 2 * len(s):
                break
    return holds["B"], holds["C"]


@pytest.mark.parametrize("s", [2, 3, 4])
def test_the_families_meet_the_simplifying_assumptions_of_their_names(s):
    assert simplifying(st.lobatto_iiia(s)) == (2 * s - 2, s)
    assert simplifying(st.lobatto_iiic(s)) == (2 * s - 2, s - 1)
    if s > 2:
        assert simplifying(st.lobatto_iiib(s)) == (2 * s - 2, s - 2)
    if s < 4:
        assert simplifying(st.gauss(s)) == (2 * s, s)
        assert simplifying(st.radau_iia(s)) == (2 * s - 1, s)
        assert simplifying(st.radau_ia(s)) == (2 * s - 1, s - 1)


def test_stage_orders():
    expected = {
        "euler": 1,
        "rk4": 1,
        "backward_euler": 1,
        "implicit_midpoint": 1,
        "trapezoid": 2,
        "theta": 1,
        "crouzeix3": 1,
    }
    expected |= {"alexander3": 1, "trbdf2": 2, "trbdf2(g)": 2, "kvaerno3": 2, "verner89": 1, "dopri8": 1}
    for s in (2, 3, 4):
        expected |= {f"lobatto_iiia({s})": s, f"lobatto_iiic({s})": s - 1}
    expected |= {
        "gauss(2)": 2,
        "gauss(3)": 3,
        "gauss(4)": 4,
        "radau_iia(2)": 2,
        "radau_iia(3)": 3,
        "radau_ia(3)": 2,
        "lobatto_iiib(4)": 2,
    }
    assert {name: st.stage_order(st.get(name)) for name in expected} == expected


def rho_sigma(scheme):
    return (sum(c * z**j for j, c in enumerate(side)) for side in (scheme.alpha, scheme.beta))


@pytest.mark.parametrize("k", [1, 2, 4, 7])
def test_multistep_polynomials_are_those_of_their_families(k):
    rho, _ = rho_sigma(st.adams_bashforth(k))
    assert expand(rho - z ** (k - 1) * (z - 1)) == 0 and st.adams_bashforth(k).is_explicit
    rho, sigma = rho_sigma(st.adams_moulton(k))
    assert expand(rho - z ** (k - 1) * (z - 1)) == 0 and Poly(sigma, z).degree() == k
    rho, sigma = rho_sigma(st.bdf(k))
    nabla = sum(Rational(1, j) * z ** (k - j) * (z - 1) ** j for j in range(1, k + 1))
    assert expand(rho * nabla.subs(z, 2) - nabla * rho.subs(z, 2)) == 0 and Poly(sigma, z).monoms() == [(k,)]
    if k > 1:
        for family in (st.nystrom, st.milne_simpson):
            rho, _ = rho_sigma(family(k))
            assert expand(rho - z ** (k - 2) * (z**2 - 1)) == 0


def test_lm_and_lmm2_have_their_second_root_as_parameter():
    k, a, b = symbols("k a b")
    rho, sigma = rho_sigma(st.lm())
    assert expand(rho - (z - 1) * (z + k)) == 0 and sigma == z
    rho, sigma = rho_sigma(st.lmm2())
    assert expand(rho - (z - 1) * (z - a)) == 0 and st.lmm2().beta[2] == b


def test_error_constants_of_multistep_methods():
    """C_(p+1)/sigma(1), math.md section 7."""
    expected = {
        **{f"adams_bashforth({k})": c for k, c in enumerate(("1/2", "5/12", "3/8", "251/720"), 1)},
        **{f"adams_moulton({k})": c for k, c in enumerate(("-1/12", "-1/24", "-19/720"), 1)},
        **{f"bdf({k})": c for k, c in enumerate(("-1/2", "-1/3", "-1/4", "-1/5"), 1)},
        "leapfrog": "1/6",
        "milne_simpson(2)": "-1/180",
    }
    for name, value in expected.items():
        assert st.error_constant(st.get(name)) == Rational(value)


@pytest.mark.parametrize("k", range(2, 8))
def test_bdf_is_zero_stable_up_to_six_steps(k):
    others = np.polynomial.polynomial.polydiv([float(a) for a in st.bdf(k).alpha], [-1.0, 1.0])[0]
    assert bool(abs(np.polynomial.polynomial.polyroots(others)).max() < 1) is (k <= 6)


def test_a_family_of_imex_multistep_schemes_ends_where_bdf_does():
    """BDF of seven steps is not zero-stable; through six sbdf(k) has order k."""
    assert [st.order(st.get(f"sbdf({k})")) for k in range(1, 7)] == [1, 2, 3, 4, 5, 6]
    for k in (0, 7):
        with pytest.raises(st.SchemeError, match="6"):
            st.get(f"sbdf({k})")
