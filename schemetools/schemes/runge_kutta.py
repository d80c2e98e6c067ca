"""Runge-Kutta methods, by Butcher's tableau."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Add, Expr, Integer

from schemetools import exact as exact_arithmetic
from schemetools.errors import TableauError
from schemetools.schemes.arrays import Matrix, Vector, matrix, vector
from schemetools.schemes.base import GeneralLinear, Scheme, kept
from schemetools.schemes.latex import butcher


@dataclass(frozen=True, repr=False)
class RungeKutta(Scheme):
    """A Runge-Kutta method.

        Y_i = u_n + h sum_j A_ij f(Y_j),        u_(n+1) = u_n + h sum_i b_i f(Y_i)

    A is (s, s), b (s,), c (s,), coefficients as in `exact.coefficient`. c is the row sums of A, where it is left out;
    given, it must equal them. `b_hat` (s,) holds the weights of an embedded result.
    Raises TableauError for a malformed tableau, and CoefficientError for an entry that is no coefficient.
    Source: J. C. Butcher, Numerical Methods for Ordinary Differential Equations, section 23.

    >>> RungeKutta([[0, 0], ["1/2", 0]], [0, 1]).c
    (0, 1/2)
    """

    A: Matrix
    b: Vector
    c: Vector
    b_hat: Vector | None
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)

    def __init__(
        self,
        A: Any,
        b: Any,
        c: Any = None,
        *,
        b_hat: Any = None,
        name: str | None = None,
        reference: str | None = None,
        exact: bool = True,
    ):
        b = vector(b, "b")
        s = len(b)
        A = matrix(A, "A")
        if s == 0 or len(A) != s or any(len(row) != s for row in A):
            shape = f"{len(A)} rows of length {', '.join(map(str, sorted({len(row) for row in A})))}"
            raise TableauError(f"A has {shape} and b has {s} weights; a tableau of s stages has A (s, s) and b (s,)")
        sums = tuple(exact_arithmetic.canonical(Add(*row)) for row in A)
        nodes = sums if c is None else vector(c, "c")
        if b_hat is not None:
            b_hat = vector(b_hat, "b_hat")
        for what, values in (("c", nodes), ("b_hat", b_hat)):
            if values is not None and len(values) != s:
                raise TableauError(f"{what} has {len(values)} entries; {s} stages need {s}")
        if exact:
            _check_row_sums(A, sums, nodes)
        self._set(name, reference, exact, A=A, b=b, c=nodes, b_hat=b_hat)

    @property
    def stages(self) -> int:
        """The number of stages s, as written."""
        return len(self.b)

    @property
    def is_explicit(self) -> bool:
        """Whether the stages can be evaluated one after another."""
        return self.normal_form().is_explicit

    @kept
    def normal_form(self) -> GeneralLinear:
        """The general linear form: U = 1, V = 1, B = b, with b_hat as one more row."""
        one = (Integer(1),)
        rows = (self.b,) if self.b_hat is None else (self.b, self.b_hat)
        labels = dict(name=self.name, reference=self.reference, exact=self.exact)
        return GeneralLinear(self.A, (one,) * self.stages, rows, (one,) * len(rows), **labels)  # type: ignore[arg-type]

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        A = tuple(tuple(map(change, row)) for row in self.A)
        b_hat = None if self.b_hat is None else tuple(map(change, self.b_hat))
        b, c = tuple(map(change, self.b)), tuple(map(change, self.c))
        return type(self)(A, b, c, b_hat=b_hat, name=self.name, reference=self.reference, exact=self.exact)

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return (self.A, self.b, self.c) if self.b_hat is None else (self.A, self.b, self.c, self.b_hat)

    def __repr__(self) -> str:
        return f"RungeKutta({self.name or ''}{', ' if self.name else ''}stages={self.stages})"

    def _repr_latex_(self) -> str:
        return butcher(self.A, self.b, self.c, self.b_hat, exact=self.exact)


def _check_row_sums(A: Matrix, sums: Vector, nodes: Vector) -> None:
    for i, (total, node) in enumerate(zip(sums, nodes, strict=True)):
        if total != node and exact_arithmetic.canonical(total - node) != 0:
            raise TableauError(
                f"row {i} of A sums to {exact_arithmetic.text(total)} but c[{i}] is {exact_arithmetic.text(node)}; "
                "correct one of them, or leave c out"
            )
