"""The plan run on symbols is the mathematics: stability functions, characteristic polynomials, error estimates."""

from fractions import Fraction

import pytest
import sympy
from sympy import Matrix, Rational, Symbol, eye, symbols

import schemetools as st
from schemetools.codegen import execute, lower
from schemetools.errors import SchemeError
from schemetools.exact import to_fraction

z = Symbol("z")
ONE_STEP = [
    "euler",
    "rk4",
    "heun3",
    "dopri5",
    "backward_euler",
    "trapezoid",
    "implicit_midpoint",
    "radau_iia",
    "trbdf2",
]


@pytest.mark.parametrize("name", ONE_STEP)
def test_one_step_on_symbols_is_the_stability_function(name):
    s = st.get(name)
    [result] = execute(lower(s), lambda u: z * u, [sympy.Integer(1)])
    form = s.normal_form()
    A, one, b = Matrix(form.A), Matrix([1] * form.stages), Matrix([form.B[0]])
    # R(z) = det(I - z A + z 1 b^T) / det(I - z A), an oracle that knows no plan.
    R = (eye(form.stages) - z * A + z * one * b).det() / (eye(form.stages) - z * A).det()
    assert sympy.simplify(result - R) == 0


@pytest.mark.parametrize(
    "name", ["lm", "adams_bashforth(3)", "bdf(3)", "adams_moulton(2)", "leapfrog", "milne_simpson(2)"]
)
def test_a_multistep_step_has_the_stability_polynomial_as_its_characteristic_one(name):
    s, w = st.get(name), Symbol("w")
    plan = lower(s)
    names = symbols(" ".join(f"v{i}" for i in range(len(plan.inputs)))) if len(plan.inputs) > 1 else [Symbol("v0")]
    image = execute(plan, lambda u: z * u, names)
    M = Matrix([[sympy.diff(sympy.together(row), v) for v in names] for row in image])
    polynomial = sympy.together((w * eye(len(names)) - M).det())
    rho_minus = sum((a - z * b) * w**j for j, (a, b) in enumerate(zip(s.alpha, s.beta, strict=True)))
    quotient = sympy.cancel(polynomial / rho_minus)
    # Equal up to the factor 1 / (alpha_k - z beta_k) and a power of w from values that are carried twice.
    assert sympy.diff(quotient * (s.alpha[-1] - z * s.beta[-1]), z).simplify() == 0
    assert set(sympy.roots(sympy.numer(quotient), w)) <= {0}


def test_the_error_estimate_is_the_difference_of_the_two_results():
    s = st.get("dopri5")
    y, error = execute(lower(s), lambda u: z * u, [sympy.Integer(1)], error=True)
    other = st.RungeKutta(s.A, s.b_hat)
    [y_hat] = execute(lower(other), lambda u: z * u, [sympy.Integer(1)])
    assert sympy.expand(y - error - y_hat) == 0
    assert error != 0


def test_fractions_stay_fractions():
    [y] = execute(lower(st.rk4), lambda u: -u, [Fraction(1)], Fraction(1, 2), number=to_fraction)
    assert y == Fraction(233, 384)


def test_partitioned_plans_keep_their_two_parts_apart():
    p, q = symbols("p q")
    revnet = st.AdditiveRungeKutta({"F": st.RungeKutta([[1]], [1]), "G": st.RungeKutta([[0]], [1])}, partitioned=True)
    F, G = sympy.Function("F"), sympy.Function("G")
    p_new, q_new = execute(lower(revnet), {"F": F, "G": G}, [p, q])
    # The F-tableau is implicit, A = 1, but in q alone, which is explicit: p goes first, and G sees the new p.
    assert (p_new, q_new) == (p + F(q), q + G(p + F(q)))


def test_wrong_input_is_refused():
    with pytest.raises(SchemeError, match="needs 2"):
        execute(lower(st.lm()), lambda u: u, [1])
    with pytest.raises(SchemeError, match="no embedded"):
        execute(lower(st.rk4), lambda u: u, [1], error=True)
    with pytest.raises(SchemeError, match="sympy values"):
        execute(lower(st.backward_euler), lambda u: u, [1.0])
    assert Rational(1, 2) in dict.fromkeys(lower(st.rk4).coefficients())
