"""Runge-Kutta methods, by Butcher's tableau."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Expr, Integer

from schemetools.errors import TableauError
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.intake import Intake, tableau_relations
from schemetools.schemes.kept import kept
from schemetools.schemes.latex import butcher
from schemetools.schemes.nodes import checked_nodes, one_each, refuse_error_weights, square
from schemetools.schemes.registers import STORAGE, two_n


@dataclass(frozen=True, repr=False)
class RungeKutta(Scheme):
    """A Runge-Kutta method.

        Y_i = u_n + h sum_j A_ij f(Y_j),        u_(n+1) = u_n + h sum_i b_i f(Y_i)

    A is (s, s), b (s,), c (s,), coefficients as in `exact.measure`: text, integers, fractions, floats, arrays. Rows of
    A may leave out the zeros from the diagonal on, and A its first row where that is empty. `b_hat` (s,) holds the
    weights of an embedded result, not the error weights b - b_hat. c is the row sums of A, where it is left out; given,
    it must equal them to the digits given, unless `c_is_declared=True` says that it is another c on purpose.

    `exact=None`: rounded where the digits say so (a float or decimal of more than 12 digits; long fractions and shorter
    decimals where a condition is missed by less than 1e-9), exact else; `exact=False` declares coefficients
    approximate, to `digits` decimals, and `exact=True` exact.
    `storage="2N"`: programs keep two registers (Williamson), for a tableau that has this form, as those of
    `low_storage("2N")` have.
    Raises TableauError for a malformed tableau and for a b_hat that sums to 0, CoefficientError for an entry that is no
    coefficient.
    Source: J. C. Butcher, Numerical Methods for Ordinary Differential Equations, section 23.

    >>> RungeKutta([[0, 0], ["1/2", 0]], [0, 1]).c
    (0, 1/2)
    >>> RungeKutta([[2 / 3]], [0.25, 0.75])
    RungeKutta(stages=2, known to 16 decimals)
    """

    A: Matrix
    b: Vector
    c: Vector
    b_hat: Vector | None
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)
    c_is_declared: bool = field(default=False, compare=False)
    storage: str | None = field(default=None, compare=False)

    def __init__(
        self,
        A: Any,
        b: Any,
        c: Any = None,
        *,
        b_hat: Any = None,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
        c_is_declared: bool = False,
        storage: str | None = None,
    ):
        given = Intake(exact, digits, imaginary=True)
        b = given.vector(b, "b")
        s = len(b)
        A = square(given.rows(A, "A"), s)
        embedded = None if b_hat is None else given.vector(b_hat, "b_hat")
        nodes = None if c is None else Intake(None, imaginary=True).measured(c, "c")
        one_each(s, b_hat=embedded, c=nodes)
        refuse_error_weights(embedded, b)
        told = [None if m.decimals else m.value for m in nodes] if nodes and not c_is_declared else [None] * s
        known = given.settle(tableau_relations(A, [w for w in (b, embedded) if w], told))
        c = checked_nodes(A, nodes, known, declared=c_is_declared)
        self._set(
            name, reference, known, A=A, b=b, c=c, b_hat=embedded,
            c_is_declared=bool(c_is_declared), storage=_checked(storage, A, b, embedded, exact=known[0]),
        )  # fmt: skip

    @classmethod
    def of_exact(cls, A: Matrix, b: Vector, c: Vector) -> Self:
        """A tableau of our own making: exact numbers in canonical form, c known to be the row sums.

        Nothing is checked: adding up rows of fractions of 100,000 digits takes longer than making them.
        """
        made = object.__new__(cls)
        made._set(None, None, (True, None), A=A, b=b, c=c, b_hat=None, c_is_declared=False, storage=None)
        return made

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
        return GeneralLinear(self.A, (one,) * self.stages, rows, (one,) * len(rows), **self._labels())

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        A = tuple(tuple(map(change, row)) for row in self.A)
        b_hat = None if self.b_hat is None else tuple(map(change, self.b_hat))
        b, c = tuple(map(change, self.b)), tuple(map(change, self.c))
        keeps = self.storage is not None and two_n(A, b, exact=self.exact) is not None
        more = {"storage": self.storage} if keeps else {}
        return type(self)(A, b, c, b_hat=b_hat, c_is_declared=self.c_is_declared, **more, **self._labels())

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return (self.A, self.b, self.c) if self.b_hat is None else (self.A, self.b, self.c, self.b_hat)

    def __repr__(self) -> str:
        return f"RungeKutta({self.name or ''}{', ' if self.name else ''}stages={self.stages}{self._known()})"

    def _repr_latex_(self) -> str:
        return butcher(self.A, self.b, self.c, self.b_hat, exact=self.exact)


def _checked(storage: Any, A: Matrix, b: Vector, b_hat: Vector | None, *, exact: bool) -> str | None:
    """The storage of programs; TableauError where the tableau has no such form."""
    if storage is None:
        return None
    if storage not in STORAGE:
        raise TableauError(
            f"storage is {' or '.join(map(repr, STORAGE))}, or None for a register per stage; {storage!r} came"
        )
    if b_hat is not None:
        raise TableauError("a program of two registers has no room for an embedded result; leave b_hat out")
    if two_n(A, b, exact=exact) is None:
        raise TableauError("this tableau has no 2N form d = A_i d + h f(u), u = u + B_i d; leave storage out")
    return storage
