"""Which points lie in an exact set: in floating point where that is certain, exactly where it is not."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy
from sympy import QQ, And, Expr, Or, Rational
from sympy.core.relational import Relational

from schemetools import exact
from schemetools.analysis.algebra.root_number import PolynomialRoot
from schemetools.errors import SchemeError

CERTAIN = 1e-9


def rational(value: Any) -> Any:
    """A number of a user as an exact rational; a float is the decimal it prints as, or its exact binary value."""
    found = exact.coefficient(value, parameter=True)
    if not found.is_Rational:
        raise SchemeError(f"{value!r} is no rational number; contains takes numbers and arrays of numbers")
    return QQ(int(found.p), int(found.q))  # type: ignore[attr-defined]


def broadcast(values: Mapping[str, Any], names: Sequence[str]) -> tuple[dict[str, np.ndarray], tuple[int, ...]]:
    """The values of all numbers as flat arrays of one shape. Raises SchemeError for missing and unknown names."""
    unknown, missing = sorted(set(values) - set(names)), [n for n in names if n not in values]
    if unknown or missing:
        wrong = f"{unknown[0]!r} is none of them" if unknown else f"{missing[0]} has no value"
        raise SchemeError(f"the scheme's numbers are {', '.join(names) or 'none'}; {wrong}")
    arrays = [np.asarray(values[n], dtype=object) for n in names]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    flat = {n: np.broadcast_to(a, shape).ravel() for n, a in zip(names, arrays, strict=True)}
    return {n: _with_numbers(a) for n, a in flat.items()}, shape


def _with_numbers(values: np.ndarray) -> np.ndarray:
    """The values with texts such as "1/3" read."""
    if not any(isinstance(v, str) for v in values):
        return values
    read = [_expr(rational(v)) if isinstance(v, str) else v for v in values]
    return np.array([*read, None], dtype=object)[:-1]


def holds(condition: Any, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The truth of a condition at points."""
    size = next((len(a) for a in arrays.values()), 1)
    if isinstance(condition, (bool, np.bool_)) or condition in (sympy.true, sympy.false):
        return np.full(size, bool(condition))
    if isinstance(condition, (And, Or)):
        parts = [holds(arg, arrays) for arg in condition.args]
        return (np.logical_and if isinstance(condition, And) else np.logical_or).reduce(parts)
    return _relation(condition, arrays)


def _relation(relation: Relational, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    gap: Expr = relation.lhs - relation.rhs
    symbols = sorted(relation.free_symbols, key=str)
    numbers = {r: sympy.Float(r.evalf(20)) for r in gap.atoms(sympy.CRootOf, PolynomialRoot)}
    rough = gap.xreplace(numbers)
    columns = [np.asarray([float(v) for v in arrays[str(s)]]) for s in symbols]
    terms = [_evaluated(t, dict(zip(symbols, columns, strict=True))) for t in rough.as_ordered_terms()]
    value, size = sum(terms), sum(map(np.abs, terms))
    holds_above = isinstance(relation, (sympy.Ge, sympy.Gt, sympy.Ne))
    holds_below = isinstance(relation, (sympy.Le, sympy.Lt, sympy.Ne))
    result = np.where(value > 0, holds_above, holds_below)
    for i in np.flatnonzero(~(np.abs(value) > CERTAIN * size)):
        point = {s: _expr(rational(arrays[str(s)][i])) for s in symbols}
        result[i] = relation.subs(point) == sympy.true
    return result


def _expr(value: Any) -> Rational:
    return Rational(int(value.numerator), int(value.denominator))


def _evaluated(value: Expr, columns: Mapping[Any, np.ndarray]) -> np.ndarray:
    """A formula in floating point."""
    if value in columns:
        return columns[value]
    if value.is_number:
        return np.full_like(next(iter(columns.values())), float(value))
    parts = [_evaluated(arg, columns) for arg in value.args]  # type: ignore[arg-type]
    if isinstance(value, sympy.Abs):
        return np.abs(parts[0])
    if value.is_Pow:
        return parts[0] ** parts[1]
    return functools.reduce(np.add if value.is_Add else np.multiply, parts)
