"""Rosenbrock and Rosenbrock-W methods: linearly implicit, one linear system with the Jacobian per stage."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import mpmath
from sympy import Add, Expr, Integer

from schemetools import exact as exact_arithmetic
from schemetools.errors import TableauError, UnsupportedError
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.intake import Intake, Number, Relations
from schemetools.schemes.kept import kept
from schemetools.schemes.latex import rosenbrock_array
from schemetools.schemes.nodes import one_each, refuse_error_weights, square, triangular
from schemetools.schemes.runge_kutta import RungeKutta

ONE_BY_ONE = "its stages are solved one after another"


@dataclass(frozen=True, repr=False)
class Rosenbrock(Scheme):
    """A Rosenbrock method, or with `w_method=True` a Rosenbrock-W method.

        U_i = u_n + sum_(j<i) A_ij h k_j,    (I - h Gamma_ii J) k_i = f(U_i) + h J sum_(j<i) Gamma_ij k_j,
        u_(n+1) = u_n + h sum_i b_i k_i

    J is f'(u_n). In a W-method it may be any matrix: the order conditions then hold for every J. For f(t, u) stage i is
    evaluated at t_n + c_i h, c_i the row sums of A, and h (sum_j Gamma_ij) f_t(t_n, u_n) is added to the right side.
    A is (s, s) strictly lower, Gamma (s, s) lower triangular, its diagonal entries may differ; b (s,), `b_hat` (s,) the
    weights of an embedded result; coefficients as in `RungeKutta`, `exact` and `digits` too.
    Raises TableauError for arrays of other shapes, for entries above these triangles, and for a b_hat that sums to 0.
    Source: Hairer, Wanner, Solving Ordinary Differential Equations II, section IV.7.

    >>> import schemetools as st
    >>> st.order(Rosenbrock([[0]], [["1/2"]], [1])), st.order(Rosenbrock([[0]], [["1/2"]], [1], w_method=True))
    (2, 1)
    """

    A: Matrix
    Gamma: Matrix
    b: Vector
    b_hat: Vector | None
    w_method: bool
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        A: Any,
        Gamma: Any,
        b: Any,
        *,
        b_hat: Any = None,
        w_method: bool = False,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        given = Intake(exact, digits)
        b = given.vector(b, "b")
        s = len(b)
        A, rows = square(given.rows(A, "A"), s), given.rows(Gamma, "Gamma")
        if len(rows) != s:
            raise TableauError(f"Gamma has {len(rows)} rows; {s} stages need {s}, each through its diagonal entry")
        Gamma = square(rows, s, "Gamma")
        embedded = None if b_hat is None else given.vector(b_hat, "b_hat")
        one_each(s, b_hat=embedded)
        refuse_error_weights(embedded, b)
        triangular(A, "A of a Rosenbrock method", ONE_BY_ONE)
        triangular(Gamma, "Gamma of a Rosenbrock method", ONE_BY_ONE, diagonal=True)
        if not isinstance(w_method, bool):
            raise TableauError(f"w_method is True (J may be any matrix) or False (J = f'(u)); {w_method!r} came")
        known = given.settle(_relations(A, Gamma, [w for w in (b, embedded) if w]))
        self._set(name, reference, known, A=A, Gamma=Gamma, b=b, b_hat=embedded, w_method=w_method)

    @property
    def stages(self) -> int:
        """The number of stages s, as written."""
        return len(self.b)

    @property
    def c(self) -> Vector:
        """The row sums of A: where f is evaluated, in units of h."""
        return tuple(exact_arithmetic.canonical(Add(*row)) for row in self.A)

    @property
    def time_weights(self) -> Vector:
        """The row sums of Gamma: what the stages weigh h f_t by."""
        return tuple(exact_arithmetic.canonical(Add(*row)) for row in self.Gamma)

    @property
    def is_explicit(self) -> bool:
        """Whether Gamma is 0, so that nothing is solved."""
        return not any(c != 0 for row in self.Gamma for c in row)

    @property
    @kept
    def linear(self) -> RungeKutta:
        """The Runge-Kutta method A + Gamma, b: what the method is where f is linear and J = f'."""
        rows = [
            [exact_arithmetic.canonical(a + g) for a, g in zip(left, right, strict=True)]
            for left, right in zip(self.A, self.Gamma, strict=True)
        ]
        return RungeKutta(rows, self.b, b_hat=self.b_hat, **self._labels())

    @kept
    def frame(self) -> GeneralLinear:
        """The form of the method for J = 0: its evaluations, results and times."""
        return RungeKutta(self.A, self.b, b_hat=self.b_hat, **self._labels()).normal_form()

    def normal_form(self) -> GeneralLinear:
        """There is none: the stages contain J beside f."""
        raise UnsupportedError(
            f"{self} is a Rosenbrock method: its stages solve linear systems with the Jacobian of f, so that it has no "
            "general linear form; order, modified_equation, stability, cost, solve, to_stepper and to_block take it"
        )

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        A, Gamma = (tuple(tuple(map(change, row)) for row in array) for array in (self.A, self.Gamma))
        b_hat = None if self.b_hat is None else tuple(map(change, self.b_hat))
        b = tuple(map(change, self.b))
        return type(self)(A, Gamma, b, b_hat=b_hat, w_method=self.w_method, **self._labels())

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        found = (self.A, self.Gamma, self.b)
        return found if self.b_hat is None else (*found, self.b_hat)

    def __repr__(self) -> str:
        kind = "stages, J may be any matrix" if self.w_method else "stages"
        return f"Rosenbrock({self.name or ''}{', ' if self.name else ''}{self.stages} {kind}{self._known()})"

    def _repr_latex_(self) -> str:
        return rosenbrock_array(self.A, self.Gamma, self.b, self.b_hat, exact=self.exact)


