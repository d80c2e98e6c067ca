"""A user's concrete field and variables, checked and matched with the fields of an equation."""

import inspect
from collections.abc import Sequence
from typing import Any, Protocol

import sympy
from sympy import Expr, Integer, Symbol

from schemetools.errors import SchemeError
from schemetools.exact import expression
from schemetools.schemes.base import Scheme
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom


def _sequence(value: Any, what: str) -> tuple[Any, ...]:
    if isinstance(value, sympy.MatrixBase):
        return tuple(value)
    if isinstance(value, (Expr, int, float)):
        return (expression(value),)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(expression(entry) for entry in value)
    raise SchemeError(f"{what} is a {type(value).__name__}; give a sequence of sympy expressions")


def _variables(u: Any) -> tuple[Symbol, ...]:
    """The variables, flat; a partitioned system may give them as (p, q)."""
    if isinstance(u, Sequence) and u and all(isinstance(part, Sequence) and not isinstance(part, str) for part in u):
        return tuple(x for part in u for x in _variables(part))
    symbols = _sequence(u, "u")
    if len(set(symbols)) != len(symbols) or not all(x.is_Symbol for x in symbols):
        raise SchemeError(f"u = {u} came; give distinct symbols, one per component")
    return symbols


def _parts_of(u: Any, variables: tuple[Symbol, ...]) -> tuple[tuple[Symbol, ...], tuple[Symbol, ...]]:
    """The variables p and q of a partitioned system, given as (p, q) or as one list of two halves."""
    nested = isinstance(u, Sequence) and len(u) == 2
    half = len(_variables(u[0])) if nested else len(variables) // 2
    return variables[:half], variables[half:]


def _applied(f: Any, variables: tuple[Symbol, ...], t: Any) -> Any:
    """The expressions of a field given as a function, called with the variables one by one or with a tuple of them."""
    if not callable(f) or isinstance(f, (Expr, sympy.MatrixBase)):
        return f
    time = () if t is None else (t,)
    try:
        inspect.signature(f).bind(*time, *variables)
        arguments: tuple[Any, ...] = variables
    except TypeError:
        arguments = (variables,)
    except ValueError:  # a function written in C has no signature
        arguments = variables
    try:
        return f(*time, *arguments)
    except (TypeError, AttributeError) as error:
        raise SchemeError(
            f"the field cannot be applied to symbols ({error}); write it as a function of {len(variables)} variables, "
            "or of one tuple of them, with sympy's functions"
        ) from None


class Equation(Protocol):
    """What an equation must say of itself so that concrete fields can be matched with it."""

    @property
    def scheme(self) -> Scheme:
        """The scheme that it belongs to."""
        ...

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of its fields, in order."""
        ...

    @property
    def is_partitioned(self) -> bool:
        """Whether each field advances its own part of the state."""
        ...


def components(eq: Equation, f: Any, u: Any, t: Any = None) -> tuple[list[tuple[Expr, ...]], tuple[Symbol, ...]]:
    """(one field per label, in the full space; the variables): what a user gave for f and u, checked.

    A field is a sequence of expressions, or a function f(u) or f(t, u) of the variables, one by one or all in a tuple.
    A partitioned scheme takes f = (F, G) with F(q) for p' and G(p) for q', and u = (p, q); each field is filled up
    with zeros. A Nystrom method takes f(q), or f(q, p), alone, and u = (q, p).
    """
    # Three ways to write a field (expressions, f(u), f(t, u)) and three kinds of scheme (one field, several that add
    # up, a partition) end as one: a list of fields on the full space, F(q) being (F, 0). Differentials then need no
    # cases, since a tree of the colour F differentiates along zeros where F does not act. The price is the check that
    # no part of a partition depends on itself, which padded fields would let pass.
    variables = _variables(u)
    if isinstance(eq.scheme, RungeKuttaNystrom):
        return _second_order(eq.scheme, f, u, variables), variables
    count = len(eq.fields)
    if isinstance(f, dict) and set(f) == set(eq.fields):
        f = [f[label] for label in eq.fields]
    if count == 1:
        f = _applied(f, variables, t)
    elif isinstance(f, Sequence) and len(f) == count:
        own = _parts_of(u, variables) if eq.is_partitioned else (variables, variables)
        f = [_applied(part, own[1 - i] if eq.is_partitioned else variables, t) for i, part in enumerate(f)]
    if count == 1:
        fields = [_sequence(f, "f")]
    else:
        if not isinstance(f, Sequence) or len(f) != count:
            raise SchemeError(f"{eq.scheme} has the fields {', '.join(eq.fields)}; give f as a list of {count} fields")
        fields = [_sequence(part, f"f[{i}]") for i, part in enumerate(f)]
    if eq.is_partitioned:
        sizes = [len(field) for field in fields]
        if sum(sizes) == len(variables):
            zeros = [(Integer(0),) * size for size in sizes]
            fields = [sum((*zeros[:i], field, *zeros[i + 1 :]), ()) for i, field in enumerate(fields)]
            _check_partition(fields, variables, sizes)
    for field in fields:
        if len(field) != len(variables):
            raise SchemeError(
                f"f has {len(field)} components and u has {len(variables)} variables; they must be as many"
            )
    return fields, variables


def _second_order(scheme: RungeKuttaNystrom, f: Any, u: Any, variables: tuple[Symbol, ...]) -> list[tuple[Expr, ...]]:
    """(0, f) and (p, 0) on the space of (q, p)."""
    q, p = _parts_of(u, variables)
    own = q if scheme.A_prime is None else variables
    force = _sequence(_applied(f, own, None), "f")
    if len(q) != len(p) or len(force) != len(q):
        raise SchemeError(
            f"q has {len(q)} variables, p = q' {len(p)} and f {len(force)} components; they must be as many"
        )
    if scheme.A_prime is None and (found := set(p) & set().union(*(x.free_symbols for x in force))):
        names = ", ".join(sorted(map(str, found)))
        raise SchemeError(
            f"{scheme} is for q'' = f(q); here f depends on the velocity {names}: give a method with A_prime"
        )
    zeros = (Integer(0),) * len(q)
    return [(*zeros, *force), (*p, *zeros)]


def _check_partition(fields: Sequence[Sequence[Expr]], variables: Sequence[Symbol], sizes: Sequence[int]) -> None:
    start = 0
    for field, size in zip(fields, sizes, strict=True):
        own = set(variables[start : start + size])
        if found := own & set().union(*(component.free_symbols for component in field)):
            names = ", ".join(sorted(map(str, found)))
            raise SchemeError(f"a partitioned scheme has p' = F(q), q' = G(p); here a field depends on its own {names}")
        start += size
