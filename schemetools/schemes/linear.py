"""Exact linear algebra on coefficients, over the domain that they span."""

from collections.abc import Sequence

from sympy import Add, Expr, Integer
from sympy.polys.matrices import DomainMatrix

from schemetools.exact import canonical, from_domain, to_domain
from schemetools.schemes.arrays import Matrix, Vector


def preconsistency(U: Matrix, V: Matrix, parts: int) -> Vector | None:
    """q with V q = q and U q = 1, or None where there is none; 1 for the parts of the state where they are free."""
    r = len(U[0])
    if all(canonical(Add(*row)) == 1 for row in (*V[:r], *U)):
        return (Integer(1),) * r
    rows = [tuple(v - int(m == j) for j, v in enumerate(row)) for m, row in enumerate(V[:r])] + list(U)
    return solve_consistent(rows, [Integer(0)] * r + [Integer(1)] * len(U), prefer=(1,) * parts)


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


def left_eigenvector(V: Sequence[Sequence[Expr]], q: Sequence[Expr]) -> tuple[Expr, ...] | None:
    """w with w V = w and w q = 1: what of the carried values is the solution. None where the root 1 is not simple."""
    r = len(V)
    rows = [[V[m][j] - int(m == j) for m in range(r)] for j in range(r)]
    return solve_consistent([*rows, list(q)], [Integer(0)] * r + [Integer(1)])


def carried_along(
    V: Sequence[Sequence[Expr]], right: Sequence[Expr], normal: Sequence[Expr]
) -> tuple[Expr, ...] | None:
    """X with (I - V) X = right and normal . X = 0: what the carried values hold besides the solution, at order h.

    I - V is singular, 1 being a root of V, so that one more row says which multiple of q is none of it. None where
    there is no such X: the right side is not orthogonal to the left eigenvector, or the root 1 is not simple.
    """
    r = len(V)
    rows = [[int(m == j) - V[m][j] for j in range(r)] for m in range(r)]
    return solve_consistent([*rows, list(normal)], [*right, Integer(0)])