def from_transformed(gamma: Any, a: Any, C: Any, m: Any, *, m_hat: Any = None, **labels: Any) -> Rosenbrock:
    """A Rosenbrock method from the coefficients that programs use, in U = Gamma k, converted exactly.

        Gamma = (diag(1/gamma) - C)^-1,    A = a Gamma,    b = m Gamma

    gamma (s,) is the diagonal of Gamma, a and C (s, s) are strictly lower triangular, m and `m_hat` (s,).
    Source: Hairer, Wanner, Solving Ordinary Differential Equations II, section IV.7 (7.25).
    """
    given = Intake(labels.get("exact"))
    diagonal, weights = given.vector(gamma, "gamma"), given.vector(m, "m")
    s = len(weights)
    rows, below = square(given.rows(a, "a"), s), square(given.rows(C, "C"), s)
    Gamma = _inverse(diagonal, below)
    results = [weights] if m_hat is None else [weights, given.vector(m_hat, "m_hat")]
    b, *b_hat = (_product(row, Gamma) for row in results)
    A = [_product(row, Gamma) for row in rows]
    return Rosenbrock(A, Gamma, b, b_hat=b_hat[0] if b_hat else None, **labels)


def _inverse(gamma: Vector, C: Matrix) -> list[list[Expr]]:
    """(diag(1/gamma) - C)^-1, row by row: Gamma_ij = gamma_i (delta_ij + sum_k C_ik Gamma_kj)."""
    s, found = len(gamma), []
    for i in range(s):
        sums = [Add(*(C[i][k] * found[k][j] for k in range(i))) + int(i == j) for j in range(s)]
        found.append([exact_arithmetic.canonical(gamma[i] * x) for x in sums])
    return found


def _product(row: Sequence[Expr], Gamma: Sequence[Sequence[Expr]]) -> list[Expr]:
    columns = range(len(Gamma))
    return [exact_arithmetic.canonical(Add(*(x * Gamma[k][j] for k, x in enumerate(row)), Integer(0))) for j in columns]


def _relations(A: Matrix, Gamma: Matrix, weights: Sequence[Vector]) -> Relations:
    """sum b_i, b beta 1, b alpha^2: what vanishes or nearly does where digits are rounded."""

    def relations(number: Number) -> Iterator[list[Any]]:
        if any(x.free_symbols for row in (*A, *Gamma, *weights) for x in row):
            return
        alpha = [mpmath.fsum(map(number, row)) for row in A]
        beta = [x + mpmath.fsum(map(number, row)) for x, row in zip(alpha, Gamma, strict=True)]
        for given in weights:
            b = [number(x) for x in given]
            yield [*b, mpmath.mpf(-1)]
            yield [*(w * x for w, x in zip(b, beta, strict=True)), mpmath.mpf(-1) / 2]
            yield [*(w * x**2 for w, x in zip(b, alpha, strict=True)), mpmath.mpf(-1) / 3]

    return relations
