"""From a scheme to the coefficients b(t) of its modified equation: which recursion, in which ring."""

import math
from typing import Any

from schemetools.analysis.algebra.rings import Ring, clear, primorial
from schemetools.analysis.series.exponential_weights import exponential_weights
from schemetools.analysis.series.general import general_linear, with_time
from schemetools.analysis.series.lie import TreeSeries, lie_recursion
from schemetools.analysis.series.linear_weights import rosenbrock_weights
from schemetools.analysis.series.momentum import momentum_series
from schemetools.analysis.series.starting import best_start, has_start
from schemetools.analysis.series.weights import elementary_weights
from schemetools.analysis.trees.forest import (
    NONAUTONOMOUS,
    PLAIN,
    Grammar,
    Progress,
    alternating,
    check_order,
    collector_paused,
    forest,
    free,
    second_order,
    with_linear,
)
from schemetools.errors import UnsupportedError
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.imex_multistep import ImexMultistep
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep, reduced_stages
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import FIELDS as NYSTROM_FIELDS
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.variable import VariableMultistep, no_equation

RANDOM = "its coefficients are random: the limit is a stochastic equation, which modified_equation derives"

BY_WEIGHTS = (RungeKutta, AdditiveRungeKutta, RungeKuttaNystrom, Rosenbrock, Exponential)
"""Kinds whose step itself is a series with known coefficients, the elementary weights."""
OneStep = RungeKutta | AdditiveRungeKutta | RungeKuttaNystrom | Rosenbrock | Exponential

Tabled = RungeKutta | AdditiveRungeKutta | RungeKuttaNystrom
"""One-step schemes given by tableaux, one per colour of the nodes: their elementary weights are sums over stages."""


def tableaux_of(scheme: Tabled) -> list[RungeKutta]:
    """The tableau of each field."""
    if isinstance(scheme, RungeKutta):
        return [scheme]
    if isinstance(scheme, RungeKuttaNystrom):
        return list(scheme.tableaux())
    return [tableau for _, tableau in scheme.tableaux]


def grammar_of(scheme: Scheme) -> Grammar:
    """The trees that the scheme's B-series runs over."""
    if isinstance(scheme, AdditiveRungeKutta):
        return alternating(scheme.fields) if scheme.partitioned else free(scheme.fields)
    if isinstance(scheme, ImexMultistep):
        return free(scheme.fields)
    if isinstance(scheme, Rosenbrock) and scheme.w_method:
        return with_linear(("f", "J"), ("J",))
    if isinstance(scheme, RungeKuttaNystrom):
        return second_order(NYSTROM_FIELDS, velocities=scheme.A_prime is not None)
    if isinstance(scheme, Exponential):
        return with_linear(scheme.fields, ("L",))
    if isinstance(scheme, GeneralLinear) and len(scheme.fields) > 1:
        return alternating(scheme.fields) if scheme.parts > 1 else free(scheme.fields)
    return PLAIN


def followed(scheme: Scheme, grammar: Grammar) -> range:
    """The colours of the fields that the limit u' = limit * f contains: all but the J of a W method."""
    return range(1 if isinstance(scheme, Rosenbrock) else len(grammar.colours))


