import os
import subprocess
import sys

import pytest
from sympy import CRootOf, Mul, Rational, Symbol, simplify, sqrt, srepr
from sympy.abc import x
from sympy.external.gmpy import GROUND_TYPES

from schemetools.analysis.algebra.rings import HAS_FLINT, Integers, QuadraticIntegers, clear, primorial
from schemetools.analysis.algebra.written import product
from schemetools.exact.style import LATEX, TEXT

k, m = Symbol("k"), Symbol("m")
SAMPLES = [
    [Rational(1, 2), Rational(-3, 7)],
    [Rational(1, 2) + sqrt(6) / 5, Rational(3, 4), -sqrt(6)],
    [sqrt(2) / 3, sqrt(3), Rational(1, 5)],
    [CRootOf(6 * x**3 - 18 * x**2 + 9 * x - 1, 1), Rational(1, 3)],
    [(k - 1) / (k + 2), k**2 / 3],
    [k * m, 1 / (k + m), Rational(1, 2)],
    [sqrt(3) * k, 1 / (1 + k)],
]


@pytest.mark.parametrize("values", SAMPLES, ids=str)
def test_numerators_over_the_denominator_are_the_values(values):
    ring, numerators, denominator = clear(values)
    back = [ring.quotient(n, denominator) for n in numerators]
    assert all(simplify(a - b) == 0 for a, b in zip(back, values, strict=True))
    product = ring.quotient(ring.multiply(numerators[0], numerators[1]), ring.power(denominator, 2))
    assert abs((product - values[0] * values[1]).subs({k: 0.3, m: 0.7}).evalf()) < 1e-12
    assert ring.quotient(ring.one - ring.one, denominator) == 0
    inverse = ring.quotient(ring.multiply(ring.one, denominator), numerators[0])
    assert abs((inverse - 1 / values[0]).subs({k: 0.3, m: 0.7}).evalf()) < 1e-12


@pytest.mark.skipif(not HAS_FLINT, reason="of rings on flint's polynomials")
@pytest.mark.parametrize("equation", [6 * x**3 - 18 * x**2 + 9 * x - 1, 3 * x**3 - x - 1, x**3 - 2])
def test_powers_are_reduced_by_the_equation_of_their_generator(equation):
    """Also where that is not monic: a multiple of the generator is integral."""
    root = CRootOf(equation, 0)
    ring, [numerator, _], denominator = clear([root, Rational(1, 3)])
    for n in range(2, 8):
        power = ring.power(numerator, n)
        assert power.degree() < 3
        assert abs((ring.quotient(power, ring.power(denominator, n)) - root**n).evalf()) < 1e-12
        inverse = ring.quotient(ring.power(denominator, n), power)
        assert abs((inverse * root**n - 1).evalf()) < 1e-10


@pytest.mark.parametrize("number", [Rational(1), Rational(-1), Rational(3, 2)])
@pytest.mark.parametrize(
    "parts", [[], [x + 1], [(x + 1) ** 2], [x + 1, x - 2], [x**2 + 1, 1 / (x + 1), (x - 2) ** 3]], ids=str
)
def test_a_product_is_the_object_that_sympy_makes(number, parts):
    made = product(number, parts)
    assert srepr(made) == srepr(Mul(number, *parts))


def test_choices():
    assert isinstance(clear(SAMPLES[0])[0], Integers)
    if GROUND_TYPES == "flint":
        assert isinstance(clear(SAMPLES[1])[0], QuadraticIntegers)
    assert primorial(10) == 210


PROGRAM = """
import schemetools as st
from sympy.external.gmpy import GROUND_TYPES
assert GROUND_TYPES == "{types}", GROUND_TYPES
for name in ("rk4", "lm", "bdf(3)", "crouzeix3", "alexander3", "two_stage", "revnet"):
    eq = st.modified_equation(st.get(name), 3)
    print(name, st.order(st.get(name)), [str(v) for v in eq.coefficients.values()])
from sympy import symbols, sin
u, v, h = symbols("u v h")
print(st.modified_equation(st.midpoint, 3).vector_field((-v / (u**2 + v**2), sin(u)), (u, v), h))
print(st.modified_equation(st.lm()))
"""


def output(types):
    environment = {**os.environ, "SYMPY_GROUND_TYPES": types}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(types=types)], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_results_are_equal_without_flint():
    pytest.importorskip("flint")
    assert output("python") == output("flint")


@pytest.mark.parametrize(
    ("value", "sign", "body"),
    [
        (Rational(-7, 20), "-", "7/20"),
        ((k - 1) / (2 * (k + 1) ** 3), "-", "(1-k)/(2(1+k)^3)"),
        ((k**2 - 10 * k + 1) / (6 * (k + 1) ** 5), "+", "(k^2-10k+1)/(6(1+k)^5)"),
        (3 * k * (1 - k) / (1 + k) ** 7, "+", "3k(1-k)/(1+k)^7"),
        (1 + k, "+", "(1+k)"),
        (sqrt(3) / 6, "+", "sqrt(3)/6"),
        (k, "+", "k"),
        (-1 / k, "-", "1/k"),
    ],
)
def test_coefficients_as_people_write_them(value, sign, body):
    assert TEXT.coefficient(value) == (sign, body)


def test_latex_and_decimals():
    assert LATEX.coefficient((k - 1) / (2 * (k + 1) ** 3)) == ("-", r"\frac{1-k}{2(1+k)^{3}}")
    assert TEXT.coefficient(Rational(-1, 3), exact=False) == ("-", "0.333333")
