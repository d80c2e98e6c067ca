"""B-series as values, for the specialist: compose, substitute, exponential and logarithm.

    B(a, u) = a(empty) u + sum over trees of h^|t| a(t)/sigma(t) F(t)(u)

a(empty) = 1 for a map (a step, an exact flow), 0 for h times a vector field. Source: Chartier, Hairer, Vilmart,
Algebraic structures of B-series, Foundations of Computational Mathematics 10 (2010).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from schemetools.analysis.algebra.rings import FieldElements
from schemetools.analysis.series.lie import lie_recursion
from schemetools.analysis.series.solve import BY_WEIGHTS, grammar_of, modified_series, weights_of
from schemetools.analysis.trees.forest import PLAIN, Grammar, check_order, forest, symmetries
from schemetools.analysis.trees.subtrees import composition
from schemetools.analysis.trees.tree import Tree, ids_of_trees, sorted_ids, trees_by_id
from schemetools.errors import SchemeError, UnsupportedError, kind_of
from schemetools.exact import coefficient, from_domain, to_domain
from schemetools.schemes.base import as_scheme


@dataclass(frozen=True)
class BSeries:
    """Exact coefficients a(t) on the trees of orders 1..order, and a(empty): 1 for a map, 0 for a vector field.

    Coefficients are taken as in `exact.coefficient`: fractions, integers and text as well as sympy's numbers.

    >>> import schemetools as st
    >>> step = st.BSeries.of(st.midpoint, 3)
    >>> step[st.Tree("[.]")], step[st.Tree("[.,.]")]
    (1/2, 1/4)
    """

    empty: Expr
    coefficients: Mapping[Tree, Expr]
    grammar: Grammar = PLAIN

    def __post_init__(self) -> None:
        if not isinstance(self.coefficients, Mapping):
            raise SchemeError(f"the coefficients of a B-series map trees to numbers; {kind_of(self.coefficients)} came")
        if not isinstance(self.empty, Expr):
            object.__setattr__(self, "empty", coefficient(self.empty))
        if not all(isinstance(value, Expr) for value in self.coefficients.values()):
            taken = {tree: coefficient(value) for tree, value in self.coefficients.items()}
            object.__setattr__(self, "coefficients", MappingProxyType(taken))

    @property
    def order(self) -> int:
        """The highest order."""
        return max(tree.order for tree in self.coefficients)

    @property
    def is_map(self) -> bool:
        """Whether it starts with u itself."""
        return self.empty == 1

    def __getitem__(self, tree: Tree) -> Expr:
        return self.coefficients[tree]

    @classmethod
    def of(cls, s: Any, order: int = 4) -> "BSeries":
        """One step of a scheme: the elementary weights of Runge-Kutta, the underlying one-step method of any other."""
        scheme = as_scheme(s, imaginary=True)
        if isinstance(scheme, BY_WEIGHTS):
            grammar = grammar_of(scheme)
            check_order(grammar, order)
            forest(grammar).grow(order)
            phi = weights_of(scheme, grammar, order)
            return _named(grammar, order, Integer(1), lambda t, n: phi.value(t, n))
        return exp(cls.field_of(scheme, order))

    @classmethod
    def field_of(cls, s: Any, order: int = 4) -> "BSeries":
        """h times the modified vector field of a scheme."""
        scheme = as_scheme(s, imaginary=True)
        series = modified_series(scheme, order)
        return _named(series.grammar, order, Integer(0), series.value)

    @classmethod
    def exact(cls, order: int = 4) -> "BSeries":
        """The exact flow over one step: 1/gamma(t)."""
        check_order(PLAIN, order)
        names = trees_by_id(PLAIN, order)
        return _named(PLAIN, order, Integer(1), lambda t, n: Rational(1, names[t].density))


def _named(grammar: Grammar, order: int, empty: Expr, value: Callable[[int, int], Expr]) -> BSeries:
    names = trees_by_id(grammar, order)
    coefficients = {names[t]: value(t, n) for n in range(1, order + 1) for t in sorted_ids(grammar, n)}
    return BSeries(empty, MappingProxyType(coefficients), grammar)


def _operands(*series: BSeries) -> tuple[Any, list[list[Any]], Grammar, int]:
    """(domain, values by id of each, grammar, the common order)."""
    grammar = series[0].grammar
    if any(s.grammar != grammar for s in series):
        raise SchemeError("these B-series run over different trees (fields); they cannot be combined")
    order = min(s.order for s in series)
    ids = ids_of_trees(grammar, order)
    flat = [s.coefficients[tree] for s in series for tree in ids]
    domain, elements = to_domain(flat)
    n = len(ids)
    return domain, [elements[n * i : n * (i + 1)] for i in range(len(series))], grammar, order


def _result(domain: Any, values: list[Any], grammar: Grammar, order: int, empty: int) -> BSeries:
    def expression(t: int, n: int) -> Expr:
        value = from_domain(domain, values[t])
        return sympy.factor(value) if domain.is_FractionField else sympy.expand(value)

    return _named(grammar, order, Integer(empty), expression)


def _require(series: BSeries, *, is_map: bool) -> None:
    if series.is_map != is_map:
        wanted, came = (
            ("a map (a(empty) = 1)", "a vector field") if is_map else ("a vector field (a(empty) = 0)", "a map")
        )
        raise SchemeError(f"{came} came where {wanted} is needed; exp and log turn one into the other")


def compose(first: BSeries, second: BSeries) -> BSeries:
    """The series of `second` evaluated at the point that the map `first` reaches: sum_s second(s) first(t \\ s).

    >>> half = BSeries.of(__import__("schemetools").euler, 3)
    >>> compose(half, half)[Tree((1, 2))]
    1
    """
    _require(first, is_map=True)
    domain, (inner, outer), grammar, order = _operands(first, second)
    values = composition(forest(grammar), order, inner, outer, domain.one)
    if second.is_map:
        values = [a + b for a, b in zip(values, inner, strict=True)]
    return _result(domain, values, grammar, order, int(second.is_map))


def exp(field: BSeries) -> BSeries:
    """The flow of a vector field over one step: sum_j (d_b^(j-1) b)(t)/j!."""
    _require(field, is_map=False)
    domain, (b,), grammar, order = _operands(field)
    table, powers, values = forest(grammar), [], []
    for n in range(1, order + 1):
        for t in table.ids(n):
            chain = [b[t]] + [domain.zero] * (n - 1)
            for branch, trunk, m in table.splits[t]:
                weight = b[branch] * domain.convert(m)
                for j, value in enumerate(powers[trunk]):
                    chain[j + 1] += weight * value
            powers.append(chain)
            values.append(sum((c / domain.convert(math.factorial(j + 1)) for j, c in enumerate(chain)), domain.zero))
    return _result(domain, values, grammar, order, 1)


def log(step: BSeries) -> BSeries:
    """h times the vector field whose flow over one step is the map: its modified equation."""
    _require(step, is_map=True)
    domain, (phi,), grammar, order = _operands(step)
    g = [None] + [domain.one / domain.convert(math.factorial(j)) for j in range(1, order + 1)]
    return _result(domain, lie_recursion(grammar, order, FieldElements(domain), phi, g), grammar, order, 0)


def substitute(field: BSeries, series: BSeries) -> BSeries:
    """The series `series` with the vector field replaced by `field`: B(series) of the field b/h instead of f.

    A map is taken to its logarithm and back. One field only.
    """
    _require(field, is_map=False)
    if not field.grammar.plain:
        raise UnsupportedError("substitution is defined here for series of one field")
    outer = log(series) if series.is_map else series
    domain, (b, a), grammar, order = _operands(field, outer)
    values = _substituted(forest(grammar), order, b, a, symmetries(grammar, order), domain)
    result = _result(domain, values, grammar, order, 0)
    return exp(result) if series.is_map else result


def _substituted(table: Any, order: int, b: list[Any], a: list[Any], sigma: tuple[int, ...], domain: Any) -> list[Any]:
    """sum over trees s of a(s)/sigma(s) G_s(t), G_s the elementary differential of the field b as a series in f.

    G of u o v is the derivative of G_u along G_v, less the graftings of v elsewhere on u.
    """
    count = len(b)
    known: dict[int, list[Any]] = {0: b}

    def differential(s: int) -> list[Any]:
        if s not in known:
            u, v = table.left[s], table.right[s]
            along, base = differential(v), differential(u)
            value = []
            for t in range(count):
                terms = ((m, x, y) for br, tr, m in table.splits[t] if (x := along[br]) and (y := base[tr]))
                value.append(sum((x * y * domain.convert(m) for m, x, y in terms), domain.zero))
            for other, m in table.graftings_elsewhere(u, v):
                value = [x - y * domain.convert(m) for x, y in zip(value, differential(other), strict=True)]
            known[s] = value
        return known[s]

    result = [domain.zero] * count
    for n in range(1, order + 1):
        for s in table.ids(n):
            if a[s]:
                weight = a[s] / domain.convert(sigma[s])
                result = [x + weight * y for x, y in zip(result, differential(s), strict=True)]
    return result
