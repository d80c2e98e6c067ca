"""The step of an explicit scheme with rational coefficients, stage by stage in flint's polynomials.

The rows of stabilised methods are dense and their entries have thousands of digits, yet the methods are recursions of
three terms: row i is mu row_(i-1) + nu row_(i-2) but for a few entries. Where that is so, stage i costs a few products
in place of i.
"""

from collections.abc import Sequence
from typing import Any

from schemetools.analysis.algebra.matrices import Rows
from schemetools.analysis.algebra.polynomials import Polynomial
from schemetools.analysis.algebra.rings import HAS_FLINT

if HAS_FLINT:
    from flint import fmpq_poly

SHORTEST_ROW = 8  # shorter ones are multiplied out before a recursion is found


def substituted(A: Rows, U: Rows, B: Rows, V: Rows) -> list[list[Polynomial]]:
    """V + z B (I - zA)^-1 U for a strictly lower triangular A over the rationals, by forward substitution."""
    z = fmpq_poly([0, 1])
    columns = []
    for j in range(len(V)):
        stages: list[Any] = []
        for row, start in zip([*A, *B], [u[j] for u in [*U, *V]], strict=True):
            value = fmpq_poly([start])
            entries = row[: len(stages)] if len(stages) < len(A) else row
            known, rest = _recursion(A, entries, min(len(stages), len(A)))
            for i, factor in known:
                value += factor * (stages[i] - U[i][j])
            value += z * sum((a * stages[i] for i, a in rest), fmpq_poly())
            stages.append(value)
        columns.append([value.coeffs() for value in stages[len(A) :]])
    return [list(row) for row in zip(*columns, strict=True)]


Terms = list[tuple[int, Any]]


def _recursion(A: Rows, row: Sequence[Any], i: int) -> tuple[Terms, Terms]:
    """([(stage, factor)], [(stage, entry)]): row = sum factor * row of A + entries; the row's own entries at worst."""
    own = _entries(row)
    if len(own) < SHORTEST_ROW:
        return [], own
    first, second = A[i - 1], A[i - 2]
    determinant = first[1] * second[2] - first[2] * second[1]
    if not determinant:
        return [], own
    mu = (row[1] * second[2] - row[2] * second[1]) / determinant
    nu = (first[1] * row[2] - first[2] * row[1]) / determinant
    left = [
        (j, a - mu * b - nu * c)
        for j, (a, b, c) in enumerate(zip(row, first, second, strict=False))
        if (a or b or c) and not _are_equal(a, mu, b, nu, c)
    ]
    return ([(i - 1, mu), (i - 2, nu)], left) if len(left) < len(own) // 2 else ([], own)


def _are_equal(a: Any, mu: Any, b: Any, nu: Any, c: Any) -> bool:
    """Whether a = mu b + nu c, in integers: bringing long fractions to lowest terms takes ten times as long."""
    if not a or not b or not c:
        return a == mu * b + nu * c
    p, q, r = a.p * (mu.q * b.q) * (nu.q * c.q), mu.p * b.p * (nu.q * c.q), nu.p * c.p * (mu.q * b.q)
    return bool(p == a.q * (q + r))


def _entries(row: Sequence[Any]) -> Terms:
    return [(i, a) for i, a in enumerate(row) if a]
