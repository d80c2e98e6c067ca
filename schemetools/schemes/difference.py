"""Difference schemes: levels in time, offsets in space, and the numbers in which the coefficients are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, TableauError
from schemetools.schemes.discretisation import Discretisation, Offset, symbol_names, table
from schemetools.schemes.flux import FluxForm, linear_update
from schemetools.schemes.grid_latex import difference_latex
from schemetools.schemes.grid_numbers import WIDTHS, Numbers, declared, is_rate, scaling

Level = tuple[tuple[Offset, Any], ...]
LATEST = 32
ADVECTIVE = (1, -1, 0, 0)
"""The powers of dt, dx, dy, dz in c*dt/dx."""


@dataclass(frozen=True, repr=False)
class DifferenceScheme(Discretisation):
    """A linear difference scheme with constant coefficients on a grid of one to three dimensions.

        sum_m sum_j a_mj u_(i+j)^(n+m) = 0

    `levels` maps times m to {offset j: a_mj}; the newest level is the largest m. Coefficients are exact numbers and
    formulas in the declared `numbers`, each with what it stands for over dt, dx, dy, dz and coefficients of the
    equation: {"nu": "c*dt/dx"}, or None for a pure parameter. A system has square matrices as coefficients, and may
    have halves as offsets. `flux_form` says what the scheme is for u_t + F(u)_x = 0.
    Raises TableauError for levels that are no scheme: one level only, undeclared numbers, a constant that is not kept,
    an implicit operator that is singular on constants.
    Source: R. F. Warming, B. J. Hyett, J. Comput. Phys. 14 (1974), 159-179.

    >>> up = {1: {0: 1}, 0: {0: "nu - 1", -1: "-nu"}}
    >>> DifferenceScheme(up, numbers={"nu": "c*dt/dx"})
    DifferenceScheme(levels=2, numbers: nu = c*dt/dx)
    """

    levels: tuple[tuple[int, Level], ...]
    numbers: Numbers
    flux_form: FluxForm | None = None
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)

    def __init__(
        self,
        levels: Any,
        numbers: Any = None,
        *,
        flux_form: FluxForm | None = None,
        name: str | None = None,
        reference: str | None = None,
        exact: bool = True,
    ):
        if isinstance(levels, tuple):  # as dataclasses.replace hands them back
            levels = {time: dict(row) for time, row in levels}
        known = declared(dict(numbers) if isinstance(numbers, tuple) else numbers)
        rows = _levels(levels, {key for key, _ in known})
        self._set(name, reference, exact, levels=rows, numbers=known, flux_form=flux_form)
        _check(self)
        _check_widths(self)
        if flux_form is not None:
            _check_flux_form(self, flux_form)

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """The number of dimensions of the grid."""
        return len(self.levels[0][1][0][0])

    @property
    def components(self) -> int:
        """The number of unknowns at a point; more than 1 for a system."""
        first = self.levels[0][1][0][1]
        return len(first) if isinstance(first, tuple) else 1

    @property
    def is_explicit(self) -> bool:
        """Whether the newest level stands at one point."""
        return len(self.levels[-1][1]) == 1

    @property
    def coefficients(self) -> dict[tuple[Any, ...], Any]:
        """{(time, *offset): coefficient}: the Laurent polynomial L(T, E) of the scheme."""
        return {(m, *place): c for m, row in self.levels for place, c in row}

    def subs(self, values: Mapping[Any, Any]) -> "DifferenceScheme":
        """The scheme with numbers, named by text or symbol, replaced by coefficients.

        Raises SchemeError for a number that the scheme does not have.
        """
        names = {key for key, _ in self.numbers}
        given = {key.name if isinstance(key, Symbol) else key: v for key, v in values.items()}
        if unknown := [key for key in given if key not in names]:
            raise SchemeError(f"{self} has no number {unknown[0]!r}; its numbers: {', '.join(sorted(names)) or 'none'}")
        new = {Symbol(key): exact_arithmetic.coefficient(v, parameter=True) for key, v in given.items()}
        parameters = {s.name: None for v in new.values() for s in v.free_symbols}  # type: ignore[attr-defined]
        kept = {key: meaning for key, meaning in self.numbers if key not in given}
        is_exact = self.exact and not any(map(exact_arithmetic.is_long_float, values.values()))
        label = None if self.name is None else f"{self.name}[{', '.join(f'{s}={v}' for s, v in new.items())}]"
        levels = {m: {place: _replaced(c, new) for place, c in row} for m, row in self.levels}
        return DifferenceScheme(levels, {**parameters, **kept}, name=label, reference=self.reference, exact=is_exact)

    def __repr__(self) -> str:
        said = ", ".join(f"{key} = {meaning}" if meaning is not None else key for key, meaning in self.numbers)
        title = f"{self.name}, " if self.name else ""
        return f"DifferenceScheme({title}levels={len(self.levels)}, numbers: {said or 'none'})"

    def _repr_latex_(self) -> str:
        return difference_latex(self.levels)


def _replaced(value: Any, new: Mapping[Symbol, Expr]) -> Any:
    if isinstance(value, tuple):
        return tuple(tuple(_replaced(entry, new) for entry in row) for row in value)
    return exact_arithmetic.canonical(value.subs(new))


def _levels(levels: Any, names: set[str]) -> tuple[tuple[int, Level], ...]:
    if not isinstance(levels, Mapping) or len(levels) < 2:
        raise TableauError(
            "a difference scheme needs two or more time levels, such as {1: {0: 1}, 0: {-1: '-nu', 0: 'nu - 1'}}"
        )
    found: dict[int, Level] = {}
    for time, row in levels.items():
        if isinstance(time, bool) or not hasattr(time, "__index__") or abs(time.__index__()) > LATEST:
            raise TableauError(f"a time level is an integer up to {LATEST} in size; {time!r} came")
        if row := table(row, f"level {time}"):
            found[time.__index__()] = row
    undeclared = symbol_names(c for row in found.values() for _, c in row) - names
    if undeclared:
        first = sorted(undeclared)[0]
        raise TableauError(
            f'the coefficients contain {first}, which is not declared; give numbers={{"{first}": "c*dt/dx"}}, that is, '
            "what it stands for, or None for a pure parameter"
        )
    if len(found) < 2:
        raise TableauError("all coefficients stand at one time level; a scheme needs a new and an old one")
    shapes = {(len(place), len(c) if isinstance(c, tuple) else 0) for row in found.values() for place, c in row}
    if len(shapes) != 1:
        raise TableauError("the levels mix grids of different dimensions, or numbers with matrices of different sizes")
    return tuple(sorted(found.items()))


def level_sum(row: Level) -> Any:
    """The coefficients of a level summed, a sympy expression or matrix: what the level does to constants."""
    zero: Any = sympy.zeros(len(row[0][1])) if isinstance(row[0][1], tuple) else Integer(0)
    return sum((sympy.Matrix(c) if isinstance(c, tuple) else c for _, c in row), zero)


def _check(scheme: DifferenceScheme) -> None:
    """Constants are kept, up to reactions, and the implicit operator is not singular on them."""
    newest = level_sum(scheme.levels[-1][1])
    if exact_arithmetic.canonical(newest.det() if scheme.components > 1 else newest) == 0:
        raise TableauError(
            "the operator on the newest level is singular: its coefficients sum to 0, so that constants have no image"
        )
    rates = {Symbol(key): 0 for key, meaning in scheme.numbers if is_rate(meaning)}
    total: Any = sum((level_sum(row) for _, row in scheme.levels[1:]), level_sum(scheme.levels[0][1]))
    value = exact_arithmetic.canonical((total.det() if scheme.components > 1 else total).subs(rates))
    if value != 0:
        raise TableauError(
            f"the scheme is inconsistent: its coefficients sum to {exact_arithmetic.text(value)} and must sum to 0, so "
            "that constants are kept"
        )


def _check_widths(scheme: DifferenceScheme) -> None:
    for key, meaning in scheme.numbers:
        space = (0, 0, 0) if meaning is None else scaling(meaning).space
        if beyond := [str(w) for w, power in list(zip(WIDTHS, space, strict=True))[scheme.dimension :] if power]:
            raise TableauError(
                f"{key} stands for {meaning}, and the grid of the scheme has no axis of width {beyond[0]}; its widths: "
                f"{', '.join(map(str, WIDTHS[: scheme.dimension]))}"
            )


def _check_flux_form(scheme: DifferenceScheme, form: FluxForm) -> None:
    """For F(u) = c u, with c dt/dx the scheme's number, a flux form is the scheme itself."""
    rates = {Symbol(key): scaling(meaning) for key, meaning in scheme.numbers if meaning is not None}
    lams = [s / found.factor.as_coeff_Mul()[0] for s, found in rates.items() if (found.time, *found.space) == ADVECTIVE]
    (old, row), (new, newest) = scheme.levels[0], scheme.levels[-1]
    if len(scheme.levels) == 2 and new == old + 1 and len(newest) == 1 and scheme.dimension == scheme.components == 1:
        [((there,), divisor)] = newest
        own = {(sympy.sympify(place[0] - there),): exact_arithmetic.canonical(-c / divisor) for place, c in row}
        own = {place: c for place, c in own.items() if c != 0}
        candidates = lams or [Symbol(key) for key, _ in scheme.numbers] or [Integer(1)]
        if any(own == linear_update(form, lam) for lam in candidates):
            return
    raise TableauError(
        "the flux form is another scheme: for the flux F(u) = c u it must give the levels of the scheme itself, with "
        "c*dt/dx for lam; upwind, u_t + c u_x with nu = c*dt/dx, has FluxForm([({0: {0: 1}}, {0: {0: -1, -1: 1}})])"
    )
