"""Coefficients that vary from step to step: k = k(t) smooth, with its modified equation, or a list of learned k_n.

With coefficients taken at t_n, sum_j r_j D_j = sum_i s_i E_i, where rho = sum r_j x^j, sigma = sum s_i x^i about step
n, D_j the j-th derivative of u, E_i that of f(u), both along the modified field. A derivative now acts on trees (an
edge) and on the coefficients (k -> k'), each costing one power of h: b(t) becomes a polynomial in h k', h^2 k'', ...
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef, UndefinedFunction

from schemetools.analysis.algebra.closure import algebra_for
from schemetools.analysis.algebra.rings import FieldElements
from schemetools.analysis.modified.differentials import Differentials
from schemetools.analysis.modified.fields import components
from schemetools.analysis.modified.varying_text import varying_latex, varying_text
from schemetools.analysis.series.weights import elementary_weights
from schemetools.analysis.trees.forest import NONAUTONOMOUS, PLAIN, Forest, Grammar, forest
from schemetools.analysis.trees.tree import Tree, ids_of_trees, sorted_ids, trees_by_id
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import expression, to_domain
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_runge_kutta
from schemetools.schemes.runge_kutta import RungeKutta

TIME = Symbol("t")
Level = dict[int, Any]  # id -> coefficient, zeros left out


@dataclass(frozen=True, eq=False, repr=False)
class VaryingEquation:
    """u' = sum over trees t and w of h^(|t|-1+w) b_w(t)/sigma(t) F(t)(u), for coefficients k(t): w counts derivatives
    of k.

    `coefficients` maps (Tree, w) to b_w(t), an expression in k(t), k'(t), ...; `eq[tree]` is the one with w = 0.
    Trees with leaves of colour t are there when derived for f(t, u).
    """

    scheme: Scheme
    order: int
    functions: tuple[AppliedUndef, ...]
    coefficients: Mapping[tuple[Tree, int], Expr]
    grammar: Grammar

    def __getitem__(self, tree: Tree) -> Expr:
        return self.coefficients.get((tree, 0), sympy.Integer(0))

    @property
    def limit(self) -> Expr:
        """b(dot): u' = limit(t) f as h -> 0."""
        return next(iter(self.coefficients.values()))

    def vector_field(self, f: Any, u: Any, h: Any, t: Any = None) -> tuple[Expr, ...]:
        """The right-hand side for a concrete f(u), or f(t, u) where derived for that, with k(t) as a function of
        `t`."""
        time = TIME if t is None else t
        fields, variables = components(self, f, u, t)
        if self.grammar == NONAUTONOMOUS:
            zero = sympy.Integer(0)
            fields = [(*fields[0], zero), (*(zero for _ in variables), sympy.Integer(1))]
            variables = (*variables, time)
        algebra = algebra_for([c for field in fields for c in field], variables)
        differentials = Differentials(forest(self.grammar), algebra, fields)
        ids = ids_of_trees(self.grammar, self.order)
        step, rows = expression(h), []
        for (tree, w), value in self.coefficients.items():
            factor = step ** (tree.order - 1 + w) * value.subs(TIME, time) / tree.symmetry
            rows.append([factor * algebra.expression(x) for x in differentials[ids[tree]]])
        size = len(variables) - (self.grammar == NONAUTONOMOUS)
        return tuple(sympy.Add(*(row[i] for row in rows)) for i in range(size))

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the fields: one."""
        return ("f",)

    is_partitioned = False

    def __str__(self) -> str:
        return varying_text(self.scheme, self.functions, self.limit, self.coefficients)

    def __repr__(self) -> str:
        return varying_text(self.scheme, self.functions, self.limit, self.coefficients)

    def _repr_latex_(self) -> str:
        return varying_latex(self.coefficients)


class _Chains:
    """D_j and E_i for all trees and weights, extended together."""

    def __init__(self, table: Forest, domain: Any, derivation: dict[Any, Any], order: int):
        self.table, self.domain, self.derivation, self.order = table, domain, derivation, order
        self.b: list[Level] = [{} for _ in range(order)]  # by w

    def dot(self, value: Any) -> Any:
        """The time derivative of a coefficient."""
        total = self.domain.zero
        for symbol, derivative in self.derivation.items():
            part = value.diff(symbol)
            if part:
                total = total + part * derivative
        return total

    def derivative(self, previous: list[Level], t: int, w: int) -> Any:
        """(d_b + d/dt) of a series, at tree t and weight w, from smaller trees and weights."""
        total = self.domain.zero
        for branch, trunk, multiplicity in self.table.splits[t]:
            for v in range(w + 1):
                if (x := self.b[v].get(branch)) and (y := previous[w - v].get(trunk)):
                    total = total + x * y * self.domain.convert(multiplicity)
        if w and (x := previous[w - 1].get(t)):
            total = total + self.dot(x)
        return total


def _symbols(functions: Mapping[Symbol, Any], order: int) -> dict[Symbol, list[Symbol]]:
    """k, k', k'', ... as independent symbols, for every function."""
    return {symbol: [symbol, *(sympy.Dummy(f"{symbol}{j}") for j in range(1, order))] for symbol in functions}


def _about(values: Sequence[Any], centre: int, order: int, domain: Any) -> list[Any]:
    """sum_i values_i (i - centre)**j / j! for j = 0..order."""
    return [
        sum((v * domain.convert((i - centre) ** j) for i, v in enumerate(values)), domain.zero)
        / domain.convert(math.factorial(j))
        for j in range(order + 1)
    ]


