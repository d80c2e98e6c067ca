"""st.latex gives the formula of whatever has one, without dollar signs, and refuses what has none."""

import re

import pytest
from sympy import Float, Rational, Symbol, sqrt

import schemetools as st
from schemetools.exact import decimals

FORMULAS = {
    "tableau": (lambda: st.rk4, r"\begin{array}{c|cccc}"),
    "two tableaux": (lambda: "ars222", r"\end{array} \qquad G:\; \begin{array}{c|ccc}"),
    "name": (lambda: "bdf(2)", r"u_{n+2}"),
    "equation": (lambda: st.modified_equation("lm", 2), r"(1+k) u' + \frac{1-k}{2} h u''"),
    "condition": (lambda: st.order_conditions("midpoint", 2), r"\sum_{i} b_{i} = 1 && \mathrm{residual}\ 0"),
    "tree": (lambda: st.Tree("[[.],.]"), r"[[\tau],\tau]"),
    "stability function": (lambda: st.stability("euler"), "R(z) = z + 1"),
    "characteristic polynomial": (lambda: st.stability("bdf(2)"), r"\Phi(w, z) ="),
    "difference scheme": (lambda: "upwind", r"u_{i}^{n+1} ="),
    "stable set": (lambda: st.stability("upwind"), r"\nu \geq 0 \wedge \nu \leq 1"),
    "modified PDE": (lambda: st.modified_equation("upwind"), "u_{t} = -c u_{x}"),
    "stochastic equation": (lambda: st.modified_equation("stochastic_depth(4/5)"), "dX ="),
    "number": (lambda: sqrt(2) / 3 + Rational(1, 2), r"\frac{\sqrt{2}}{3}"),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_has_no_dollar_signs_and_paired_environments(name):
    make, part = FORMULAS[name]
    written = st.latex(make())
    assert part in written and "$" not in written and written == written.strip()
    assert written.count(r"\begin{") == written.count(r"\end{") and written.count("{") == written.count("}")


def test_a_name_is_its_scheme_and_a_layer_too():
    torch = pytest.importorskip("torch")
    stack = st.to_stack("rk4", [torch.nn.Linear(2, 2)])
    assert st.latex("rk4") == st.latex(st.rk4) == st.latex(stack[0])


@pytest.mark.parametrize("x", [None, 3.5, {"A": 1}, object()])
def test_what_has_no_formula_is_refused_in_a_sentence(x):
    with pytest.raises(st.SchemeError, match="has no formula that is known here; a scheme or its name has one, a tree"):
        st.latex(x)


def test_an_unknown_name_is_refused_with_near_ones():
    with pytest.raises(st.SchemeError, match="rk4"):
        st.latex("rk5")


ROUNDED = st.RungeKutta([[0, 0], [0.6666666666666667, 0]], [0.25, 0.75])
FORMULAS_OF_IT = {
    "stability function": st.stability,
    "order conditions": lambda s: st.order_conditions(s, 4),
    "principal error": st.principal_error,
    "modified equation": lambda s: st.modified_equation(s, 3),
    "tableau": lambda s: s,
}


@pytest.mark.parametrize("name", FORMULAS_OF_IT)
def test_numbers_of_approximate_schemes_are_decimals_with_few_digits(name):
    written = st.latex(FORMULAS_OF_IT[name](ROUNDED))
    assert re.search(r"0\.\d", written) and not re.search(r"\d{8}", written)


def test_residuals_of_approximate_schemes_print_as_decimals_and_stay_exact():
    found = st.order_conditions(ROUNDED, 3)
    assert "[[.]]'): -0.166667" in str(found) and not re.search(r"\d{8}", f"{found} {st.principal_error(ROUNDED)[0]}")
    assert found["[[.]]"].is_Rational and found.of_order(3) == {t: r for t, r in found.items() if t.order == 3}


def test_the_decimals_of_an_expression_are_its_numbers():
    z = Symbol("z")
    written = (z**3 / 7 + sqrt(2) * z + 1) / (1 - z / 3) ** 2
    shown = decimals(written)
    assert shown.subs(z, Rational(2, 3)) == pytest.approx(float(written.subs(z, Rational(2, 3))), rel=1e-5)
    assert sorted(map(str, shown.atoms(Float))) == ["-0.333333", "0.142857", "1.41421"]
