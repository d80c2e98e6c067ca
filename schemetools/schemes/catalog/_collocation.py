"""The tableaux of Gauss, Radau and Lobatto methods from their nodes, by exact integrals of Lagrange polynomials."""

from collections.abc import Callable, Sequence

from sympy import CRootOf, Expr, Integer, Rational, Symbol, sqrt

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import canonical, from_domain, to_domain
from schemetools.schemes.catalog._quadrature import lagrange_integrals
from schemetools.schemes.runge_kutta import RungeKutta

ZERO, HALF, ONE = Integer(0), Rational(1, 2), Integer(1)
Nodes = list[Expr]


def gauss_nodes(s: int) -> Nodes:
    """The zeros of the Legendre polynomial P_s on [0, 1]."""
    distances = {
        1: [],
        2: [sqrt(3) / 6],
        3: [sqrt(15) / 10],
        4: [sqrt((15 + 2 * sqrt(30)) / 35) / 2, sqrt((15 - 2 * sqrt(30)) / 35) / 2],
        5: [sqrt((35 + 2 * sqrt(70)) / 63) / 2, sqrt((35 - 2 * sqrt(70)) / 63) / 2],
    }
    found = _choose("gauss", s, distances, "the nodes need a number field of degree 24 or more")
    return _symmetric(found, middle=s % 2 == 1)


def radau_right_nodes(s: int) -> Nodes:
    """The zeros of P_s - P_(s-1) on [0, 1], the last of them 1."""
    x = Symbol("x")
    cubic = 35 * x**3 - 45 * x**2 + 15 * x - 1
    left: dict[int, Nodes] = {
        1: [],
        2: [Rational(1, 3)],
        3: [(4 - sqrt(6)) / 10, (4 + sqrt(6)) / 10],
        4: [CRootOf(cubic, i) for i in range(3)],
    }
    return [*_choose("Radau", s, left, "the nodes need a number field of degree 24 or more"), ONE]


def lobatto_nodes(s: int) -> Nodes:
    """0, 1 and the zeros of P'_(s-1) on [0, 1]."""
    distances = {2: [], 3: [], 4: [sqrt(5) / 10], 5: [sqrt(21) / 14]}
    inner = _choose("Lobatto", s, distances, "the nodes need a number field of degree 8 or more")
    return _symmetric([HALF, *inner], middle=s % 2 == 1)


def collocation(nodes: Sequence[Expr]) -> RungeKutta:
    """a_ij = int_0^(c_i) l_j, b_j = int_0^1 l_j."""
    *rows, b = lagrange_integrals(nodes, [(ZERO, end) for end in (*nodes, ONE)])
    domain, points = to_domain(nodes)
    c = tuple(canonical(from_domain(domain, point)) for point in points)  # in the form that the row sums of A take
    return RungeKutta.of_exact(tuple(map(tuple, rows)), tuple(b), c)


def adjoint_of_collocation(nodes: Sequence[Expr]) -> RungeKutta:
    """The method with conditions D(s) for its nodes, as Radau IA: b_i a_ij = b_j int_(c_j)^1 l_i."""
    *tails, b = lagrange_integrals(nodes, [*((node, ONE) for node in nodes), (ZERO, ONE)])
    return _entrywise(b, tails, lambda bi, bj, tail: bj / bi * tail)


def symplectic_partner(method: RungeKutta) -> RungeKutta:
    """The tableau that makes a symplectic pair with the given one: b_i a_ij + b_j a'_ji = b_i b_j (IIIB from IIIA)."""
    return _entrywise(method.b, method.A, lambda bi, bj, aji: bj - bj / bi * aji)


def lobatto_c(nodes: Sequence[Expr]) -> RungeKutta:
    """Lobatto IIIC: a_i1 = b_1, and C(s-1): int_0^(c_i) p = sum_j a_ij p(c_j) for all p of degree s - 2."""
    [b] = lagrange_integrals(nodes, [(ZERO, ONE)])
    on_rest = lagrange_integrals(nodes[1:], [(ZERO, node) for node in nodes])
    at_zero = _basis_at_zero(nodes[1:])
    flat = [b[0], *at_zero, *(value for row in on_rest for value in row)]
    domain, (first, *elements) = to_domain(flat)
    width = len(at_zero)
    origin, integrals = elements[:width], elements[width:]
    rows = [integrals[i : i + width] for i in range(0, len(integrals), width)]
    A = [[b[0], *(from_domain(domain, v - first * o) for v, o in zip(row, origin, strict=True))] for row in rows]
    return RungeKutta(A, b)


def lobatto_c_star(nodes: Sequence[Expr]) -> RungeKutta:
    """Lobatto IIIC*: a_is = 0, and C(s-1), collocation on all nodes but the last."""
    rows = lagrange_integrals(nodes[:-1], [(ZERO, node) for node in nodes])
    [b] = lagrange_integrals(nodes, [(ZERO, ONE)])
    return RungeKutta([[*row, ZERO] for row in rows], b)


def mean(first: RungeKutta, second: RungeKutta) -> RungeKutta:
    """The method between two with equal weights: A is the mean of theirs."""
    domain, elements = to_domain([x for M in (first.A, second.A) for row in M for x in row])
    s, half = first.stages, domain.convert(2)
    halves = [from_domain(domain, (x + y) / half) for x, y in zip(elements[: s * s], elements[s * s :], strict=True)]
    return RungeKutta([halves[i : i + s] for i in range(0, s * s, s)], first.b)


def _basis_at_zero(nodes: Sequence[Expr]) -> list[Expr]:
    domain, points = to_domain(nodes)
    values = []
    for j, own in enumerate(points):
        value = domain.one
        for i, other in enumerate(points):
            value = value * other / (other - own) if i != j else value
        values.append(from_domain(domain, value))
    return values


def _entrywise(b: Sequence[Expr], M: Sequence[Sequence[Expr]], rule: Callable[..., object]) -> RungeKutta:
    """The tableau a_ij = rule(b_i, b_j, M_ji), computed in the number field of b and M."""
    s = len(b)
    domain, elements = to_domain([*b, *(value for row in M for value in row)])
    weights, matrix = elements[:s], [elements[i : i + s] for i in range(s, s + s * s, s)]
    A = [[from_domain(domain, rule(weights[i], weights[j], matrix[j][i])) for j in range(s)] for i in range(s)]
    return RungeKutta(A, b)


def _symmetric(distances: Sequence[Expr], *, middle: bool) -> Nodes:
    return [*(HALF - d for d in distances), *([HALF] if middle else []), *(HALF + d for d in reversed(distances))]


def _choose(family: str, s: int, table: dict[int, Nodes], reason: str) -> Nodes:
    if s in table:
        return table[s]
    if s > max(table):
        raise UnsupportedError(f"{family} methods are exact here up to {max(table)} stages: for {s} stages {reason}")
    raise SchemeError(f"{family} methods have at least {min(table)} stages; {s} was asked for")
