"""Factors of integer polynomials that read the same from both ends, by polynomials of half the degree.

A family that is symmetric under k -> 1/k, as lm(k) is, has such numerators by the thousand, nearly all irreducible but
for a power of k and one factor k - 1. Needs python-flint.
"""

from typing import Any

from sympy.external.gmpy import GROUND_TYPES

HAS_FLINT = GROUND_TYPES == "flint"
if HAS_FLINT:
    from flint import fmpz_poly

Factor = tuple[tuple[int, ...], int]
Factors = tuple[Any, list[Factor]]


def factors(value: Any) -> Factors:
    """(content, [(irreducible coefficients, ascending; exponent)]) of an integer polynomial that is not 0.

        P(x) = x^m q(x + 1/x) for a P of degree 2m that is its own reverse

    P is irreducible if q is and q(2) q(-2) is no square: at a root y of q, y^2 - 4 = (x - 1/x)^2 would have a root in
    Q(y) where P splits, and its norm q(2) q(-2)/c^2 one in Q. What is anything else is left to flint.

    >>> import flint
    >>> factors(flint.fmpz_poly([0, -6, 12, -12, 6]))
    (6, [((1, -1, 1), 1), ((-1, 1), 1), ((0, 1), 1)])
    """
    coefficients = value.coeffs()
    power = next(i for i, c in enumerate(coefficients) if c)
    core, found = _without_a_unit_root(coefficients[power:])
    if not core:
        return _by_flint(value)
    half = _in_sums(core)
    content, parts = half.factor()
    if len(parts) != 1 or parts[0][1] > 1 or (half(2) * half(-2)).is_square():
        return _by_flint(value)
    found.insert(0, (tuple([int(c // content) for c in core]), 1))
    return content, [*found, ((0, 1), power)] if power else found


def _by_flint(value: Any) -> Factors:
    content, found = value.factor()
    return content, [(tuple(map(int, f.coeffs())), n) for f, n in found]


def _without_a_unit_root(coefficients: list[Any]) -> tuple[list[Any], list[Factor]]:
    """(what is its own reverse and of even degree, what was divided out to make it so); ([], []) where nothing does."""
    mirrored = coefficients[::-1]
    found: list[Factor] = []
    if coefficients != mirrored:
        if coefficients != [-c for c in mirrored]:
            return [], []
        coefficients, found = _divided(coefficients, 1), [((-1, 1), 1)]
    if len(coefficients) % 2 == 0:
        coefficients, found = _divided(coefficients, -1), [*found, ((1, 1), 1)]
    return coefficients, found


def _divided(coefficients: list[Any], root: int) -> list[Any]:
    """Without the factor x - root, root = 1 or -1."""
    result, last = [], 0
    for c in coefficients[:-1]:
        last = root * (last - c)
        result.append(last)
    return result


def _in_sums(core: list[Any]) -> Any:
    """q with x^m q(x + 1/x) = sum core_i x^i.

    With t_j = x^j + x^-j, t_1 = y: t_j = y t_(j-1) - t_(j-2), from the highest down; t_2 ends at 2, not at the 1 of the
    middle. What is left but the last coefficient is y times a sum of the same kind.
    """
    c = core[len(core) // 2 :]
    m = len(c) - 1
    for start in range(m - 1):
        for j in range(m, start + 2, -1):
            c[j - 2] -= c[j]
        c[start] -= 2 * c[start + 2]
    return fmpz_poly(c)
