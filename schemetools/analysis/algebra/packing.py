"""Exact numbers as integers that add up as they do."""

import math
from collections.abc import Sequence
from typing import Any

from sympy import Expr

from schemetools.exact import to_domain


def packed(values: Sequence[Expr], terms: int) -> list[Any]:
    """Integers whose sums of up to `terms`, with signs, are equal iff those of the values are.

    Rationals times their common denominator; in a number field the coordinates are rational, and stand side by side in
    one integer with room for every sum (Kronecker's substitution). With symbols: elements of the field of rational
    functions, which add up themselves.
    """
    read = dict.fromkeys(values)
    domain, elements = to_domain(list(read))
    if domain.is_QQ:
        coordinates = [[x] for x in elements]
    elif domain.is_Algebraic:
        coordinates = [x.to_list()[::-1] for x in elements]
    else:
        found = dict(zip(read, elements, strict=True))
        return [found[value] for value in values]
    below = math.lcm(*(int(x.denominator) for row in coordinates for x in row))
    rows = [[int(x.numerator) * (below // int(x.denominator)) for x in row] for row in coordinates]
    width = (2 * terms * max(abs(x) for row in rows for x in row)).bit_length()
    found = dict(zip(read, (sum(x << i * width for i, x in enumerate(row)) for row in rows), strict=True))
    return [found[value] for value in values]
