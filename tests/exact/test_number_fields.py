"""Number fields in a primitive element: what the generators are in it, against sympy's own way and their values."""

import pytest
import sympy
from sympy import CRootOf, Rational, Symbol, cbrt, sqrt

from schemetools.exact.domains import domain_over, from_domain, generators, to_domain

X = Symbol("X")
VALUES = {
    "one": [sqrt(5)],
    "two": [sqrt(2), sqrt(3)],
    "one in the other": [sqrt(2), sqrt(2 + sqrt(2))],
    "conjugates": [sqrt(5 + 2 * sqrt(5)), sqrt(5 - 2 * sqrt(5))],
    "cubic": [cbrt(2), sqrt(3)],
    "three in two": [sqrt(30), sqrt(15 + 2 * sqrt(30)), sqrt(15 - 2 * sqrt(30))],
    "cubic in its cube root": [sqrt(2), cbrt(5 - Rational(1, 3) * sqrt(2))],
    "all roots of a cubic": [CRootOf(X**3 - 3 * X + 1, i) for i in range(3)],
}


@pytest.mark.parametrize("name", VALUES)
def test_images_of_generators_are_sympys(name):
    numbers, _ = generators(VALUES[name])
    field = domain_over(numbers, ())
    for number in numbers:
        _, [element] = to_domain([number])
        assert from_domain(to_domain([number])[0], element) - number == 0
        assert to_domain(list(numbers))[1][numbers.index(number)] == field.from_sympy(number)


@pytest.mark.parametrize("name", VALUES)
def test_values_are_kept_beside_symbols(name):
    k = Symbol("k")
    made = sum((Rational(i, 7) * v**i for i, v in enumerate(VALUES[name], 1)), k * VALUES[name][-1])
    domain, [element] = to_domain([made])
    back = from_domain(domain, element).subs(k, Rational(1, 3))
    assert abs(sympy.N(back - made.subs(k, Rational(1, 3)), 30)) < 1e-25


def test_a_number_that_others_give_adds_no_generator():
    roots = [CRootOf(X**3 - 3 * X + 1, i) for i in range(3)]
    assert domain_over(tuple(roots), ()) is domain_over(tuple(roots[:2]), ())
    inner = sqrt(5 + 2 * sqrt(5))
    assert domain_over((sqrt(5), inner), ()) is domain_over((inner,), ())
    assert domain_over((sqrt(3), inner), ()) is not domain_over((inner,), ())
