"""General linear methods from their nodes: diagonally implicit multistage integration methods, and peer methods."""

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer
from sympy.polys.matrices import DomainMatrix

from schemetools.errors import TableauError
from schemetools.exact import canonical, from_domain, to_domain
from schemetools.schemes.arrays import Matrix, matrix, vector
from schemetools.schemes.base import GeneralLinear

Rows = list[list[Any]]


def dimsim(c: Any, A: Any, v: Any, *, name: str | None = None) -> GeneralLinear:
    """The method with as many values as stages, U = I and V = 1 v^T, of order and stage order s.

        B = B_0 - A B_1 - V B_2 + V A,   phi_j the Lagrange polynomials of c:
        B_0 = int_0^(1+c_i) phi_j,   B_1 = phi_j(1 + c_i),   B_2 = int_0^(c_i) phi_j

    c holds s distinct nodes, A is (s, s), v (s,) sums to 1. Types 1 and 3 have A strictly lower (or 0), types 2 and 4 a
    diagonal lambda; the values then approximate y - h lambda y' and so on, which `order` and `modified_equation` find.
    Raises TableauError for a malformed or confluent input. Source: Butcher, Numerical Algorithms 5 (1993), theorem 5.1.

    >>> import schemetools as st
    >>> st.order(dimsim([0, 1], [[0, 0], [2, 0]], ["1/2", "1/2"]))
    2
    """
    nodes, weights = vector(c, "c"), vector(v, "v")
    s = len(nodes)
    table = _square(A, "A", s)
    if len(weights) != s or canonical(sum(weights, Integer(0)) - 1) != 0:
        raise TableauError(f"v has {len(weights)} entries with sum {sum(weights, Integer(0))}; give {s} that sum to 1")
    domain, flat = to_domain([*nodes, *weights, *(a for row in table for a in row)])
    x, w, rest = flat[:s], flat[s : 2 * s], flat[2 * s :]
    inner = [rest[s * i : s * (i + 1)] for i in range(s)]
    ahead = [domain.one + y for y in x]
    basis = _lagrange(x, domain)
    sums = [[domain.zero, *(a / domain.convert(n) for n, a in enumerate(p, 1))] for p in basis]
    B0, B1, B2 = _table(sums, ahead), _table(basis, ahead), _table(sums, x)
    late = _product([w], [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(inner, B2, strict=True)])[0]
    early = _product(inner, B1)
    B = [[from_domain(domain, B0[i][j] - early[i][j] + late[j]) for j in range(s)] for i in range(s)]
    unit = [[Integer(int(i == j)) for j in range(s)] for i in range(s)]
    return GeneralLinear(table, unit, B, [list(weights)] * s, name=name)


def peer(c: Any, *, B: Any = None, A: Any = None, R: Any = None, name: str | None = None) -> GeneralLinear:
    """A two-step peer method: every stage is a value of the solution at t_n + c_i h, kept for the next step.

        Y_(n,i) = sum_j B_ij Y_(n-1,j) + h sum_j A_ij f(Y_(n-1,j)) + h sum_j R_ij f(Y_(n,j))

    c holds s distinct nodes, the last one 1 where the last stage is to be the solution itself. One of B and A may be
    left out: A is then such that the method has order s (stage order s), B such that it has order s - 1; R is 0 unless
    given. The values are the stages, last one first, then h f of those that A uses. Raises TableauError for malformed
    or confluent input. Source: Weiner, Schmitt, Podhaisky, Jebens, J. Comput. Appl. Math. 223 (2009); Schmitt, Weiner,
    SIAM J. Numer. Anal. 42 (2004).

    >>> import schemetools as st
    >>> st.order(peer([0, 1], B=[[0, 1], [0, 1]]))
    2
    """
    nodes = vector(c, "c")
    s = len(nodes)
    if B is None and A is None:
        raise TableauError("a peer method needs B or A; the other one then follows from the order conditions")
    zero = [[0] * s for _ in range(s)]
    given_R = _square(zero if R is None else R, "R", s)
    found_B = _completed_b(nodes, _square(A, "A", s), given_R) if B is None else _square(B, "B", s)
    found_A = _completed_a(nodes, found_B, given_R) if A is None else _square(A, "A", s)
    used = [j for j in reversed(range(s)) if any(row[j] != 0 for row in found_A)]
    back = list(reversed(range(s)))
    U = [[row[j] for j in back] + [slopes[j] for j in used] for row, slopes in zip(found_B, found_A, strict=True)]
    unit = [[int(i == j) for i in range(s)] for j in used]
    return GeneralLinear(
        given_R,
        U,
        [given_R[j] for j in back] + unit,
        [U[j] for j in back] + [[0] * (s + len(used))] * len(used),
        name=name,
    )


