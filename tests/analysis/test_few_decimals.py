"""Tableaus printed in few decimals: textbook values, and what is truly otherwise stays so."""

import itertools
import re

import numpy as np
import pytest
from sympy import Integer, Matrix, Rational

import schemetools as st
from schemetools.analysis.properties.recover import _fixed
from schemetools.analysis.stability.meant_multistep import meant_multistep
from schemetools.exact import to_float

FEW = (4, 5, 6, 7)
DOPRI5 = float(np.sqrt(np.min([r.real for r in np.roots([1, -25, 225, -200]) if abs(r.imag) < 1e-9])))
"""|R(iy)|^2 - 1 = y^6 (y^6 - 25 y^4 + 225 y^2 - 200) / 360000 for R = sum_(j<6) z^j/j! + z^6/600."""


def printed(given, digits):
    """A scheme as printf writes it."""
    scheme = st.get(given) if isinstance(given, str) else given

    def written(values):
        return [f"{to_float(x):.{digits}f}" for x in values]

    if isinstance(scheme, st.LinearMultistep):
        return st.LinearMultistep(written(scheme.alpha), written(scheme.beta), digits=digits)
    return st.RungeKutta([written(row) for row in scheme.A], written(scheme.b), digits=digits)


@pytest.mark.parametrize("digits", FEW)
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dopri5", DOPRI5),
        ("rk4", 8**0.5),
        ("kutta3", 3**0.5),
        ("ssprk33", 3**0.5),
        ("adams_bashforth(3)", 12 * 11**0.5 / 55),
        ("bdf(3)", 0.0),
    ],
)
def test_imaginary_intervals_are_those_of_textbooks(name, expected, digits):
    known = st.stability(printed(name, digits))
    assert float(known.imaginary_interval) == pytest.approx(expected, rel=1e-12, abs=0)
    assert known.limit == 1 and known.how("imaginary_interval").startswith("exact for " + name)


def test_three_decimals_of_the_classical_method_are_its_own():
    """sum b = 1 exactly here, while sum b c^2 = 0.3335."""
    scheme = st.RungeKutta([[], [".5"], [0, ".5"], [0, 0, 1]], [".167", ".333", ".333", ".167"], digits=3)
    known = st.stability(scheme)
    assert known.imaginary_interval**2 == 8 and list(known.contains([1j, 2.5j, 2.83j])) == [True, True, False]


def test_decimals_cut_off_or_mistyped_by_one_are_found():
    cut = [[f"{int(to_float(x) * 10**6) / 10**6:.6f}" for x in row] for row in (*st.dopri5.A, st.dopri5.b)]
    mistyped = [[f"{to_float(x):.6f}" for x in row] for row in (*st.dopri5.A, st.dopri5.b)]
    assert mistyped[-1][2] == "0.449236"
    mistyped[-1][2] = "0.449237"
    for rows in (cut, mistyped):
        scheme = st.RungeKutta(rows[:-1], rows[-1], digits=6)
        assert st.order(scheme) == 5 and st.recover(scheme).A == st.dopri5.A
        assert float(st.stability(scheme).imaginary_interval) == pytest.approx(DOPRI5, rel=1e-12)


@pytest.mark.parametrize("digits", FEW)
@pytest.mark.parametrize(
    ("name", "symplectic", "symmetric"),
    [
        ("gauss(2)", True, True),
        ("gauss(3)", True, True),
        ("lobatto_iiia(3)", False, True),
        ("radau_iia(2)", False, False),
        ("lobatto_iiic(3)", False, False),
        ("rk4", False, False),
    ],
)
def test_geometry_is_that_of_the_scheme_meant(name, symplectic, symmetric, digits):
    scheme = printed(name, digits)
    assert (st.is_symplectic(scheme), st.is_symmetric(scheme)) == (symplectic, symmetric)


@pytest.mark.parametrize("digits", FEW)
def test_geometry_of_what_no_catalog_has_is_decided_by_what_rounding_leaves(digits):
    """Implicit midpoints composed by irrational steps, symmetric or not, and with an entry off by thirty units."""
    for fractions, symmetric in (
        (["sqrt(2)", "1 - 2*sqrt(2)", "sqrt(2)"], True),
        (["sqrt(2)/3", "1 - sqrt(2)/3"], False),
    ):
        exact = st.compose(*[st.implicit_midpoint] * len(fractions), fractions=fractions)
        scheme = printed(exact, digits)
        assert (st.is_symplectic(scheme), st.is_symmetric(scheme)) == (True, symmetric)
        rows = [[to_float(x) for x in row] for row in (*scheme.A, scheme.b)]
        rows[0][0] += 30 * 10.0**-digits
        broken = st.RungeKutta(rows[:-1], rows[-1], digits=digits)
        assert (st.is_symplectic(broken), st.is_symmetric(broken)) == (False, False)


