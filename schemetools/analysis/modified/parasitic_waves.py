"""Parasitic branches of difference schemes: other roots in time, and sawteeth in space, each with its own equation."""

import functools
import itertools
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer

from schemetools.analysis.modified.pde_terms import Index, expression, fraction, in_numbers
from schemetools.analysis.series.symbol_series import Levels, branch_log, levels_of
from schemetools.errors import UnsupportedError


@dataclass(frozen=True)
class Branch:
    """A wave u = zeta^n (-1)^(i, over the axes of the sawtooth) v with smooth v, and the equation of v.

    `root` is zeta; `sawtooth` is None, or one 0 or 1 per axis. `coefficients` maps derivatives to the factors of
    dt v_t = sum c_n dx^n v in the numbers; it is None where zeta lies outside of the field of the coefficients.
    """

    root: Expr
    sawtooth: tuple[int, ...] | None
    coefficients: dict[Index, Expr] | None

    def in_numbers(self) -> dict[Index, Expr] | None:
        """{multi-index: coefficient} of the equation of v."""
        return self.coefficients


@functools.lru_cache(maxsize=128)
def branches(scheme: Any, order: int) -> tuple[Branch, ...]:
    """Every smooth branch but the principal one, for roots that are simple and not 0."""
    found: list[Branch] = []
    for sawtooth in itertools.product((0, 1), repeat=scheme.dimension):
        axes = tuple(i for i, s in enumerate(sawtooth) if s)
        try:
            levels = levels_of(scheme, order, axes)
        except UnsupportedError:
            continue
        for top, bottom, value in _roots(levels):
            if not axes and value == 1:
                continue
            series = None if top is None else branch_log(levels, (top, bottom))
            if top is not None and series is None:
                continue
            found.append(Branch(value, sawtooth if axes else None, None if series is None else in_numbers(series)))
    return tuple(found)


def _roots(found: Levels) -> list[tuple[Any, Any, Expr]]:
    """(numerator, denominator, zeta) of the simple roots of sum_m a_m(0) T^m, factor by factor."""
    base, n = found.base, found.base.ngens
    first = min(found.levels)
    terms = {}
    for m, a in found.levels.items():
        for mono, c in a[0].items():
            if any(mono[n:]):
                return []
            terms[(m - first, *mono[:n])] = c
    if not terms:
        return []
    ring = base.clone(symbols=(sympy.Symbol("T_"), *base.symbols))
    polynomial = ring.from_dict(terms)
    result = []
    for factor, multiplicity in polynomial.factor_list()[1]:
        degree = factor.degree(ring.gens[0])
        if multiplicity > 1 or degree == 0:
            continue
        by_power = [base.zero] * (degree + 1)
        for mono, c in factor.items():
            by_power[mono[0]] += base.from_dict({mono[1:]: c})
        if degree == 1:
            if by_power[0]:
                result.append((-by_power[0], by_power[1], fraction(-by_power[0], by_power[1])))
        elif all(c.is_ground for c in by_power):
            T = sympy.Symbol("T_")
            poly = sympy.Poly(sum((expression(c) * T**i for i, c in enumerate(by_power)), Integer(0)), T)
            result += [(None, None, root) for root in poly.all_roots(radicals=degree == 2)]
    return result