def _completed_a(c: Sequence[Expr], B: Sequence[Sequence[Any]], R: Matrix) -> Rows:
    """A with c_i^l = sum_j B_ij (c_j - 1)^l + l sum_j A_ij (c_j - 1)^(l-1) + l sum_j R_ij c_j^(l-1), l = 1..s."""
    s = len(c)
    old = [x - 1 for x in c]
    right = [
        [
            (x**n - sum((b * y**n for b, y in zip(row, old, strict=True)), Integer(0))) / n
            - sum((r * y ** (n - 1) for r, y in zip(new, c, strict=True)), Integer(0))
            for n in range(1, s + 1)
        ]
        for x, row, new in zip(c, B, R, strict=True)
    ]
    return _over_vandermonde(right, old)


def _completed_b(c: Sequence[Expr], A: Matrix, R: Matrix) -> Rows:
    """B from the same conditions, l = 0..s-1."""
    s = len(c)
    old = [x - 1 for x in c]
    right = [
        [
            x**n
            - sum((n * a * y ** max(n - 1, 0) for a, y in zip(row, old, strict=True)), Integer(0))
            - sum((n * r * y ** max(n - 1, 0) for r, y in zip(new, c, strict=True)), Integer(0))
            for n in range(s)
        ]
        for x, row, new in zip(c, A, R, strict=True)
    ]
    return _over_vandermonde(right, old)


def _over_vandermonde(right: Rows, points: Sequence[Expr]) -> Rows:
    """X with sum_j X_ij points_j^n = right_in, n = 0..s-1."""
    s = len(points)
    domain, flat = to_domain([canonical(x) for x in (*points, *(x for row in right for x in row))])
    x, rest = flat[:s], flat[s:]
    powers = DomainMatrix([[y**n if n else domain.one for n in range(s)] for y in x], (s, s), domain)
    if not powers.to_field().det():
        raise TableauError("two nodes are equal; give distinct nodes c")
    rows = DomainMatrix([rest[s * i : s * (i + 1)] for i in range(s)], (s, s), domain).to_field()
    return [[from_domain(domain, v) for v in row] for row in (rows * powers.to_field().inv()).to_list()]


def _square(values: Any, what: str, s: int) -> Matrix:
    table = matrix(values, what)
    if len(table) != s or any(len(row) != s for row in table):
        raise TableauError(f"{what} has {len(table)} rows; with {s} nodes it is ({s}, {s})")
    return table


# ---- Lagrange polynomials over a domain ---------------------------------------------


def _lagrange(x: Sequence[Any], domain: Any) -> list[list[Any]]:
    """Ascending coefficients of the Lagrange polynomials of distinct points."""
    result = []
    for j, own in enumerate(x):
        p, scale = [domain.one], domain.one
        for i, other in enumerate(x):
            if i == j:
                continue
            if not own - other:
                raise TableauError("two nodes are equal; give distinct nodes c")
            p = [a - other * b for a, b in zip([domain.zero, *p], [*p, domain.zero], strict=True)]
            scale = scale * (own - other)
        result.append([a / scale for a in p])
    return result


def _value(p: Sequence[Any], x: Any) -> Any:
    total = p[-1]
    for a in reversed(p[:-1]):
        total = total * x + a
    return total


def _table(basis: list[list[Any]], points: Sequence[Any]) -> Rows:
    return [[_value(p, x) for p in basis] for x in points]


def _product(left: Rows, right: Rows) -> Rows:
    columns = list(zip(*right, strict=True))
    return [[sum((a * b for a, b in zip(row[1:], c[1:], strict=True)), row[0] * c[0]) for c in columns] for row in left]
