"""Difference operators as {offset: coefficient}: sums, multiples and products, out of which schemes are written."""

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Rational, Symbol

Shift = dict[tuple[Any, ...], Expr]
NU, MU, R = Symbol("nu"), Symbol("mu"), Symbol("r")
NU_X, NU_Y, NU_Z, MU_X, MU_Y, MU_Z = (Symbol(f"{a}_{b}") for a in ("nu", "mu") for b in "xyz")
ADVECTION = {"nu": "c*dt/dx"}
HEAT = {"mu": "D*dt/dx^2"}
BOTH = {**ADVECTION, **HEAT}
ADVECTION_2D = {"nu_x": "a*dt/dx", "nu_y": "b*dt/dy"}
HEAT_2D = {"mu_x": "D*dt/dx^2", "mu_y": "D*dt/dy^2"}
HALF = Rational(1, 2)


def shift(values: Mapping[Any, Any], axis: int = 0, dimension: int = 1) -> Shift:
    """{steps along one axis: coefficient} as an operator."""
    return {tuple(j if i == axis else 0 for i in range(dimension)): sympy.sympify(c) for j, c in values.items()}


def add(*parts: Shift) -> Shift:
    """The sum of operators."""
    total: dict[Any, Any] = {}
    for part in parts:
        for place, c in part.items():
            total[place] = sympy.expand(total.get(place, 0) + c)
    return {place: c for place, c in total.items() if c != 0}


def times(factor: Any, part: Shift) -> Shift:
    """A multiple of an operator."""
    return {place: sympy.expand(factor * c) for place, c in part.items()}


def after(left: Shift, right: Shift) -> Shift:
    """The product of two operators."""
    return add(
        *({tuple(a + b for a, b in zip(p, q, strict=True)): c * d} for p, c in left.items() for q, d in right.items())
    )


def one(dimension: int = 1) -> Shift:
    """The identity."""
    return shift({0: 1}, 0, dimension)


def mean(axis: int = 0, dimension: int = 1) -> Shift:
    """(E + E^-1)/2."""
    return shift({-1: HALF, 1: HALF}, axis, dimension)


def central(axis: int = 0, dimension: int = 1) -> Shift:
    """(E - E^-1)/2."""
    return shift({-1: -HALF, 1: HALF}, axis, dimension)


def second(axis: int = 0, dimension: int = 1) -> Shift:
    """E - 2 + E^-1."""
    return shift({-1: 1, 0: -2, 1: 1}, axis, dimension)


def back(axis: int = 0, dimension: int = 1) -> Shift:
    """1 - E^-1."""
    return shift({-1: -1, 0: 1}, axis, dimension)


def half(axis: int = 0, dimension: int = 1) -> Shift:
    """E^(1/2) - E^(-1/2)."""
    return shift({-HALF: -1, HALF: 1}, axis, dimension)


def matrix(rows: Any) -> dict[Any, Any]:
    """A square array of operators as {offset: matrix}."""
    places = sorted({place for row in rows for cell in row for place in cell}, key=str)
    return {place: [[cell.get(place, 0) for cell in row] for row in rows] for place in places}