@collector_paused()
def modified_series(
    scheme: Scheme, order: int, *, nonautonomous: bool = False, progress: Progress | None = None
) -> TreeSeries:
    """b(t) on all trees of orders 1..order.

    With `nonautonomous` the trees have leaves of a second colour, t, for the time in f(t, u); the scheme's time
    advances by h in every step, also where its limit is not 1. Raises UnsupportedError where there is no limit of
    first order.
    """
    if scheme.random_symbols:
        raise UnsupportedError(f"{scheme} has no ordinary modified equation: {RANDOM}")
    if isinstance(scheme, VariableMultistep):
        raise no_equation(scheme)
    grammar = grammar_of(scheme)
    if nonautonomous:
        if not grammar.plain:
            raise UnsupportedError(
                f"a field that depends on t is supported for schemes with one field, and {scheme} has more; add t' = 1 "
                "to the system"
            )
        grammar = NONAUTONOMOUS
    check_order(grammar, order)
    forest(grammar).grow(order, progress)
    if isinstance(scheme, LinearMultistep):
        return _multistep(reduced_multistep(scheme), grammar, order, progress)
    if isinstance(scheme, BY_WEIGHTS):
        return _one_step(scheme, grammar, order, progress)
    form = scheme.normal_form()
    if has_start(form, PLAIN if nonautonomous else grammar):
        plain = best_start(form, order).series
        return with_time(plain) if nonautonomous else plain
    return general_linear(form, grammar, order)


def _known_time(grammar: Grammar, value: Any) -> dict[int, Any]:
    """The tree t of time itself, which has b = 1: t' = 1."""
    return {1: value} if grammar == NONAUTONOMOUS else {}


def _multistep(scheme: LinearMultistep, grammar: Grammar, order: int, progress: Progress | None) -> TreeSeries:
    series = momentum_series(scheme.alpha, scheme.beta, order)
    g, weight, scale = series.lie_data()
    zero = series.s0 - series.s0
    right = [zero] * forest(grammar).offsets[order + 1]
    right[0] = series.s0
    known = _known_time(grammar, weight)
    numerators = lie_recursion(grammar, order, series.ring, right, g, known=known, progress=progress)
    return TreeSeries(grammar, order, series.ring, numerators, weight, scale)


def cleared_tableaux(
    scheme: Tabled,
) -> tuple[Ring, list[tuple[list[list[Any]], list[Any]]], Any]:
    """(ring, [(A, b) per field], common denominator); a single tableau is reduced."""
    tableaux = tableaux_of(scheme)
    flat = [entry for tableau in tableaux for row in (*tableau.A, tableau.b) for entry in row]
    ring, values, denominator = clear(flat)
    s = tableaux[0].stages
    rows = [values[s * i : s * (i + 1)] for i in range((s + 1) * len(tableaux))]
    blocks = [rows[(s + 1) * i : (s + 1) * (i + 1)] for i in range(len(tableaux))]
    if len(blocks) == 1:
        return ring, [reduced_stages(blocks[0][:-1], blocks[0][-1], ring.one - ring.one)], denominator
    return ring, [(block[:-1], block[-1]) for block in blocks], denominator


def weights_of(scheme: OneStep, grammar: Grammar, order: int) -> TreeSeries:
    """The elementary weights phi(t); in a non-autonomous table the child t of a stage weighs its node c_i."""
    if isinstance(scheme, Rosenbrock):
        return rosenbrock_weights(scheme, grammar, order)
    if isinstance(scheme, Exponential):
        return exponential_weights(scheme, grammar, order)
    ring, tableaux, denominator = cleared_tableaux(scheme)
    if grammar == NONAUTONOMOUS:
        tableaux = tableaux * 2
    phi = elementary_weights(grammar, order, ring, tableaux, ring.one)
    return TreeSeries(grammar, order, ring, phi, denominator, ring.one)


def _one_step(scheme: OneStep, grammar: Grammar, order: int, progress: Progress | None) -> TreeSeries:
    phi = weights_of(scheme, grammar, order)
    table, prime = forest(grammar), primorial(order)
    g = [None, *(prime ** (j - 1) // math.factorial(j) for j in range(1, order + 1))]
    right: list[Any] = []
    for n in range(1, order + 1):
        factor = prime ** (n - 1)
        right += [phi.numerators[t] * factor for t in table.ids(n)]
    known = _known_time(grammar, phi.weight)
    numerators = lie_recursion(grammar, order, phi.ring, right, g, known=known, progress=progress)
    return TreeSeries(grammar, order, phi.ring, numerators, phi.weight, phi.ring.one * prime)
