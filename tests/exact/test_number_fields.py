"""Number fields in a primitive element: what the generators are in it, against sympy's own way and their values."""

import pytest
import sympy
from sympy import CRootOf, Rational, Symbol, cbrt, sqrt

from schemetools.errors import CoefficientError
from schemetools.exact import coefficient
from schemetools.exact.domains import _product, domain_over, from_domain, generators, to_domain
from schemetools.exact.parser import parse

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
def test_elements_are_written_as_sympy_writes_them(name):
    """Powers and inverses of sums of the generators, alone and in a rational function of k."""
    field, elements = to_domain(VALUES[name])
    made = sum((e * (i + 2) for i, e in enumerate(elements)), field.one)
    for element in (made, made**3, made / (made**2 + 1)):
        assert from_domain(field, element) == field.to_sympy(element)
    functions = field.frac_field("k")
    k = functions.gens[0]
    ratio = (made * k + 1) / (k**2 + made**2)
    assert from_domain(functions, ratio) == functions.to_sympy(ratio)


def test_of_a_large_field_only_the_products_that_occur_are_written():
    value = parse("cos(pi/17) + 2*cos(pi/18)")
    field, [element] = to_domain([value])
    before = _product.cache_info()
    assert field.mod.degree() == 48 and from_domain(field, element) == value
    after = _product.cache_info()
    assert after.hits + after.misses - before.hits - before.misses == 2


def test_a_field_of_high_degree_is_refused():
    with pytest.raises(
        CoefficientError, match="in a number field of degree 210, and above 128 nothing is computed exac"
    ):
        coefficient("cos(pi/29) + cos(pi/31)")


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