@pytest.mark.parametrize("digits", [5, 10, 16])
def test_rounded_stages_may_be_listed_in_any_order(digits):
    fractions = ["sqrt(2)", "1 - 2*sqrt(2)", "sqrt(2)"]
    exact = st.compose(*[st.implicit_midpoint] * 3, fractions=fractions)
    for listed in itertools.permutations(range(3)):
        A = [[exact.A[i][j] for j in listed] for i in listed]
        assert st.is_symmetric(printed(st.RungeKutta(A, [exact.b[j] for j in listed]), digits)) is True


@pytest.mark.parametrize("off", [0, 1, 30])
def test_fields_rounded_apart_are_symmetric_to_a_unit_of_their_digits(off):
    """Three steps of Stoermer and Verlet, an entry of the second field moved by units of the fifth decimal."""
    fractions = ["sqrt(2)", "1 - 2*sqrt(2)", "sqrt(2)"]
    exact = st.compose(*[st.stoermer_verlet] * 3, fractions=fractions)
    tableaux = {label: printed(tableau, 5) for label, tableau in exact.tableaux}
    label = list(tableaux)[1]
    b = list(tableaux[label].b)
    where = next(j for j, x in enumerate(b) if x != 0)
    b[where] += Rational(off, 10**5)
    tableaux[label] = st.RungeKutta(tableaux[label].A, b, digits=5)
    scheme = st.AdditiveRungeKutta(tableaux, exact.partitioned)
    assert st.is_symmetric(scheme) is (off < 2) and st.is_symplectic(scheme) is (off < 2)


@pytest.mark.parametrize("name", ["dopri5", "lobatto_iiic(3)", "gauss(3)", "bdf(4)"])
@pytest.mark.parametrize("digits", FEW)
def test_the_catalog_is_found_from_few_decimals(name, digits):
    assert st.recover(printed(name, digits)).coefficients == alone(name).coefficients


def alone(name):
    """A scheme of the catalog without the other result of a pair."""
    scheme = st.get(name)
    return st.RungeKutta(scheme.A, scheme.b) if isinstance(scheme, st.RungeKutta) else scheme


def test_no_two_tableaus_of_the_catalog_are_within_three_decimals_of_each_other():
    """So two units of few decimals leave one candidate."""
    for (kind, *_), schemes in _fixed().items():
        if kind is not st.RungeKutta:
            continue
        tables = {tuple(to_float(x) for row in (*s.A, s.b) for x in row) for s in schemes}
        for one, other in itertools.combinations(tables, 2):
            gap = np.abs(np.array(one) - np.array(other)) / np.maximum(1, np.abs(one))
            assert np.max(gap) > 4e-3 or np.max(gap) < 1e-8


def test_what_is_not_found_is_said_with_what_was_looked_for():
    scheme = printed(st.RungeKutta([[], ["13/37"]], ["1/3", "2/3"]), 5)
    with pytest.raises(st.SchemeError, match="denominators through 31 can be told in 5 decimals"):
        st.recover(scheme)


OWN_ROOTS = ["-5/23", "104/161", "-10/7", 1]
"""(z - 1)(z^2 - 3/7 z + 5/23), as nobody's method has it."""


def of_order_three(alpha):
    """The explicit method with these alpha, beta_j from sum_j beta_j j^(m-1) = sum_j alpha_j j^m / m, m = 1, 2, 3."""
    alpha = [Rational(x) for x in alpha]
    right = Matrix([sum(a * j**m for j, a in enumerate(alpha)) / m for m in (1, 2, 3)])
    powers = Matrix(3, 3, lambda m, j: Integer(j) ** m)
    return st.LinearMultistep(alpha, [*powers.LUsolve(right), 0])


@pytest.mark.parametrize("digits", FEW)
def test_a_multistep_scheme_of_no_catalog_is_the_nearest_that_meets_its_order(digits):
    exact = of_order_three(OWN_ROOTS)
    scheme = printed(exact, digits)
    known, wanted = st.stability(scheme), st.stability(exact)
    assert known.limit == 1 and known.how("imaginary_interval").startswith("decided for the scheme that")
    for name in ("imaginary_interval", "real_interval"):
        expected = float(getattr(wanted, name))
        assert expected > 0.5 and float(getattr(known, name)) == pytest.approx(expected, rel=30 * 10.0**-digits)
    found = np.array([to_float(x) for x in meant_multistep(scheme).coefficients])
    given = np.array([to_float(x) for x in scheme.coefficients])
    free = [0, 1, 2, 4, 5, 6]
    rows = [[j**m for j in range(4)] + [-m * float(j) ** (m - 1) if m else 0.0 for j in range(4)] for m in range(4)]
    change = np.linalg.lstsq(np.array(rows)[:, free], -np.array(rows) @ given, rcond=None)[0]
    assert found[free] == pytest.approx(given[free] + change, abs=1e-12) and found[3] == 1 and found[7] == 0


def test_a_multistep_scheme_that_follows_another_equation_is_taken_as_written():
    scheme = st.LinearMultistep([-1, 1], ["0.5001", "0.4021"], digits=4)
    known = st.stability(scheme)
    assert meant_multistep(scheme) is None and known.limit == Rational(9022, 10000)
    assert known.how("real_interval").startswith("decided for these approximate coefficients as they are written")


