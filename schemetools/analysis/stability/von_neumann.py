"""The exact von Neumann set of a difference scheme or a method of lines: `stability` of a discretisation."""

import functools
import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import sympy
from sympy import Expr

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.stability import decided_sets as sets
from schemetools.analysis.stability.amplification import amplification, amplification_formula
from schemetools.analysis.stability.membership import broadcast, holds, rational
from schemetools.analysis.stability.plane import Plane
from schemetools.errors import UnsupportedError
from schemetools.schemes.discretisation import Discretisation


@final
@dataclass(frozen=True)
class VonNeumannStability:
    """For which numbers no wave exp(i j theta) grows: all roots T of sum_m a_m(theta) T^m lie in the closed unit disc.

    Numbers for which the operator on the newest level is singular at some angle are excluded. Everything is decided in
    exact arithmetic, for all angles at once; what is not decided is None, and `necessary` then holds what is known.

    >>> import schemetools as st
    >>> known = st.stability("upwind")
    >>> known.condition, known.contains(nu=[0.5, 1.5])
    ((nu >= 0) & (nu <= 1), array([ True, False]))
    """

    scheme: Discretisation

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the numbers of the scheme."""
        return sets.symbol(self.scheme).names

    @property
    def condition(self) -> Verdict | None:
        """The stable set as a condition on the numbers, a bool where it has none; None where no closed form is known.

        None as well, at once, where a boundary curve of two numbers is of a degree that would take minutes (see `how`).
        Ends of degree above 6 are written "root of a polynomial of degree 47 near 1.43498".
        """
        return sets.closed(self.scheme)

    @property
    def strict(self) -> Verdict | None:
        """The part of the stable set on which powers stay bounded: no double root on the circle at any angle.

        Of a scheme for u_tt the double root 1 at theta = 0, the motion a + b t of the equation itself, does not count.
        Raises UnsupportedError for a system with double roots, which may or may not be harmless.
        """
        return sets.strict(self.scheme)

    @property
    def necessary(self) -> Verdict | None:
        """An exact condition that every stable scheme meets: the set itself, or that of axes, diagonals and corners."""
        found = self.condition
        return sets.necessary(self.scheme) if found is None else found

    @property
    def cells(self) -> Plane | None:
        """For two numbers in one dimension: boundary curves, and strips across the first number; else None."""
        return sets.cells(self.scheme)

    @property
    def is_decided(self) -> bool:
        """Whether `contains` answers for all numbers."""
        return self.condition is not None or sets.symbol(self.scheme).is_pointwise

    def contains(self, **numbers: Any) -> Any:
        """Whether given numbers are stable: a bool, or an array of them for arrays.

        Up to a hundred points of a scheme with two numbers in one dimension are decided one by one, in a millisecond
        each, whatever `condition` would take. Raises UnsupportedError for a scheme whose set is not decided in three
        dimensions, or in two with irrational coefficients.
        """
        arrays, shape = broadcast(numbers, self.numbers)
        if sets.is_for_points(self.scheme, math.prod(shape)):
            points = [tuple(map(rational, p)) for p in zip(*(arrays[name] for name in self.numbers), strict=True)]
            found = np.array(sets.contain_points(self.scheme, points), dtype=bool)
        else:
            found = holds(sets.closed(self.scheme), arrays)
        return bool(found[0]) if shape == () else found.reshape(shape)

    def amplification(self, theta: Any, /, **numbers: Any) -> Any:
        """The amplification factors of the waves exp(i j theta), principal one first.

        `theta` is an array of any shape, in several dimensions one per axis. A scheme of two levels gives an array of
        that shape, one of more levels an array with the k roots along a further last axis. A sympy expression theta
        gives the formula, for two levels.
        """
        if isinstance(theta, Expr) and not theta.is_number:
            return amplification_formula(sets.symbol(self.scheme), theta, numbers)
        return amplification(sets.symbol(self.scheme), theta, numbers)

    def how(self, name: str = "condition") -> str:
        """In words how an answer was found, and what it means where it is None."""
        return sets.explanation(self.scheme, name)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        found = self.condition
        if found is None:
            first = f"{self.scheme}: no closed form; {self.how()}"
            known = self.necessary
            return [first] if known is None else [first, f"necessary      {_said(known)}"]
        lines = [f"{self.scheme}: stable for {_said(found)}"]
        try:
            bounded = self.strict
        except UnsupportedError as error:
            return [*lines, f"power-bounded  not decided: {error}"]
        said = "not decided" if bounded is None else "the same" if bounded == found else _said(bounded)
        return [*lines, f"power-bounded  {said}"]

    def latex(self) -> str:
        """The stable set in LaTeX."""
        found = self.condition
        return r"\text{not decided}" if found is None else sympy.latex(sympy.sympify(found))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    __repr__ = __str__


def _said(verdict: Verdict) -> str:
    if isinstance(verdict, bool):
        return "all numbers" if verdict else "no numbers"
    return str(verdict)


@functools.lru_cache(maxsize=256)
def von_neumann(scheme: Discretisation) -> VonNeumannStability:
    """The stability of a discretisation; what is wrong with it is said now, not at the first question."""
    sets.symbol(scheme)
    return VonNeumannStability(scheme)
