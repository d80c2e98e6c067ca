"""The exact tableau nearest to printed digits that satisfies the simplifying assumptions: linear algebra, exactly.

With the nodes c as they stand (rational or in one small number field where they are recognised, else the decimals), b
solves B(p), and given b and c the assumptions that published methods are built from are linear in A:

    sum_j a_ij c_j^(k-1) = c_i^k / k;    sum_i b_i a_ij = b_j (1 - c_j);    sum_i b_i c_i^l a_ij = 0;
    sum_ij b_i c_i^l a_ij c_j^m = 1 / ((m + 1)(l + m + 2))

Those that the digits nearly meet are solved together, with as few coefficients changed as there are independent ones.
That the result has the order is checked exactly.
"""

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sympy import Expr, Rational
from sympy.polys.matrices import DomainMatrix

from schemetools.analysis.properties.agreement import agrees, distance
from schemetools.analysis.properties.judgement import judged
from schemetools.analysis.series.numeric_weights import levels
from schemetools.analysis.trees.forest import PLAIN
from schemetools.errors import SchemeError
from schemetools.exact import from_domain, to_domain, to_float
from schemetools.exact.recognise import recognised, short_fraction
from schemetools.schemes.pairs import embedded
from schemetools.schemes.runge_kutta import RungeKutta

NEAR = 1e-9
RANK = 1e-8
FARTHEST = 1e-8
MOST_STAGES = 17
TWO_THIRDS = Rational(2, 3)
LINEAR = 6  # orders above need products b A of a first solution, which make the next conditions linear
Term = tuple[int, int, int | None, int, int]
"""(i, j, n, l, m) for w_i c_i^l a_ij c_j^m, w the n-th row of weights: b, b_hat, then products sum_i b_i c_i^l a_ij."""


def projected(scheme: RungeKutta) -> RungeKutta | None:
    """The exact tableau, or None where the assumptions that nearly hold do not give one of the order."""
    rational = all(c.is_Rational for c in scheme.coefficients)
    if not scheme.is_explicit or not rational or scheme.c_is_declared or scheme.stages > MOST_STAGES:
        return None
    return _projected(scheme, scheme.digits or 0)


@functools.lru_cache(maxsize=64)
def _projected(scheme: RungeKutta, digits: int) -> RungeKutta | None:
    """With b_hat solved for after A; where that leaves it an order short, A is solved for with both."""
    found = _solution(scheme, together=False)
    return found if found is not None or scheme.b_hat is None else _solution(scheme, together=True)


def _solution(scheme: RungeKutta, *, together: bool) -> RungeKutta | None:
    s, p = scheme.stages, judged(scheme).order
    hat = scheme.b_hat or ()
    domain, elements = to_domain([*_nodes(scheme), *(a for row in scheme.A for a in row), *scheme.b, *hat])
    c, A = elements[:s], [elements[s * (i + 1) : s * (i + 2)] for i in range(s)]
    b, b_hat = elements[s * (s + 1) : s * (s + 2)], elements[s * (s + 2) :]
    p_hat = judged(embedded(scheme)).order if hat else 0
    powers = [[x**k for x in c] for k in range(max(p, p_hat))]
    b = _weights(b, powers[:p], _reciprocals(p, domain), domain)
    if b is None:
        return None
    others = []
    if together:
        b_hat = _weights(b_hat, powers[:p_hat], _reciprocals(p_hat, domain), domain)
        if b_hat is None:
            return None
        others = [(b_hat, p_hat)]
    products: dict[int, list[Any]] = {}
    for _ in range(2 if p > LINEAR else 1):
        tableau = _Tableau(A, [(b, p), *others], c, products, domain)
        found = tableau.solved()
        if found is None:
            return None
        A = found
        products = {power: _row(b, c, power, A, domain) for power in tableau.determined}
    if hat and not together:
        b_hat = _weights(b_hat, *_stage_vectors(A, p_hat, domain), domain)
        if b_hat is None:
            return None
    return _checked(scheme, A, b, b_hat if hat else None, domain)


def _checked(scheme: RungeKutta, A: Any, b: Any, b_hat: Any, domain: Any) -> RungeKutta | None:
    """The tableau, if it is near the one that came and has its order."""
    rows = [[from_domain(domain, a) for a in row] for row in A]
    weights = [None if w is None else [from_domain(domain, x) for x in w] for w in (b, b_hat)]
    try:
        candidate = RungeKutta(rows, weights[0], b_hat=weights[1], exact=True)
    except SchemeError:
        return None
    pairs = zip(candidate.coefficients, scheme.coefficients, strict=True)
    if any(abs(to_float(x) - to_float(y)) > FARTHEST * (1 + abs(to_float(y))) for x, y in pairs):
        return None
    return candidate if agrees(candidate, scheme) else None


def _row(b: Sequence[Any], c: Sequence[Any], power: int, A: Sequence[Sequence[Any]], domain: Any) -> list[Any]:
    """sum_i b_i c_i^l a_ij, by j."""
    s = range(len(c))
    scaled = [b[i] * c[i] ** power for i in s]
    return [sum((scaled[i] * A[i][j] for i in s if A[i][j] and scaled[i]), domain.zero) for j in s]


