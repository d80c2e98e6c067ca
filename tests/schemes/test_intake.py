"""What people bring as coefficients goes in, keeps every digit, and is known to be exact or rounded."""

from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational

import schemetools as st
from schemetools.errors import SchemeError, TableauError
from tests.schemes.published import ADDITIVE, CONTRADICTORY, TABLES, as_floats, as_text, as_toml, pair

WAYS = {"text": as_text, "floats": as_floats}


@pytest.mark.parametrize("name", TABLES)
def test_published_tables_are_built_in_every_way(name, tmp_path):
    table = TABLES[name]
    ways = [*WAYS.values(), lambda t, c=True: as_toml(t, tmp_path / "scheme.toml", c=c)]
    for build in ways:
        assert build(table, c=False).stages == len(table["b"])
        if name in CONTRADICTORY:
            with pytest.raises(SchemeError, match=f"row {CONTRADICTORY[name]} of A sums to"):
                build(table)
        else:
            scheme = build(table)
            gaps = [abs(sympy.N(sum(row) - c, 30)) for row, c in zip(scheme.A, scheme.c, strict=True)]
            assert max(gaps) < 1e-9 and (not scheme.exact or max(gaps) == 0)
            assert st.load(_saved(scheme, tmp_path)) == scheme


def _saved(scheme, tmp_path):
    st.save(scheme, tmp_path / "saved.toml")
    return tmp_path / "saved.toml"


