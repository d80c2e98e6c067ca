"""Methods of lines: stencils in space, a scheme in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sympy import Expr, Symbol

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, TableauError, UnsupportedError, came
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.catalog import stencils
from schemetools.schemes.discretisation import AXES, Discretisation, formula
from schemetools.schemes.grid_latex import lines_latex
from schemetools.schemes.grid_numbers import DT, STEPS, WIDTHS, Numbers, declared
from schemetools.schemes.stencil import Stencil

Terms = tuple[tuple[Expr, Stencil], ...]
LETTERS = {0: "q", 1: "nu", 2: "mu", 3: "r", 4: "s"}


class Term(NamedTuple):
    """One term of a field in numbers: weight * symbol(stencil), the weight a formula in the numbers of the scheme."""

    weight: Expr
    stencil: Stencil


@dataclass(frozen=True, repr=False)
class Operator(Discretisation):
    """The right-hand side of u_t = sum_i c_i S_i u: coefficients of the equation times stencils.

    `terms` maps coefficients, exact numbers or formulas in symbols such as "-c", to stencils or their names; pairs are
    taken too, for a coefficient that stands twice. `implicit` is a second such part, for implicit-explicit schemes.
    Raises TableauError for terms that do not fit together.

    >>> Operator({"-c": Stencil({-1: -1, 0: 1})})
    Operator(-c * Stencil({-1: -1, 0: 1}, derivative=1))
    """

    terms: Terms
    implicit: Terms
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)

    def __init__(
        self,
        terms: Any,
        implicit: Any = None,
        *,
        name: str | None = None,
        reference: str | None = None,
        exact: bool = True,
    ):
        first, second = _terms(terms, "an operator"), _terms(implicit or (), "the implicit part")
        if not first and not second:
            raise TableauError('an operator needs a term, such as Operator({"-c": st.stencils.upwind(1)})')
        sizes = sorted({s.dimension for _, s in first + second})
        if len(sizes) != 1:
            raise TableauError(
                f"the stencils have {' and '.join(map(str, sizes))} dimensions; place a stencil on a larger grid with "
                'stencil.along("y")'
            )
        is_exact = exact and all(s.exact for _, s in first + second)
        self._set(name, reference, is_exact, terms=first, implicit=second)

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """The number of dimensions of the grid."""
        return (self.terms or self.implicit)[0][1].dimension

    def __repr__(self) -> str:
        parts = [
            " + ".join(f"{exact_arithmetic.text(c)} * {s}" for c, s in part) for part in (self.terms, self.implicit)
        ]
        return f"Operator({parts[0]}{f'; implicit {parts[1]}' if self.implicit else ''})"

    def __format__(self, spec: str) -> str:
        return format(self.name or repr(self), spec)

    def __str__(self) -> str:
        return format(self)

    def _repr_latex_(self) -> str:
        return lines_latex([self.terms, self.implicit] if self.implicit else [self.terms])


@dataclass(frozen=True, repr=False)
class MethodOfLines(Discretisation):
    """A scheme in time on stencils in space; made by `method_of_lines`.

    `time` is the scheme, `operators` holds one Operator per field of it, `numbers` what nu, mu, ... stand for, and
    `terms` per field the sum z = sum_i weight_i symbol_i(E) in these numbers.

    >>> import schemetools as st
    >>> lines = st.method_of_lines(st.rk4, st.Operator({"-c": st.stencils.centred(1)}))
    >>> lines.dimension, lines.is_explicit
    (1, True)
    """

    time: Scheme
    operators: tuple[Operator, ...]
    numbers: Numbers
    terms: tuple[tuple[Term, ...], ...]
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(init=False)  # of `time`: answers kept for equal methods are judged by them

    def __post_init__(self) -> None:
        if not isinstance(self.time, Scheme):
            raise TableauError(f"{came(self.time)} came as time; time is a scheme, or its name in st.method_of_lines")
        object.__setattr__(self, "digits", self.time.digits)

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """The number of dimensions of the grid."""
        return self.operators[0].dimension

    @property
    def is_explicit(self) -> bool:
        """Whether a step solves no equations."""
        compact = any(s.is_compact for part in self.terms for _, s in part)
        return self.time.is_explicit and not compact

    def subs(self, values: Mapping[Any, Any]) -> "MethodOfLines":
        """The method with free symbols of the scheme in time replaced by coefficients."""
        known = {key: meaning for key, meaning in self.numbers if meaning is not None}
        return method_of_lines(self.time.subs(values), self.operators, known)

    def __format__(self, spec: str) -> str:
        return format(self.name or f"lines({self.time})", spec)

    def __repr__(self) -> str:
        said = ", ".join(f"{key} = {meaning}" if meaning is not None else key for key, meaning in self.numbers)
        return f"MethodOfLines({self.time}, {', '.join(map(repr, self.operators))}; numbers: {said})"

    def _repr_latex_(self) -> str:
        return lines_latex([op.terms for op in self.operators])


def method_of_lines(scheme: Any, operator: Any, numbers: Any = None, *, name: str | None = None) -> MethodOfLines:
    """The method of lines: `scheme` in time for u_t = `operator` u.

    A scheme with one field takes an Operator; one with several takes an Operator with an implicit part, a list of
    Operators in the order of its fields, or a mapping {field: Operator}. Numbers are the coefficients without their
    sign times dt/dx^k, named nu for first derivatives, mu for second, r for third, s for fourth and q for none, with
    _x, _y, _z on grids of several dimensions; `numbers` names them otherwise, as {"nu": "c*dt/dx"} or as a list of
    names. Symbols of the scheme and of the stencils are numbers that stand for themselves.
    Raises SchemeError where scheme, operator and numbers do not fit together.

    >>> import schemetools as st
    >>> st.method_of_lines(st.rk4, st.Operator({"-c": st.stencils.upwind(1, order=3)}))
    MethodOfLines(rk4, Operator(-c * upwind(1, order=3)); numbers: nu = c*dt/dx)
    """
    scheme = as_scheme(scheme)
    if scheme.random_symbols or scheme.normal_form().parts > 1 or getattr(scheme, "partitioned", False):
        raise UnsupportedError(f"{scheme} is random or partitioned; a method of lines takes a scheme of u' = f(u)")
    operators = _operators(scheme, operator)
    if len({op.dimension for op in operators}) != 1:
        raise TableauError("the operators of the fields stand on grids of different dimensions")
    used, terms = _numbered(operators, numbers)
    inside = (s.parameters for op in operators for _, s in op.terms)
    parameters = {s.name for s in scheme.free_symbols}.union(*inside)
    if clash := sorted(parameters & set(used)):
        raise TableauError(f"{clash[0]} names both a number and a parameter; give numbers={{...}} with another name")
    known = declared({**used, **dict.fromkeys(sorted(parameters))})
    is_exact = scheme.exact and all(op.exact for op in operators)
    return MethodOfLines(scheme, operators, known, terms, name=name, exact=is_exact)


def _terms(given: Any, what: str) -> Terms:
    pairs = list(given.items()) if isinstance(given, Mapping) else given
    if isinstance(pairs, (str, Stencil)) or not isinstance(pairs, Sequence):
        raise TableauError(f'{what} maps coefficients to stencils, such as {{"-c": stencil}}; {given!r} came')
    found = []
    for pair in pairs:
        if isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[1], str):
            pair = (pair[0], stencils.get(pair[1]))
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[1], Stencil):
            raise TableauError(f"{what} is made of pairs (coefficient, Stencil); {pair!r} came")
        value = formula(pair[0])
        if value == 0 or value.free_symbols & set(STEPS):
            raise TableauError(f"the coefficient {value} of a term must not vanish or contain dt or dx")
        found.append((value, pair[1]))
    return tuple(found)


def _operators(scheme: Scheme, given: Any) -> tuple[Operator, ...]:
    fields = scheme.fields if isinstance(scheme, AdditiveRungeKutta) else scheme.normal_form().fields
    n = len(fields)
    if isinstance(given, Mapping):
        if set(given) != set(fields):
            raise TableauError(
                f"operators came for {sorted(map(str, given))}; the fields of {scheme} are {list(fields)}"
            )
        given = [given[label] for label in fields]
    operators = (given,) if isinstance(given, Operator) else tuple(given) if isinstance(given, Sequence) else ()
    if len(operators) == 1 and isinstance(operators[0], Operator) and operators[0].implicit and n == 2:
        first = operators[0]
        if not first.terms:
            raise TableauError("the explicit part of the operator is empty; give one term at least")
        operators = (Operator(first.terms), Operator(first.implicit))
    if not operators or not all(isinstance(op, Operator) for op in operators):
        raise TableauError(f"the operator must be a st.Operator, or one per field of the scheme; {given!r} came")
    if len(operators) != n or any(op.implicit for op in operators):
        parts = len(operators) + sum(bool(op.implicit) for op in operators)
        raise TableauError(
            f"{scheme} has {n} field{'s' * (n > 1)} and the operator has {parts} part{'s' * (parts > 1)}; "
            "an implicit part needs a scheme with two fields, such as ars222, and every field needs one operator"
        )
    return operators


def _numbered(operators: Sequence[Operator], numbers: Any) -> tuple[dict[str, Any], tuple[tuple[Term, ...], ...]]:
    """The numbers of all terms, and the terms written in them."""
    wanted = None if numbers is None or not isinstance(numbers, Mapping) else dict(declared(numbers))
    names = list(numbers) if numbers is not None and wanted is None else None
    used: dict[str, Expr] = {} if wanted is None else {k: v for k, v in wanted.items() if v is not None}
    fields = []
    for op in operators:
        terms = []
        for coefficient, stencil in op.terms:
            value = coefficient * DT / _width(stencil) ** stencil.derivative
            match = next(((k, value / v) for k, v in used.items() if (value / v).is_Rational), None)
            if match is None:
                if wanted is not None:
                    raise TableauError(f"no number in numbers={{...}} stands for the term {coefficient} * {stencil}")
                negative = coefficient.could_extract_minus_sign()
                key = _name(stencil, used, names)
                used[key] = -value if negative else value
                match = key, -1 if negative else 1
            terms.append(Term(match[1] * Symbol(match[0]), stencil))
        fields.append(tuple(terms))
    if names:
        raise TableauError(f"numbers names {len(names)} more than the operator has terms: {', '.join(map(str, names))}")
    return used, tuple(fields)


def _width(stencil: Stencil) -> Expr:
    return WIDTHS[stencil.axes[0]] if len(stencil.axes) == 1 else WIDTHS[0]


def _name(stencil: Stencil, used: Mapping[str, Any], names: "list[Any] | None") -> str:
    if names is not None:
        if not names or not isinstance(names[0], str) or names[0] in used:
            raise SchemeError("numbers must give one new name for each term of the operator")
        return names.pop(0)
    base = LETTERS.get(stencil.derivative, f"n{stencil.derivative}")
    if stencil.dimension > 1 and len(stencil.axes) == 1:
        base += f"_{AXES[stencil.axes[0]]}"
    return next(key for key in (base, *(f"{base}{i}" for i in range(2, 99))) if key not in used)