def _stage_vectors(A: Sequence[Sequence[Any]], p: int, domain: Any) -> tuple[list[list[Any]], list[Any]]:
    """(Phi(t) at the stages, 1 / gamma(t)) of the trees of orders 1..p."""
    s = range(len(A))
    values: list[list[Any]] = []
    below: list[list[Any]] = []
    right: list[Any] = []
    for n in range(1, p + 1):
        level = levels(PLAIN, n)[-1]
        for u, v, density in zip(level.left, level.right, level.density, strict=True):
            row = [domain.one for _ in s] if n == 1 else [x * y for x, y in zip(values[u], below[v], strict=True)]
            values.append(row)
            below.append([sum((a * x for a, x in zip(line, row, strict=True) if a), domain.zero) for line in A])
            right.append(domain.one / domain.convert(int(density)))
    return values, right


def nodes_recognised(scheme: RungeKutta) -> bool:
    """Whether all nodes are rational or in one small number field."""
    return recognised(scheme.c, distance(scheme), scheme.digits or 0) is not None


def _nodes(scheme: RungeKutta) -> list[Expr]:
    near, digits = distance(scheme), scheme.digits or 0
    found = recognised(scheme.c, near, digits)
    if found is not None:
        return found
    short = [short_fraction(x, near, digits) for x in scheme.c]
    nodes = [x if q is None else q for x, q in zip(scheme.c, short, strict=True)]
    pairs = [(i, j) for i, q in enumerate(short) if q is None for j in range(i + 1, len(nodes))]
    for i, j in pairs:
        if abs(to_float(nodes[i] - TWO_THIRDS * nodes[j])) <= near:  # where C(2) and C(3) hold with two entries
            nodes[i] = TWO_THIRDS * nodes[j]
    return nodes


def _reciprocals(p: int, domain: Any) -> list[Any]:
    return [domain.one / domain.convert(k + 1) for k in range(p)]


def _weights(b: Sequence[Any], vectors: Any, right: Any, domain: Any) -> list[Any] | None:
    """b changed where it is not 0, so that its products with the vectors are the right-hand sides."""
    unknown = [i for i, w in enumerate(b) if w]
    rows = [[v[i] for i in unknown] for v in vectors]
    misses = [r - sum((b[i] * v[i] for i in unknown), domain.zero) for v, r in zip(vectors, right, strict=True)]
    table = np.array([[to_float(from_domain(domain, x)) for x in row] for row in rows])
    chosen = _independent_rows(table)
    change = _change([rows[n] for n in chosen], [misses[n] for n in chosen], len(unknown), domain)
    if change is None:
        return None
    result = list(b)
    for i, d in zip(unknown, change, strict=True):
        result[i] += d
    return result


