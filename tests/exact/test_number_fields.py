"""Number fields in a primitive element: what the generators are in it, against sympy's own way and their values."""

import pytest
import sympy
from sympy import Rational, Symbol, cbrt, sqrt

from schemetools.exact.domains import domain_over, from_domain, generators, to_domain

VALUES = {
    "one": [sqrt(5)],
    "two": [sqrt(2), sqrt(3)],
    "one in the other": [sqrt(2), sqrt(2 + sqrt(2))],
    "conjugates": [sqrt(5 + 2 * sqrt(5)), sqrt(5 - 2 * sqrt(5))],
    "cubic": [cbrt(2), sqrt(3)],
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