def varying_equation(
    scheme: Scheme, order: int, functions: Mapping[Symbol, UndefinedFunction], *, nonautonomous: bool = False
) -> VaryingEquation:
    """The modified equation for free symbols that are smooth functions of t, through total order |t| + w <= order.

    `order` at least 1. Runge-Kutta and multistep schemes; the coefficients of the step from n to n+1 are those at t_n.
    Raises UnsupportedError for other schemes and where the limit vanishes identically.
    """
    if not isinstance(scheme, (RungeKutta, LinearMultistep)):
        raise UnsupportedError("coefficients that depend on t are derived for Runge-Kutta and multistep schemes")
    missing = set(functions) - set(scheme.free_symbols)
    if missing:
        raise SchemeError(f"{scheme} has no free symbol {', '.join(map(str, missing))}")
    grammar = NONAUTONOMOUS if nonautonomous else PLAIN
    table = forest(grammar)
    table.grow(order)
    jets = _symbols(functions, order)
    free = [x for jet in jets.values() for x in jet] + sorted(set(scheme.free_symbols) - set(jets), key=str)
    domain, _ = to_domain([sum(free, sympy.Integer(0))])
    derivation = {
        domain.from_sympy(a): domain.from_sympy(b) for jet in jets.values() for a, b in zip(jet, jet[1:], strict=False)
    }
    chains = _Chains(table, domain, derivation, order)
    left, right = _sides(scheme, grammar, order, domain)
    _solve(chains, left, right, known={1: domain.one} if nonautonomous else {})
    applied = {symbol: function(TIME) for symbol, function in functions.items()}
    back = {x: applied[s].diff(TIME, j) if j else applied[s] for s, jet in jets.items() for j, x in enumerate(jet)}
    return VaryingEquation(scheme, order, tuple(applied.values()), _expressions(chains, grammar, back), grammar)


def _sides(scheme: Scheme, grammar: Grammar, order: int, domain: Any) -> tuple[list[Any], Any]:
    """(r_0, r_1, ...) and the right-hand side: s_i for a multistep scheme, the weights phi by id for Runge-Kutta."""
    convert = domain.from_sympy
    if isinstance(scheme, LinearMultistep):
        # not reduced: a common factor that depends on k(t) does not cancel between steps
        centre = scheme.steps - 1
        alpha, beta = ([convert(x) for x in row] for row in (scheme.alpha, scheme.beta))
        return _about(alpha, centre, order, domain), _about(beta, centre, order, domain)
    tableau = reduced_runge_kutta(scheme)  # type: ignore[arg-type]
    A, b = [[convert(a) for a in row] for row in tableau.A], [convert(x) for x in tableau.b]
    phi = elementary_weights(grammar, order, FieldElements(domain), [(A, b)] * len(grammar.colours), domain.one)
    inverse = [domain.zero] + [domain.one / domain.convert(math.factorial(j)) for j in range(1, order + 1)]
    return inverse, dict(enumerate(phi))


def _solve(chains: _Chains, left: list[Any], right: Any, known: dict[int, Any]) -> None:
    """Fill b_w(t) for all |t| + w <= order, in the order of |t| + w, derivatives of k after trees."""
    order, domain, table = chains.order, chains.domain, chains.table
    if not left[1]:
        raise UnsupportedError("rho'(1) vanishes identically: there is no limit of first order")
    powers = [chains.b] + [[{} for _ in range(order)] for _ in range(order)]
    sources: list[list[Level]] = [[{} for _ in range(order)] for _ in range(order + 1)]
    sources[0][0] = {0: domain.one}
    for total in range(1, order + 1):
        for w in range(total):
            for t in table.ids(total - w):
                if t in known:
                    value = known[t] if w == 0 else domain.zero
                else:
                    value = _right(chains, sources, right, t, w) - _chain_sum(chains, powers, left, t, w)
                    value = value / left[1]
                if value:
                    chains.b[w][t] = value


def _right(chains: _Chains, sources: list[list[Level]], right: Any, t: int, w: int) -> Any:
    if isinstance(right, dict):
        return right[t] if w == 0 else chains.domain.zero
    total = right[0] * sources[0][w].get(t, chains.domain.zero)
    for i in range(1, chains.order):
        value = chains.derivative(sources[i - 1], t, w)
        if value:
            sources[i][w][t] = value
            total = total + right[i] * value
    return total


def _chain_sum(chains: _Chains, powers: list[list[Level]], left: list[Any], t: int, w: int) -> Any:
    total = chains.domain.zero
    for j in range(2, chains.order + 1):
        value = chains.derivative(powers[j - 2], t, w)
        if value:
            powers[j - 1][w][t] = value
            total = total + left[j] * value
    return total


def _expressions(chains: _Chains, grammar: Grammar, back: Mapping[Symbol, Expr]) -> dict[tuple[Tree, int], Expr]:
    names = trees_by_id(grammar, chains.order)
    result: dict[tuple[Tree, int], Expr] = {}
    for total in range(1, chains.order + 1):
        for w in range(total):
            for t in sorted_ids(grammar, total - w):
                if value := chains.b[w].get(t):
                    result[names[t], w] = sympy.factor(chains.domain.to_sympy(value)).xreplace(dict(back))
    return result
