"""Elementary differentials of concrete fields, and the modified vector field that they add up to.

One directional derivative per tree: the derivative of F(u) in the direction F(v) is the sum of F over all graftings
of v to a node of u, so that F(u o v) is that derivative less the graftings elsewhere, which have a smaller root degree.
"""

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import sympy
from sympy import Expr, Integer, Symbol

from ..errors import SchemeError
from ..schemes.base import Scheme
from .closure import Algebra, ExpressionAlgebra, algebra_for
from .forest import Forest, forest, symmetries
from .lie import TreeSeries

if TYPE_CHECKING:
    from .modified import ModifiedEquation


class Differentials:
    """F(t) of given fields, by id, each computed once and only where it is needed.

    With `inner` the root takes `fields` (an energy, say) and everything above it the fields of `inner`.
    """

    def __init__(
        self,
        table: Forest,
        algebra: Algebra | ExpressionAlgebra,
        fields: Sequence[Sequence[Expr]],
        *,
        inner: "Differentials | None" = None,
    ):
        self.table, self.algebra = table, algebra
        self._inner = self if inner is None else inner
        self._known: dict[int, list[Any]] = {
            colour: [algebra.convert(component) for component in f] for colour, f in enumerate(fields)
        }
        self._gradients: dict[int, list[list[Any]]] = {}

    def __getitem__(self, t: int) -> list[Any]:
        if t not in self._known:
            u, v = self.table.left[t], self.table.right[t]
            value = self._derivative(u, self._inner[v])
            for other, multiplicity in self.table.graftings_elsewhere(u, v):
                value = [x - y * multiplicity for x, y in zip(value, self[other], strict=True)]
            self._known[t] = value
        return self._known[t]

    def _derivative(self, u: int, direction: list[Any]) -> list[Any]:
        if u not in self._gradients:
            self._gradients[u] = [self.algebra.gradient(component) for component in self[u]]
        zero = self.algebra.zero
        return [
            sum((g * x for g, x in zip(row, direction, strict=True) if g and x), zero) for row in self._gradients[u]
        ]


def concrete_orders(
    series: TreeSeries, fields: Sequence[Sequence[Expr]], variables: Sequence[Symbol]
) -> list[list[Expr]]:
    """The field's coefficients of h^0, h^1, ..., each with one expression per component."""
    flat = [component for f in fields for component in f]
    algebra = algebra_for(flat, variables)
    table = forest(series.grammar)
    differentials = Differentials(table, algebra, fields)
    sigma = symmetries(series.grammar, series.order)
    result = []
    for n in range(1, series.order + 1):
        needed = [t for t in table.ids(n) if series.numerators[t]]
        coefficients = [series.value(t, n) / sigma[t] for t in needed]
        result.append(_combine(algebra, coefficients, [differentials[t] for t in needed], len(variables)))
    return result


def _combine(
    algebra: Algebra | ExpressionAlgebra, coefficients: list[Expr], vectors: list[list[Any]], dimension: int
) -> list[Expr]:
    if all(c.is_Rational for c in coefficients):
        factors = [algebra.rational(c) for c in coefficients]
        return [
            algebra.expression(sum((w * v[i] for w, v in zip(factors, vectors, strict=True)), algebra.zero))
            for i in range(dimension)
        ]
    if not all(c.is_number for c in coefficients):
        return [
            sympy.Add(*(c * algebra.expression(v[i]) for c, v in zip(coefficients, vectors, strict=True)))
            for i in range(dimension)
        ]
    parts = [sympy.expand(c).as_coefficients_dict() for c in coefficients]
    basis = sorted({term for part in parts for term in part}, key=sympy.default_sort_key)
    shares = {term: [part.get(term, Integer(0)) for part in parts] for term in basis}
    combined = {term: _combine(algebra, share, vectors, dimension) for term, share in shares.items()}
    return [sympy.Add(*(term * combined[term][i] for term in basis)) for i in range(dimension)]


def _sequence(value: Any, what: str) -> tuple[Any, ...]:
    if isinstance(value, sympy.MatrixBase):
        return tuple(value)
    if isinstance(value, (Expr, int, float)):
        return (sympy.sympify(value),)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(sympy.sympify(entry) for entry in value)
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
    with zeros.
    """
    variables = _variables(u)
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


def _check_partition(fields: Sequence[Sequence[Expr]], variables: Sequence[Symbol], sizes: Sequence[int]) -> None:
    start = 0
    for field, size in zip(fields, sizes, strict=True):
        own = set(variables[start : start + size])
        if found := own & set().union(*(component.free_symbols for component in field)):
            names = ", ".join(sorted(map(str, found)))
            raise SchemeError(f"a partitioned scheme has p' = F(q), q' = G(p); here a field depends on its own {names}")
        start += size


def concrete_field(eq: "ModifiedEquation", f: Any, u: Any, h: Any, t: Any = None) -> tuple[Expr, ...]:
    """The modified vector field for concrete f, as the sum over the powers of h."""
    orders = concrete_terms(eq, f, u, t)
    step = sympy.sympify(h)
    return tuple(sympy.Add(*(step**n * term[i] for n, term in enumerate(orders))) for i in range(len(orders[0])))


def concrete_terms(eq: "ModifiedEquation", f: Any, u: Any, t: Any = None) -> list[list[Expr]]:
    """The coefficients of h^0, h^1, ... of the modified vector field, each with one expression per component."""
    fields, variables = components(eq, f, u, t)
    if t is None:
        return concrete_orders(eq.series, fields, variables)
    time = sympy.sympify(t)
    if not time.is_Symbol or time in variables:
        raise SchemeError(f"t = {t} came; give a symbol that is none of the variables")
    series = eq.with_time().series
    zero, one = Integer(0), Integer(1)
    extended = [(*fields[0], zero), (*(zero for _ in variables), one)]
    return [row[:-1] for row in concrete_orders(series, extended, (*variables, time))]