class _Tableau:
    """The linear conditions on A for given b and c, exactly and in floats."""

    def __init__(self, A: Any, results: Any, c: Any, products: dict[int, list[Any]], domain: Any) -> None:
        self.A, self.c, self.order, self.domain = A, c, results[0][1], domain
        self.orders = [p for _, p in results]
        self.products = products
        self.determined: list[int] = []
        self.weights = [*(b for b, _ in results), *products.values()]
        self.unknown = [(i, j) for i, row in enumerate(A) for j, a in enumerate(row) if a]
        self.place = {entry: n for n, entry in enumerate(self.unknown)}
        self.float_c = np.array([self._float(x) for x in c])
        self.float_b = [np.array([self._float(x) for x in b]) for b in self.weights]
        self.float_A = np.array([self._float(A[i][j]) for i, j in self.unknown])

    def _float(self, x: Any) -> float:
        return to_float(from_domain(self.domain, x))

    def solved(self) -> list[list[Any]] | None:
        """A with the conditions that nearly hold."""
        conditions = [(terms, value, number) for terms, value, number in self.conditions() if terms]
        table = np.zeros((len(conditions), len(self.unknown)))
        for n, (terms, _, _) in enumerate(conditions):
            for term in terms:
                table[n, self.place[term[:2]]] += self._number(term)
        misses = np.array([number for _, _, number in conditions]) - table @ self.float_A
        near = [n for n in range(len(conditions)) if abs(misses[n]) <= NEAR]
        linear = [not any((term[2] or 0) >= len(self.orders) for term in conditions[n][0]) for n in near]
        chosen = [near[k] for k in _independent_rows(table[near], linear)]
        self.determined = [power for power in range(1, self.order - 4) if self._is_determined(power, table[chosen])]
        rows, right = [], []
        for n in chosen:
            terms, value, _ = conditions[n]
            row = [self.domain.zero] * len(self.unknown)
            for term in terms:
                row[self.place[term[:2]]] += self._element(term)
            rows.append(row)
            held = (row[k] * self.A[i][j] for k, (i, j) in enumerate(self.unknown) if row[k])
            right.append(value - sum(held, self.domain.zero))
        change = _change(rows, right, len(self.unknown), self.domain)
        if change is None:
            return None
        result = [list(row) for row in self.A]
        for (i, j), d in zip(self.unknown, change, strict=True):
            result[i][j] += d
        return result

    def _is_determined(self, power: int, table: np.ndarray) -> bool:
        """Whether the conditions leave sum_i b_i c_i^l a_ij no freedom."""
        product = np.zeros((len(self.c), len(self.unknown)))
        for k, (i, j) in enumerate(self.unknown):
            product[j, k] = self.float_b[0][i] * self.float_c[i] ** power
        return len(_independent_rows(np.concatenate([table, product]))) == len(table)

    def _number(self, term: Term) -> float:
        i, j, result, p, q = term
        w = 1.0 if result is None else self.float_b[result][i]
        return w * self.float_c[i] ** p * self.float_c[j] ** q

    def _element(self, term: Term) -> Any:
        i, j, result, p, q = term
        w = self.domain.one if result is None else self.weights[result][i]
        return w * self.c[i] ** p * self.c[j] ** q

    def conditions(self) -> Iterator[tuple[list[Term], Any, float]]:
        """(terms, right-hand side, the same in floats)."""
        s = range(len(self.c))
        for i in s:
            pattern = [j for j in s if (i, j) in self.place]
            for k in range(1, 6):
                value = self.c[i] ** k / self.domain.convert(k)
                yield [(i, j, None, 0, k - 1) for j in pattern], value, self.float_c[i] ** k / k
        for n, p in enumerate(self.orders):
            yield from self.of_result(n, p)
        for n, (power, product) in enumerate(self.products.items(), len(self.orders)):
            yield from self.of_products(n, power, product)

    def of_result(self, n: int, p: int) -> Iterator[tuple[list[Term], Any, float]]:
        """D(1), columns that vanish, and sum_ij b_i c_i^l a_ij c_j^m, of one result of order p."""
        b, one = self.weights[n], self.domain.one
        used = [(i, j) for i, j in self.unknown if b[i]]
        for j in range(len(self.c)):
            column = [i for i, k in used if k == j]
            value = self.float_b[n][j] * (1 - self.float_c[j])
            yield [(i, j, n, 0, 0) for i in column], b[j] * (one - self.c[j]), value
            for power in range(p - 2):
                yield [(i, j, n, power, 0) for i in column], self.domain.zero, 0.0
        for power in range(p - 1):
            for m in range(1, p - 1 - power):
                below = (m + 1) * (power + m + 2)
                yield [(i, j, n, power, m) for i, j in used], one / self.domain.convert(below), 1 / below

    def of_products(self, n: int, power: int, product: list[Any]) -> Iterator[tuple[list[Term], Any, float]]:
        """The product w = sum_i b_i c_i^l a_ij keeps its value; sum_j w_j a_jk = 0, or with c_k^m as the order asks."""
        s, one, b = range(len(self.c)), self.domain.one, self.weights[0]
        for j in s:
            column = [i for i in s if (i, j) in self.place and b[i]]
            yield [(i, j, 0, power, 0) for i in column], product[j], self.float_b[n][j]
            rows = [i for i in s if (i, j) in self.place and product[i]]
            yield [(i, j, n, 0, 0) for i in rows], self.domain.zero, 0.0
        used = [(i, j) for i, j in self.unknown if product[i]]
        for m in range(1, self.order - 2 - power):
            below = (m + 1) * (m + 2) * (power + m + 3)
            yield [(i, j, n, 0, m) for i, j in used], one / self.domain.convert(below), 1 / below


def _independent_rows(table: np.ndarray, preferred: Sequence[bool] = ()) -> list[int]:
    """Rows of full rank among those given, the preferred ones first, then the well conditioned ones."""
    scale = np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-300)
    rest, chosen = table / scale, []
    is_first = np.array(preferred if len(preferred) else [False] * len(table))
    while len(chosen) < min(table.shape):
        sizes = np.linalg.norm(rest, axis=1)
        first = np.where(is_first, sizes, 0)
        k = int(np.argmax(first if np.max(first) >= RANK else sizes))
        if sizes[k] < RANK:
            break
        direction = rest[k] / sizes[k]
        rest = rest - np.outer(rest @ direction, direction)
        chosen.append(k)
    return chosen


def _change(rows: Sequence[Sequence[Any]], right: Sequence[Any], width: int, domain: Any) -> list[Any] | None:
    """A solution of rows @ x = right that is 0 but for the pivots; None where there is none."""
    if not any(right):
        return [domain.zero] * width
    table = DomainMatrix([[*row, r] for row, r in zip(rows, right, strict=True)], (len(rows), width + 1), domain)
    reduced, pivots = table.rref(method="GJ")
    if width in pivots:
        return None
    entries = reduced.to_list()
    solution = [domain.zero] * width
    for i, pivot in enumerate(pivots):
        solution[pivot] = entries[i][width]
    return solution
