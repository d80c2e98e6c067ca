"""Constraints on trained coefficients as exact parametrisations: no step of an optimiser can leave the variety."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr, Symbol

from schemetools import exact
from schemetools.analysis.properties.conditions import order_conditions
from schemetools.analysis.properties.limits import limits
from schemetools.codegen.lower import lower
from schemetools.errors import SchemeError, UnsupportedError, came
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta

Bounds = dict[str, tuple[Expr, Expr]]

_ORDER = re.compile(r"\s*order\s*>=\s*(\d+)\s*")


def constrained(scheme: Scheme, conditions: Sequence[str]) -> tuple[Scheme, Bounds]:
    """The scheme restricted to conditions, in the symbols that remain free, and bounds on them.

    "consistent": the limit is u' = f. "order>=p": the conditions of order p hold relative to the scheme's own limit.
    "zero_stable": the second root of a two-step scheme stays inside the unit circle. Equations are solved one after
    another, each for a symbol that it contains linearly, so the scheme satisfies them identically in the others; where
    that fails, rows of a Runge-Kutta tableau are first written by their nodes, a_i1 = c_i - a_i2 - ... .
    Raises UnsupportedError where that is not possible, SchemeError for an unknown condition.

    >>> import schemetools as st
    >>> restricted, _ = constrained(st.get("two_stage"), ["consistent", "order>=2"])
    >>> sorted(map(str, restricted.free_symbols)), st.order(restricted)
    (['w2'], 2)
    """
    conditions = [conditions] if isinstance(conditions, str) else conditions
    if not isinstance(conditions, (list, tuple)):
        raise SchemeError(
            f"constrain is a list of conditions such as ['consistent', 'order>=2']; {came(conditions)} came"
        )
    bounds: Bounds = {}
    wanted = sorted(conditions, key=lambda c: c != "consistent")
    for condition in wanted:
        if condition == "zero_stable":
            continue
        scheme = _restricted(scheme, condition)
    if "zero_stable" in conditions:
        bounds = _zero_stable(scheme)
    return scheme, bounds


def _residuals(scheme: Scheme, condition: str) -> list[Expr]:
    """What has to vanish."""
    found = _ORDER.fullmatch(condition) if isinstance(condition, str) else None
    if condition == "consistent":
        values = [limit - 1 for limit in limits(scheme)]
    elif found:
        values = list(order_conditions(scheme, int(found[1])).values())
    else:
        raise SchemeError(f"the condition {condition!r} is unknown; write 'consistent', 'order>=2' or 'zero_stable'")
    return [v for v in map(exact.canonical, values) if v != 0]


def _restricted(scheme: Scheme, condition: str) -> Scheme:
    found = _eliminated(scheme, condition)
    if found is None and isinstance(scheme, RungeKutta):
        found = _eliminated(_by_nodes(scheme), condition)
    if found is None:
        shown = "; ".join(f"{exact.text(r)} = 0" for r in _residuals(scheme, condition))
        raise UnsupportedError(f"{condition} on {scheme} has no rational parametrisation by elimination: {shown}")
    return dataclasses.replace(found, reference=scheme.reference)  # type: ignore[type-var]


def _eliminated(scheme: Scheme, condition: str) -> Scheme | None:
    """The scheme with symbols eliminated until nothing is left to vanish; None if every order of elimination fails."""
    residuals = _residuals(scheme, condition)
    if not residuals:
        return scheme
    for symbol, value in _choices(residuals, scheme):
        try:
            changed = scheme.subs({symbol: value})
        except SchemeError:  # another coefficient becomes infinite there
            continue
        found = _eliminated(changed, condition)
        if found is not None:
            return found
    return None


def _by_nodes(scheme: RungeKutta) -> RungeKutta:
    """The first entry a_i1 of a row, where it is a symbol of its own, written as c_i less the rest of the row."""
    for i, row in enumerate(scheme.A):
        others = [c for c in scheme.coefficients if row[0] in c.free_symbols and c != row[0]]
        node = Symbol(f"c{i + 1}")
        if row[0].is_Symbol and any(row[1:]) and node not in scheme.free_symbols and others == [scheme.c[i]]:
            scheme = scheme.subs({row[0]: node - sympy.Add(*row[1:])})
    return scheme


def _choices(residuals: Sequence[Expr], scheme: Scheme) -> list[tuple[Symbol, Expr]]:
    """Symbols and values at which some residual vanishes: those that stand in few coefficients first."""
    choices: list[tuple[tuple[Any, ...], Symbol, Expr]] = []
    for residual in residuals:
        numerator = sympy.numer(sympy.together(residual))
        for symbol in numerator.free_symbols & scheme.free_symbols:
            polynomial = sympy.Poly(numerator, symbol)
            if polynomial.degree() == 1:
                slope, constant = polynomial.all_coeffs()
                uses = sum(symbol in c.free_symbols for c in scheme.coefficients)
                rank = (not slope.is_number, uses, sympy.count_ops(constant / slope), str(symbol))
                choices.append((rank, symbol, exact.canonical(sympy.cancel(-constant / slope))))  # type: ignore[arg-type]
    return [(symbol, value) for _, symbol, value in sorted(choices, key=lambda choice: choice[0])]


def _zero_stable(scheme: Scheme) -> Bounds:
    """Bounds that keep the root of rho / (z - 1) inside (-1, 1), for a root that is linear in one symbol."""
    if not lower(scheme).carries:
        return {}
    if not isinstance(scheme, LinearMultistep) or scheme.steps != 2:
        raise UnsupportedError(f"zero_stable is for two-step schemes, and {scheme} is none: give bounds")
    root = exact.canonical(scheme.alpha[0] / scheme.alpha[2])
    if root.is_number:
        if abs(root) < 1 or root == -1:  # type: ignore[operator]
            return {}
        raise SchemeError(f"{scheme} has the root {exact.text(root)} whatever its symbols: it is not zero-stable")
    symbols = list(root.free_symbols)
    if len(symbols) != 1 or not sympy.diff(root, symbols[0]).is_number:
        raise UnsupportedError(f"the root {exact.text(root)} is not linear in one symbol: give bounds, not zero_stable")
    [symbol] = symbols
    ends = sorted(sympy.solve(root - end, symbol)[0] for end in (-1, 1))
    return {str(symbol): (ends[0], ends[1])}
