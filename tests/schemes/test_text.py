"""Schemes as people write them, in text and in LaTeX: every coefficient stands there, in its row; moments behind masks."""

import mpmath
import pytest
import sympy
from sympy import Integer, Rational

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.exact import latex
from schemetools.schemes.arrays import matrix, vector
from schemetools.schemes.moments import expectation, moment
from schemetools.schemes.text import scheme_text


def latex_rows(scheme):
    """The rows of the array, cells split, rules left out."""
    text = scheme._repr_latex_()
    body = text.partition("\\begin{array}")[2].partition("}")[2].partition("\\end{array}")[0]
    rows = [row.replace("\\hline", "") for row in body.split("\\\\")]
    return [[cell.strip() for cell in row.split("&")] for row in rows if row.strip()]


def written(row):
    return [latex(x, exact=True) for x in row]


@pytest.mark.parametrize("name", ["rkn5", "dprkn6", "rkn4_velocity"])
def test_a_nystrom_tableau_has_its_nodes_its_matrices_and_its_weights(name):
    scheme = st.get(name)
    rows = latex_rows(scheme)
    blocks = [scheme.A] if scheme.A_prime is None else [scheme.A, scheme.A_prime]
    for i, c in enumerate(scheme.c):
        lower = [cell for M in blocks for cell in [*written(M[i][:i]), *[""] * (scheme.stages - i)]]
        assert rows[i] == [latex(c, exact=True), *lower]
    feet = [scheme.b, scheme.b_prime]
    feet += [] if scheme.b_hat is None else [scheme.b_hat, scheme.b_prime_hat]
    assert [row[1 : scheme.stages + 1] for row in rows[scheme.stages :]] == [written(w) for w in feet]
    lines = scheme_text(scheme).splitlines()
    assert [line.split("|")[0].strip() for line in lines[: scheme.stages]] == [str(c) for c in scheme.c]


def test_an_implicit_nystrom_tableau_has_no_blanks():
    assert repr(st.dprkn4) == "RungeKuttaNystrom(dprkn4, stages=4)"
    scheme = st.RungeKuttaNystrom([["1/24", "-1/8"], ["1/6", "1/24"]], ["1/4", "1/4"], ["1/2", "1/2"], ["1/4", "3/4"])
    assert repr(scheme) == "RungeKuttaNystrom(stages=2)"
    assert latex_rows(scheme)[0] == [latex(Rational(1, 4), exact=True), *written(scheme.A[0])]


@pytest.mark.parametrize("name", ["ros2", "rodas3"])
def test_a_rosenbrock_method_is_a_beside_gamma_over_its_weights(name):
    """A has nothing on its diagonal, Gamma has."""
    scheme, blank = st.get(name), [""] * st.get(name).stages
    rows = latex_rows(scheme)
    for i in range(scheme.stages):
        left, right = written(scheme.A[i][:i]) + blank[i:], written(scheme.Gamma[i][: i + 1]) + blank[i + 1 :]
        assert rows[i] == [*left, *right]
    feet = [w for w in (scheme.b, scheme.b_hat) if w is not None]
    assert rows[scheme.stages :] == [[*written(w), *blank] for w in feet]


def test_a_general_linear_method_is_a_u_over_b_v():
    scheme = st.dimsim([0, 1], [[0, 0], [2, 0]], ["1/2", "1/2"])
    expected = [[*a, *u] for a, u in zip(scheme.A, scheme.U, strict=True)]
    expected += [[*b, *v] for b, v in zip(scheme.B, scheme.V, strict=True)]
    assert latex_rows(scheme) == [written(row) for row in expected]


def test_masks_and_exponential_methods_in_text():
    assert scheme_text(st.get("dropout_output(1/10)")).startswith("u_(n+1) = u_n + h m * f(u_n),    m_i = ")
    assert scheme_text(st.get("dropout_skip(p=1/10, power=1/2)")).endswith(", its noise times sqrt(h)")
    lines = scheme_text(st.get("etdrk2")).splitlines()
    assert [line.partition("|")[0].strip() for line in lines[:2]] == ["0", "1"]
    assert "phi1(z) - phi2(z)" in lines[3] and "phi2(z)" in lines[3]


@pytest.mark.parametrize(
    ("symbol", "density", "span"),
    [
        (st.random_symbol("xi", "uniform", "-1/3", 2), lambda x: mpmath.mpf(3) / 7, [-mpmath.mpf(1) / 3, 2]),
        (
            st.random_symbol("xi", "normal", "1/2", "3/4"),
            lambda x: mpmath.npdf(x, 0.5, 0.75),
            [-9, 0.5, 10],
        ),
    ],
)
def test_moments_of_a_density_are_its_integrals(symbol, density, span):
    for n in range(6):
        integral = mpmath.quad(lambda x, n=n: density(x) * x**n, span)
        assert abs(mpmath.mpf(moment(symbol, n).p) / moment(symbol, n).q - integral) < 1e-9 * (1 + abs(integral))


def test_moments_of_two_values_and_of_products():
    on, sign = st.random_symbol("xi", "bernoulli", "1/5"), st.random_symbol("r", "rademacher")
    assert [moment(on, n) for n in range(4)] == [1, *[Rational(1, 5)] * 3]
    assert [moment(sign, n) for n in range(5)] == [1, 0, 1, 0, 1]
    assert expectation((on + sign) ** 2) == Rational(6, 5)  # E xi^2 + 2 E xi E r + E r^2
    with pytest.raises(SchemeError, match="no polynomial in its random symbols"):
        expectation(1 / (1 + on))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: vector("12", "b"), "b must be a list of coefficients"),
        (lambda: vector(3, "b"), "b must be a list of coefficients"),
        (lambda: matrix("12", "A"), "A must be a list of rows"),
        (lambda: matrix([[1], [1, 2]], "A"), r"A is ragged: row 1 has 2 entries, 1 were expected"),
        (lambda: matrix([[1, 2]], "A", 3), r"row 0 has 2 entries, 3 were expected"),
        (lambda: matrix([[1, "x y"]], "A"), r"A\[0\]\[1\]"),
    ],
)
def test_lists_that_are_no_vectors_or_matrices_are_named(make, message):
    with pytest.raises(SchemeError, match=message):
        make()


def test_a_matrix_of_sympy_is_one_of_rows():
    assert matrix(sympy.Matrix([[1, "1/2"], [0, 3]]), "A") == ((1, Rational(1, 2)), (0, Integer(3)))
