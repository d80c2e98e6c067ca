"""The modes beside the smooth solution, derived in general linear form."""

import pytest
import sympy
from sympy import Rational

import schemetools as st

METHODS = [
    st.leapfrog,
    st.milne_simpson(4),
    st.lm(k=Rational(1, 3)),
    st.bdf(3),
    st.nystrom(3),
    st.adams_bashforth(3),
    st.LinearMultistep([Rational(1, 3), 0, -2, Rational(2, 3), 1], [1, 0, 1, 2, "1/5"]),
]


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_the_general_form_has_the_modes_of_the_multistep_method(method):
    expected = st.modified_equation(method, 3).parasitic
    found = st.modified_equation(method.normal_form(), 3).parasitic
    assert len(found) == len(expected)
    for mode in expected:
        twin = min(found, key=lambda other: abs(other.value - mode.value))
        assert abs(twin.value - mode.value) < 1e-12
        assert abs(complex(twin.growth) - complex(mode.growth)) < 1e-12
        for own, other in zip(twin.first, mode.first, strict=True):
            assert abs(complex(own) - complex(other)) < 1e-12


def test_leapfrog_in_general_form_says_its_parasite():
    [mode] = st.modified_equation(st.leapfrog.normal_form(), 2).parasitic
    assert (mode.root, mode.growth) == (-1, -1)


def test_an_unstable_method_warns_in_general_form():
    scheme = st.LinearMultistep([-5, 4, 1], [2, 4, 0]).normal_form()
    [warning] = st.modified_equation(scheme, 3).warnings
    assert "not zero-stable" in warning and "-5" in warning


def test_equal_eigenvalues_that_are_not_defective_do_not_grow():
    """Two copies of leapfrog side by side, the second one driven: -1 is double, its powers stay bounded."""
    one = [[0, 1], [1, 0]]
    V = [[*one[0], 0, 0], [*one[1], 0, 0], [1, 0, 0, 0], [0, 0, 0, -1]]
    scheme = st.GeneralLinear([[0]], [[1, 0, 0, 0]], [[2], [0], [0], [0]], V)
    assert not st.modified_equation(scheme, 2).warnings
    assert {mode.root for mode in st.modified_equation(scheme, 2).parasitic} == {-1}
    assert st.stability(scheme).is_zero_stable


def test_the_start_of_a_method_says_what_its_values_approximate():
    """x_i = y + h (c_i - sum_j a_ij) y' + h^2 (c_i^2/2 - sum_j a_ij c_j) y'' + ...: one start is this, up to a flow."""
    A = [["1/4", 0, 0], ["1/3", "1/4", 0], ["1/3", "1/3", "1/4"]]
    equation = st.modified_equation(st.dimsim([0, "1/2", 1], A, ["1/3"] * 3), 3)
    dot = st.Tree((1,))
    slopes = [values[dot] for values in equation.start]
    expected = [Rational(-1, 4), Rational(1, 2) - Rational(7, 12), 1 - Rational(11, 12)]
    assert [x - slopes[0] for x in slopes] == [x - expected[0] for x in expected]
    assert equation.known_order == 3


def test_a_symbol_in_a_general_linear_method_stays_in_its_modes():
    """x -> (y + h f(y + k v), v/2): the second value dies out by 1/2 and does not reach f's limit."""
    k = sympy.Symbol("k")
    form = st.GeneralLinear([[0]], [[1, k]], [[1], [0]], [[1, 0], [0, "1/2"]])
    [mode] = st.modified_equation(form, 2).parasitic
    assert mode.root == sympy.Rational(1, 2) and "1/2" in str(st.modified_equation(form, 2))


def test_coefficients_without_radicals_have_parasites_too():
    """rho = (w - 1)(w - c + 1) and sigma = w^2, c^3 = c + 1: the growth is sigma/(w rho') at w = c - 1."""
    c = sympy.CRootOf(sympy.Symbol("x") ** 3 - sympy.Symbol("x") - 1, 0)
    scheme = st.LinearMultistep([c - 1, -c, 1], [0, 0, 1])
    [mode] = st.modified_equation(scheme, 2).parasitic
    root = float(c) - 1
    assert abs(complex(mode.root.evalf()) - root) < 1e-12
    assert abs(complex(mode.growth.evalf()) - root**2 / (root * (2 * root - float(c)))) < 1e-12
    assert "parasite" in str(st.modified_equation(scheme, 2))