@pytest.mark.parametrize("build", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", ADDITIVE)
def test_published_pairs_are_built(name, build):
    assert pair(ADDITIVE[name], build).fields == ("F", "G")


THIRD = [
    (1 / 3, 15, Rational(*(1 / 3).as_integer_ratio())),
    (np.float64(1) / 3, 15, Rational(*(1 / 3).as_integer_ratio())),
    (np.float32(1) / np.float32(3), 7, Rational(*map(int, (np.float32(1) / np.float32(3)).as_integer_ratio()))),
    (np.longdouble(1) / 3, 18, Rational(*map(int, (np.longdouble(1) / 3).as_integer_ratio()))),
    ("0." + "3" * 40, 40, Rational(int("3" * 40), 10**40)),
    (Decimal("0." + "3" * 25), 25, Rational(int("3" * 25), 10**25)),
    (sympy.Float("0." + "3" * 30, 30), 28, None),
    (mpmath.mp.make_mpf(mpmath.libmp.from_rational(1, 3, 200)), 58, None),
]


@pytest.mark.parametrize(("value", "digits", "kept"), THIRD, ids=[type(v[0]).__name__ for v in THIRD])
def test_a_long_number_of_any_kind_is_rounded_and_keeps_all_its_digits(value, digits, kept):
    scheme = st.RungeKutta([[0, 0], [value, 0]], ["1/4", Fraction(3, 4)])
    assert not scheme.exact and digits <= scheme.digits <= digits + 3
    assert f"known to {scheme.digits} decimals" in repr(scheme)
    assert kept is None or scheme.A[1][0] == kept
    assert abs(scheme.A[1][0] - Rational(1, 3)) < Rational(1, 10**digits)


@pytest.mark.parametrize(
    "value", [0.3, np.float64(0.3), np.float32(0.3), Decimal("0.3"), Fraction(3, 10), mpmath.mpf("0.3"), "0.3", "3/10"]
)
def test_a_short_number_of_any_kind_is_exact(value):
    scheme = st.RungeKutta([[value]], [1], [value])
    assert scheme.exact and scheme.digits is None and scheme.c == (Rational(3, 10),)


LOWER = {
    "below the diagonal": [[], ["1/2"], [0, "1/2"], [0, 0, 1]],
    "through the diagonal": [[0], ["1/2", 0], [0, "1/2", 0], [0, 0, 1, 0]],
    "with a zero": [[0], ["1/2"], [0, "1/2"], [0, 0, 1]],
    "without the empty row": [["1/2"], [0, "1/2"], [0, 0, 1]],
    "without the last column": np.array([[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 1]]),
    "square": sympy.Matrix([[0, 0, 0, 0], ["1/2", 0, 0, 0], [0, "1/2", 0, 0], [0, 0, 1, 0]]),
}


@pytest.mark.parametrize("rows", LOWER.values(), ids=LOWER)
def test_rows_may_leave_out_the_zeros_above_the_diagonal(rows):
    assert st.RungeKutta(rows, ["1/6", "1/3", "1/3", "1/6"]) == st.rk4


def test_other_ragged_rows_are_refused():
    with pytest.raises(TableauError, match="its rows have 0, 1, 1, 3 entries; give 4 entries in every row"):
        st.RungeKutta([[], [1], [1], [0, 0, 1]], [0, 0, 0, 1])


def test_long_fractions_are_rounded_where_a_condition_is_nearly_met_and_exact_where_it_is_met():
    kennedy_carpenter = as_text(TABLES["sundials ARKODE_ARK548L2SAb_ERK_8_4_5"])
    verner = as_text(TABLES["diffeqdevtools constructEnrightVerner8"])
    assert not kennedy_carpenter.exact and 22 <= kennedy_carpenter.digits <= 27
    assert verner.exact and max(len(str(a)) for row in verner.A for a in row) > 60
    assert st.RungeKutta(verner.A, verner.b, exact=False, digits=12).digits == 12
    assert st.RungeKutta(kennedy_carpenter.A, kennedy_carpenter.b, exact=True).exact


def test_nodes_within_rounding_are_accepted_and_others_refused_with_their_row():
    exact_A = [[0, 0], ["1/3", 0]]
    assert st.RungeKutta(exact_A, ["1/4", "3/4"], [0, 0.3333333333333333]).c == (0, Rational(1, 3))
    assert st.RungeKutta(exact_A, ["1/4", "3/4"], [0, "0.33333"]).exact
    with pytest.raises(TableauError, match="row 1"):
        st.RungeKutta(exact_A, ["1/4", "3/4"], [0, "0.34"])
    on_purpose = st.RungeKutta(exact_A, ["1/4", "3/4"], [0, "2/3"], c_is_declared=True)
    assert on_purpose.c == (0, Rational(2, 3)) and on_purpose.subs({}) == on_purpose


def test_multistep_coefficients_are_rounded_too():
    thirds = st.LinearMultistep([1 / 3, -4 / 3, 1.0], [0, 0, 2 / 3])
    assert not thirds.exact and sum(thirds.alpha) == 0 and thirds.digits == 15
    assert st.LinearMultistep(np.array([-1.0, 1.0]), np.array([0.5, 0.5])) == st.LinearMultistep([-1, 1], ["1/2"] * 2)


def _is_numeric(name):
    scheme = st.get(name)
    return not scheme.random_symbols and not scheme.free_symbols


@pytest.mark.parametrize("name", [*filter(_is_numeric, st.names(kind="general linear"))])
def test_every_catalog_entry_has_a_version_in_floats(name):
    scheme = st.get(name)
    rounded = st.to_float(scheme)
    assert not rounded.exact and rounded.digits <= 15
    doubles = [Rational(*st.exact.to_float(c).as_integer_ratio()) for c in rounded.coefficients]
    assert max(abs(c - d) for c, d in zip(rounded.coefficients, doubles, strict=True)) < 1e-16  # rho(1) = 0 takes a bit


def test_fractions_of_a_composition_may_be_rounded():
    w = 1 / (2 - 2 ** (1 / 3))
    triple = st.compose(*[st.implicit_midpoint] * 3, fractions=[w, 1 - 2 * w, w])
    assert not triple.exact and st.order(triple) == 4
    y = ["0.784513610477557263819497633866", "0.235573213359358133684793182978", "-1.17767998417887100694641568"]
    shares = [*y, "1.31518632068391121888424972823887", *y[::-1]]
    yoshida = st.compose(*[st.implicit_midpoint] * 7, fractions=shares)
    assert not yoshida.exact and yoshida.digits >= 25 and st.order(yoshida) == 6 and st.is_consistent(yoshida)
    assert not st.compose(st.rk4, st.rk4, fractions=["0.4", "0.6"], exact=False).exact
    assert st.compose(st.rk4, st.rk4, fractions=["0.4", "0.6"]).exact


def test_rows_and_columns_of_sympy_are_vectors():
    for shape in ((1, 3), (3, 1)):
        assert st.RungeKutta(st.kutta3.A, sympy.Matrix(*shape, st.kutta3.b)) == st.kutta3
