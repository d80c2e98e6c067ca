"""What every scheme is: frozen data, exact coefficients, one normal form."""

import dataclasses
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

import sympy
from sympy import Expr, Symbol

from .. import exact as exact_arithmetic
from ..errors import SchemeError, TableauError
from .naming import renamed

if TYPE_CHECKING:
    from .normal_form import GeneralLinear

Vector = tuple[Expr, ...]
Matrix = tuple[Vector, ...]


T = TypeVar("T")


def kept(method: Callable[[Any], T]) -> Callable[[Any], T]:
    """A method computed once per scheme, since a scheme never changes."""
    name = f"_{method.__name__}"

    @functools.wraps(method)
    def get(self: Any) -> T:
        if name not in self.__dict__:
            object.__setattr__(self, name, method(self))
        return self.__dict__[name]

    return get


class Scheme(ABC):
    """A numerical scheme, written down once: a frozen, hashable value.

    Two schemes are equal when their coefficients are; `name`, `reference` and `exact` do not count.
    `exact` is False when a coefficient is an approximation (learned, or published only as decimals).
    """

    name: str | None
    reference: str | None
    exact: bool

    def _set(self, name: str | None, reference: str | None, exact: bool, **arrays: Any) -> None:
        """Fill the frozen fields, once, at construction."""
        labels = {"name": _one_line(name, "name"), "reference": _one_line(reference, "reference"), "exact": exact}
        for key, value in {**arrays, **labels}.items():
            object.__setattr__(self, key, value)

    @abstractmethod
    def normal_form(self) -> "GeneralLinear":
        """The scheme as a general linear method (A, U, B, V)."""

    @property
    @abstractmethod
    def is_explicit(self) -> bool:
        """Whether a step evaluates f at known values only."""

    @abstractmethod
    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        """The scheme with `change` applied to every coefficient."""

    @abstractmethod
    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        """The coefficient arrays, in the order in which they are written."""

    @abstractmethod
    def _repr_latex_(self) -> str:
        """The scheme as people write it, for a notebook."""

    @property
    def coefficients(self) -> Vector:
        """Every coefficient, flat, in the order in which the arrays are written."""
        return tuple(_flatten(self._arrays()))

    @property
    @kept
    def random_symbols(self) -> frozenset[Expr]:
        """The random symbols (sympy.stats) among the coefficients, drawn anew in every step."""
        return frozenset(s for c in self.coefficients for s in c.free_symbols if is_random(s))  # type: ignore[misc]

    @property
    @kept
    def free_symbols(self) -> frozenset[Symbol]:
        """The free symbols among the coefficients and among the parameters of their distributions."""
        found = {s for c in self.coefficients for s in c.free_symbols if not is_random(s)}
        return frozenset(found | {p for s in self.random_symbols for p in _distribution(s).free_symbols})  # type: ignore[arg-type]

    def subs(self, values: Mapping[Any, Any]) -> Self:
        """The scheme with free symbols, named by text or symbol, replaced by coefficients.

        A float that is no short decimal is taken as its exact binary value, and the result is marked `exact=False`.
        Raises SchemeError for a symbol that the scheme does not have.

        >>> import schemetools as st
        >>> st.lm().subs({"k": "3/10"}) == st.lm(k=0.3)
        True
        """
        known = {s.name: s for s in self.free_symbols}
        replacement: dict[Symbol, Expr] = {}
        for key, value in values.items():
            name = key if isinstance(key, str) else getattr(key, "name", None)
            if name not in known:
                names = ", ".join(sorted(known)) or "none"
                raise SchemeError(f"{self} has no free symbol {key!r}; its free symbols: {names}")
            replacement[known[name]] = exact_arithmetic.coefficient(value, parameter=True)
        if not replacement:
            return self
        is_exact = self.exact and not any(map(exact_arithmetic.is_long_float, values.values()))
        changed = self._map(lambda c: exact_arithmetic.canonical(c.subs(replacement)))
        name = renamed(self.name, replacement, is_exact)
        return dataclasses.replace(changed, name=name, exact=is_exact)  # type: ignore[type-var]

    def __str__(self) -> str:
        return self.name or f"unnamed {type(self).__name__}"


def _one_line(value: Any, what: str) -> str | None:
    """A name or a reference: one line of text, or nothing."""
    if value is not None and (not isinstance(value, str) or not value.isprintable()):
        raise SchemeError(f"{what} must be one line of text; {value!r} came")
    return value


def is_random(symbol: Any) -> bool:
    """Whether a symbol of sympy is a random variable; told by its class's name, since sympy.stats is slow to import."""
    return type(symbol).__name__ == "RandomSymbol"


def _distribution(symbol: Expr) -> Expr:
    return symbol.pspace.distribution  # type: ignore[attr-defined]


def as_scheme(value: Any) -> Scheme:
    """The scheme that a value is or carries: a Scheme, or anything with a `.scheme` (a block, a trained layer, a
    family).

    Raises SchemeError for anything else.
    """
    if isinstance(value, Scheme):
        return value
    carried = getattr(value, "scheme", None)
    if isinstance(carried, Scheme):
        return carried
    hint = f"; st.get({value!r}) finds a catalog name" if isinstance(value, str) else ""
    raise SchemeError(
        f"a {type(value).__name__} is not a scheme: give a RungeKutta, a LinearMultistep or a catalog entry{hint}"
    )


def vector(values: Any, what: str) -> Vector:
    """A user's sequence as exact coefficients; errors name the entry."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TableauError(f"{what} must be a list of coefficients; a {type(values).__name__} came")
    return tuple(_entry(value, f"{what}[{i}]") for i, value in enumerate(values))


def matrix(values: Any, what: str, columns: int | None = None) -> Matrix:
    """A user's rows as exact coefficients, all of one length (`columns`, or that of the first row)."""
    if isinstance(values, sympy.MatrixBase):
        values = values.tolist()
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TableauError(f"{what} must be a list of rows; a {type(values).__name__} came")
    rows = tuple(vector(row, f"{what}[{i}]") for i, row in enumerate(values))
    width = columns if columns is not None else len(rows[0]) if rows else 0
    for i, row in enumerate(rows):
        if len(row) != width:
            raise TableauError(f"{what} is ragged: row {i} has {len(row)} entries, {width} were expected")
    return rows


def _entry(value: Any, where: str) -> Expr:
    try:
        return exact_arithmetic.coefficient(value)
    except SchemeError as error:
        raise type(error)(f"{where}: {error}") from None


def _flatten(values: Any) -> Iterator[Expr]:
    for value in values:
        if isinstance(value, tuple):
            yield from _flatten(value)
        else:
            yield value
