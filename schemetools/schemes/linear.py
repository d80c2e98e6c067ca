"""Exact linear algebra on coefficients, over the domain that they span."""

from collections.abc import Sequence

from sympy import Expr, Integer
from sympy.polys.matrices import DomainMatrix

from schemetools.exact import from_domain, to_domain


def solve_consistent(
    rows: Sequence[Sequence[Expr]], right: Sequence[Expr], prefer: Sequence[int] = ()
) -> tuple[Expr, ...] | None:
    """A solution of rows @ y = right, or None where there is none; undetermined leading entries take `prefer`,
    others 0.
    """
    width = len(rows[0])
    flat = [c for row, b in zip(rows, right, strict=True) for c in (*row, b)]
    domain, elements = to_domain(flat)
    matrix = DomainMatrix(
        [elements[i : i + width + 1] for i in range(0, len(flat), width + 1)], (len(rows), width + 1), domain
    )
    # Over QQ, dividing keeps the numbers far smaller than the fraction-free way that sympy prefers.
    reduced, pivots = matrix.rref(method="GJ" if domain.is_QQ else "auto")
    if width in pivots:
        return None
    entries = reduced.to_list()
    free = {j: Integer(prefer[j]) if j < len(prefer) else Integer(0) for j in range(width) if j not in pivots}
    solution: dict[int, Expr] = dict(free)
    for i, pivot in enumerate(pivots):
        value = from_domain(domain, entries[i][width])
        solution[pivot] = value - sum((from_domain(domain, entries[i][j]) * v for j, v in free.items()), Integer(0))
    return tuple(solution[j] for j in range(width))
