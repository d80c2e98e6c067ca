"""The symbol of a system: its levels as matrices of graded series, the amplification matrix and its logarithm."""

from typing import Any

import sympy
from sympy import QQ
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyRing

from schemetools.analysis.series.laurent import convert
from schemetools.analysis.series.symbol_series import Levels, extended, rate_indices, shift_series
from schemetools.errors import UnsupportedError
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.grid_numbers import is_rate

Rows = list[list[Any]]
MatrixSeries = list[Rows]


def matrix_levels(scheme: DifferenceScheme, order: int) -> tuple[Levels, dict[int, MatrixSeries]]:
    """(ring and letters, {m: A_m(e^X)}) of a system, parts through a degree."""
    n = scheme.components
    cells = [(m, place, c) for m, row in scheme.levels for place, c in row]
    base, elements, _ = convert([e for _, _, c in cells for line in c for e in line])
    ring = extended(base, scheme.dimension)
    rates = rate_indices(base, frozenset(name for name, meaning in scheme.numbers if is_rate(meaning)))
    entries: dict[tuple[int, int, int], dict[Any, Any]] = {}
    for i, (m, place, _) in enumerate(cells):
        for j in range(n * n):
            if value := elements[i * n * n + j]:
                entries.setdefault((m, j // n, j % n), {})[place] = value
    nothing = [ring.zero] * (order + 1)
    series = {key: shift_series(row, ring, scheme.dimension, order, rates) for key, row in entries.items()}
    levels = {
        m: [[[series.get((m, i, j), nothing)[d] for j in range(n)] for i in range(n)] for d in range(order + 1)]
        for m, _ in scheme.levels
    }
    return Levels(ring, base, rates, scheme.dimension, {}), levels


def _product(ring: PolyRing, A: Rows, B: Rows) -> Rows:
    n = len(A)
    result = [[ring.zero] * n for _ in range(n)]
    for i in range(n):
        for k in range(n):
            if A[i][k]:
                for j in range(n):
                    if B[k][j]:
                        result[i][j] = result[i][j] + A[i][k] * B[k][j]
    return result


def _sum(A: Rows, B: Rows, factor: Any = 1) -> Rows:
    return [[a + b * factor if b else a for a, b in zip(x, y, strict=True)] for x, y in zip(A, B, strict=True)]


def _is_zero(A: Rows) -> bool:
    return not any(e for row in A for e in row)


def multiply(ring: PolyRing, A: MatrixSeries, B: MatrixSeries) -> MatrixSeries:
    """The product of two series of matrices, through the degree of the first."""
    n = len(A[0])
    result = [[[ring.zero] * n for _ in range(n)] for _ in A]
    left = [i for i, part in enumerate(A) if not _is_zero(part)]
    right = [j for j, part in enumerate(B) if not _is_zero(part)]
    for i in left:
        for j in right:
            if i + j < len(A):
                result[i + j] = _sum(result[i + j], _product(ring, A[i], B[j]))
    return result


def amplification(ring: PolyRing, new: MatrixSeries, old: MatrixSeries) -> MatrixSeries:
    """G = -new^-1 old, for a constant invertible matrix new_0.

    Raises UnsupportedError where new_0 depends on the numbers.
    """
    if any(e and not e.is_ground for row in new[0] for e in row):
        raise UnsupportedError("the implicit operator of a system must not depend on the numbers for constants")
    domain, n = ring.domain, len(new[0])
    head = DomainMatrix([[e.coeff(1) if e else domain.zero for e in row] for row in new[0]], (n, n), domain)
    inverse = [[ring.zero + e for e in row] for row in head.inv().to_ddm()]
    result: MatrixSeries = []
    for degree in range(len(new)):
        total = [[-e for e in row] for row in old[degree]]
        for i in range(degree):
            if not _is_zero(new[degree - i]) and not _is_zero(result[i]):
                total = _sum(total, _product(ring, new[degree - i], result[i]), -1)
        result.append(_product(ring, inverse, total))
    return result


def logarithm(ring: PolyRing, G: MatrixSeries) -> MatrixSeries:
    """log G = sum_k (-1)^(k+1) (G - I)^k/k, for G_0 = I; the k-th power begins in degree k.

    Raises UnsupportedError for another G_0, whose logarithm is not rational.
    """
    n, order = len(G[0]), len(G) - 1
    if any(G[0][i][j] != (1 if i == j else 0) for i in range(n) for j in range(n)):
        shown = sympy.Matrix(n, n, lambda i, j: G[0][i][j].as_expr())
        raise UnsupportedError(
            f"the step changes constants by {shown.tolist()}, not by the identity, so that its logarithm is not "
            "rational; bring the scheme to unknowns that constants keep"
        )
    rest = [[[ring.zero] * n for _ in range(n)], *G[1:]]
    total, power = rest, rest
    for k in range(2, order + 1):
        power = multiply(ring, power, rest)
        total = [_sum(a, b, QQ((-1) ** (k + 1), k)) for a, b in zip(total, power, strict=True)]
    return total