def of_order_two(cubic):
    """Three explicit stages with R(z) = 1 + z + z^2/2 + cubic z^3: |R(iy)|^2 - 1 = y^4 (1/4 - 2 cubic + cubic^2 y^2)."""
    c2, c3, b3 = Rational(3, 7), Rational(5, 7), Rational(2, 7)
    a32, b2 = cubic / (b3 * c2), (Rational(1, 2) - b3 * c3) / c2
    return st.RungeKutta([[], [c2], [c3 - a32, a32]], [1 - b2 - b3, b2, b3])


@pytest.mark.parametrize("digits", FEW)
def test_what_decimals_leave_open_is_numerical_between_bounds_that_hold(digits):
    cubic = Rational(1, 8) + Rational(3, 10**digits)
    known = st.stability(printed(of_order_two(cubic), digits))
    expected = float(2 * cubic - Rational(1, 4)) ** 0.5 / float(cubic)
    words = known.how("imaginary_interval")
    low, high = map(float, re.match(r"numerical, between (\S+) and (\S+):", words).groups())
    assert low < expected < high < 2 * expected and low <= float(known.imaginary_interval) <= high
    assert known.how("real_interval").startswith("decided for the scheme that")


def test_three_decimals_between_stable_and_unstable_say_so():
    known = st.stability(printed(of_order_two(Rational(1251, 10000)), 3))
    assert known.how("imaginary_interval").startswith("numerical, between 0 and 0.39")


def of_order_three_in_three_stages():
    """Of Kutta's family, at nodes of nobody: R = 1 + z + z^2/2 + z^3/6."""
    c2, c3 = Rational(13, 37), Rational(29, 41)
    b3 = (Rational(1, 3) - c2 / 2) / (c3 * (c3 - c2))
    b2, a32 = (Rational(1, 2) - b3 * c3) / c2, 1 / (6 * b3 * c2)
    return st.RungeKutta([[], [c2], [c3 - a32, a32]], [1 - b2 - b3, b2, b3])


def test_an_order_that_a_weight_misses_by_more_than_rounding_is_not_decided():
    """Three weights in five decimals that add up to 1.00004."""
    scheme = printed(of_order_three_in_three_stages(), 5)
    b = [scheme.b[0], scheme.b[1] + 1 - sum(scheme.b) + Rational(4, 10**5), scheme.b[2]]
    off = st.RungeKutta(scheme.A, b, digits=5)
    words = st.stability(off).how("imaginary_interval")
    assert st.order(off) == 3 and words.startswith("numerical, between 0 and 1.7320")


@pytest.mark.parametrize("digits", [3, *FEW])
def test_what_the_order_determines_is_not_left_open(digits):
    known = st.stability(printed(of_order_three_in_three_stages(), digits))
    assert float(known.imaginary_interval) == pytest.approx(3**0.5, rel=1e-14)
    assert known.how("imaginary_interval").startswith("decided for the scheme that")


@pytest.mark.parametrize("digits", [4, 7])
def test_angles_are_bounded_too(digits):
    """Collocation at nodes of nobody, of which the angle is proven for the fractions themselves."""
    c, n = [Rational(1, 7), Rational(2, 9), Integer(1)], 3
    inverse = Matrix(n, n, lambda i, k: c[i] ** k).inv()
    A = Matrix(n, n, lambda i, k: c[i] ** (k + 1) / (k + 1)) * inverse
    exact = st.RungeKutta(
        [list(A.row(i)) for i in range(n)], list(Matrix(1, n, lambda _, k: Rational(1, k + 1)) * inverse)
    )
    words = st.stability(printed(exact, digits)).how("angle")
    low, high = map(float, re.match(r"numerical, between (\S+) and (\S+):", words).groups())
    assert 0 < low < float(st.stability(exact).angle) < high < low + 100 * 10.0**-digits


@pytest.mark.parametrize("digits", [4, 6])
def test_multistep_schemes_near_the_edge_of_stability_are_numerical_between_bounds(digits):
    """beta of Adams-Bashforth 3 plus t (1, -2, 1): log|zeta(iy)| = -(3/8 + 3 t/2) y^4 + ..., which vanishes at -1/4."""
    t = Rational(-1, 4) + Rational(8, 7 * 10**digits)
    exact = st.LinearMultistep([0, 0, -1, 1], [Rational(5, 12) + t, Rational(-4, 3) - 2 * t, Rational(23, 12) + t, 0])
    known, expected = st.stability(printed(exact, digits)), float(st.stability(exact).imaginary_interval)
    low, high = map(float, re.match(r"numerical, between (\S+) and (\S+):", known.how("imaginary_interval")).groups())
    assert 0 < low < expected < high and low <= float(known.imaginary_interval) <= high
    assert known.how("real_interval").startswith("decided for the scheme that")


def test_what_the_catalog_has_in_digits_too_is_named_without_asking_for_more():
    with pytest.raises(st.SchemeError, match="these are the digits of tsit5") as refused:
        st.recover(printed("tsit5", 5))
    assert "more decimals" not in str(refused.value)
