"""Runge-Kutta-Nystrom methods for q'' = f(q), and for q'' = f(q, q')."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Add, Expr, Integer

from schemetools import exact as exact_arithmetic
from schemetools.errors import TableauError, UnsupportedError
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme, labelled
from schemetools.schemes.intake import NEAR, Intake, no_relations
from schemetools.schemes.kept import kept
from schemetools.schemes.latex import nystrom_tableau
from schemetools.schemes.nodes import checked_nodes, one_each, refuse_error_weights, square
from schemetools.schemes.runge_kutta import RungeKutta

ZERO, ONE = Integer(0), Integer(1)
FIELDS = ("f", "p")


@dataclass(frozen=True, repr=False)
class RungeKuttaNystrom(Scheme):
    """A Runge-Kutta-Nystrom method for q'' = f(q); p = q'.

        Q_i = q + c_i h p + h^2 sum_j A_ij f(Q_j)
        q_1 = q + h p + h^2 sum_i b_i f(Q_i),        p_1 = p + h sum_i b'_i f(Q_i)

    With `A_prime` it is one for q'' = f(q, p): f is taken at (Q_i, P_i), P_i = p + h sum_j A'_ij f_j. A and A_prime
    are (s, s), b, b_prime and c (s,), coefficients and rows as in `RungeKutta`; the row sums of A_prime are c. `b_hat`
    and `b_prime_hat` are the weights of an embedded result, given together. `exact` and `digits` are as in
    `RungeKutta`. Raises TableauError for a malformed tableau and for embedded weights that sum to 0.
    Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, section II.14.

    >>> RungeKuttaNystrom([[], ["1/2"]], ["1/2", 0], ["1/2", "1/2"], [0, 1])
    RungeKuttaNystrom(stages=2)
    """

    A: Matrix
    b: Vector
    b_prime: Vector
    c: Vector
    A_prime: Matrix | None = None
    b_hat: Vector | None = None
    b_prime_hat: Vector | None = None
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        A: Any,
        b: Any,
        b_prime: Any,
        c: Any,
        *,
        A_prime: Any = None,
        b_hat: Any = None,
        b_prime_hat: Any = None,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        given = Intake(exact, digits)
        b = given.vector(b, "b")
        s = len(b)
        A = square(given.rows(A, "A"), s)
        slopes = None if A_prime is None else square(given.rows(A_prime, "A_prime"), s)
        nodes = given.measured(c, "c")
        others = {"b_prime": b_prime, "b_hat": b_hat, "b_prime_hat": b_prime_hat}
        weights = {key: None if w is None else given.vector(w, key) for key, w in others.items()}
        one_each(s, **weights, c=nodes)
        if (b_hat is None) != (b_prime_hat is None):
            raise TableauError("an embedded result has both b_hat, for q, and b_prime_hat, for q'; one of them came")
        refuse_error_weights(weights["b_hat"], b)
        refuse_error_weights(weights["b_prime_hat"], weights["b_prime"] or b, "b_prime_hat")
        known = given.settle(no_relations)
        times = (
            tuple(m.value for m in nodes)
            if slopes is None
            else checked_nodes(slopes, nodes, known, declared=None, what="A_prime")
        )
        self._set(name, reference, known, A=A, b=b, c=times, A_prime=slopes, **weights)

    @property
    def stages(self) -> int:
        """The number of stages s, as written."""
        return len(self.b)

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the fields of q' = p, p' = f: f for p' and p for q'."""
        return FIELDS

    @property
    @kept
    def is_explicit(self) -> bool:
        """Whether the stages can be evaluated one after another."""
        one = (ONE,)
        reached = self.A if self.A_prime is None else _either(self.A, self.A_prime)
        return GeneralLinear(reached, (one,) * self.stages, (self.b,), (one,)).is_explicit

    @kept
    def tableaux(self) -> tuple[RungeKutta, RungeKutta]:
        """The tableaux of f and of p in u' = (0, f(u)) + (p, 0), u = (q, p), that take the same step.

        Stages: p itself, the (Q_i, P_i), the p + h sum_j A_ij f_j, and p + h sum_i b_i f_i, which advances q.
        """
        s, slopes = self.stages, self.A_prime or ((ZERO,) * self.stages,) * self.stages
        n = 2 * s + 2

        def placed(values: Sequence[Expr], start: int) -> list[Expr]:
            return [ZERO] * start + list(values) + [ZERO] * (n - start - len(values))

        none = [ZERO] * n
        of_f = [none, *(placed(row, 1) for row in (*slopes, *self.A, self.b))]
        of_p = [none, *([c - 1, *placed([ONE], s + i)[: n - 1]] for i, c in enumerate(self.c)), *[none] * (s + 1)]
        last = placed([ONE], n - 1)
        return tuple(
            RungeKutta(
                [[exact_arithmetic.canonical(x) for x in row] for row in A], b, exact=self.exact, digits=self.digits
            )
            for A, b in ((of_f, placed(self.b_prime, 1)), (of_p, last))
        )  # type: ignore[return-value]

    def frame(self) -> GeneralLinear:
        """The form of the method for q'' = f(q): its evaluations, results and times."""
        return self.position_form()

    @kept
    def normal_form(self) -> GeneralLinear:
        """The general linear form on x = (q, p): stages of f take a position and advance p, those of p advance q.

        Raises UnsupportedError for q'' = f(q, q'), whose f takes the pair.
        """
        if self.A_prime is not None:
            raise UnsupportedError(
                f"{self} is a Runge-Kutta-Nystrom method for q'' = f(q, q'): f takes a position and a velocity, so "
                "that it has no general linear form; its order, modified_equation, to_source and to_block are there"
            )
        return self.position_form()

    @kept
    def position_form(self) -> GeneralLinear:
        """The general linear form of the method on q'' = f(q), which A' does not enter."""
        f, p = self.tableaux()
        s = self.stages
        colours = ["p", *["f"] * s, *["p"] * (s + 1)]
        A = [
            [(f.A if colours[j] == "f" else p.A)[i][j] if (colours[i] == "f") != (colours[j] == "f") else ZERO
             for j in range(len(colours))]
            for i in range(len(colours))
        ]  # fmt: skip
        U = [(ONE, ZERO) if colour == "f" else (ZERO, ONE) for colour in colours]
        return GeneralLinear(A, U, [p.b, f.b], [(ONE, ZERO), (ZERO, ONE)], colours, parts=2, **self._labels())

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        def changed(array: Any) -> Any:
            if array is None:
                return None
            return tuple(changed(row) if isinstance(row, tuple) else change(row) for row in array)

        more = {key: changed(getattr(self, key)) for key in ("A_prime", "b_hat", "b_prime_hat")}
        arrays = (changed(array) for array in (self.A, self.b, self.b_prime, self.c))
        return type(self)(*arrays, **more, **self._labels())

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        every = (self.A, self.b, self.b_prime, self.c, self.A_prime, self.b_hat, self.b_prime_hat)
        return tuple(array for array in every if array is not None)

    def __repr__(self) -> str:
        return f"RungeKuttaNystrom({self.name or ''}{', ' if self.name else ''}stages={self.stages}{self._known()})"

    def _repr_latex_(self) -> str:
        feet = [self.b, self.b_prime, self.b_hat, self.b_prime_hat]
        return nystrom_tableau(self.A, self.A_prime, self.c, [w for w in feet if w is not None], exact=self.exact)


def _either(left: Matrix, right: Matrix) -> Matrix:
    """1 where one of two arrays has an entry, else 0."""
    return tuple(
        tuple(ONE if x != 0 or y != 0 else ZERO for x, y in zip(*rows, strict=True))
        for rows in zip(left, right, strict=True)
    )


def nystrom_form(scheme: Any) -> RungeKuttaNystrom:
    """What a Runge-Kutta or partitioned method is on q' = p, p' = f(q): a Runge-Kutta-Nystrom method.

        A = A^G A^F,  b = b^G A^F,  b' = b^F,  c = A^G 1        p' = F(q), q' = G(p) = p; one tableau: both are it

    It is what a splitting is for a kinetic energy T = p^T p / 2. A Runge-Kutta method keeps its A for q'' = f(q, q').
    Raises UnsupportedError for another kind. Source: Hairer, Norsett, Wanner, section II.14.

    >>> import schemetools as st
    >>> nystrom_form(st.stoermer_verlet).b
    (1/2, 0)
    """
    given = as_scheme(scheme)
    if isinstance(given, RungeKuttaNystrom):
        return given
    if isinstance(given, RungeKutta):
        F = G = given
    elif isinstance(given, AdditiveRungeKutta) and given.partitioned:
        F, G = (tableau for _, tableau in given.tableaux)
    else:
        raise UnsupportedError(
            f"{given} is a {type(given).__name__}: a Runge-Kutta or a partitioned method is one for q'' = f(q)"
        )
    total = _sum(G.b)
    if total != 1 and (given.exact or abs(exact_arithmetic.to_float(total) - 1) > NEAR):
        raise UnsupportedError(f"{given} moves q by {total} h p in one step, where q' = p needs h p; rescale it first")
    embedded = {}
    if F.b_hat is not None and G.b_hat is not None:
        embedded = {"b_hat": _row(G.b_hat, F.A), "b_prime_hat": F.b_hat}
    A = [_row(row, F.A) for row in G.A]
    known = {"exact": given.exact, "digits": given.digits}
    slopes = F.A if F is G else None
    result = RungeKuttaNystrom(
        A, _row(G.b, F.A), F.b, [_sum(row) for row in G.A], A_prime=slopes, **embedded, **known
    )  # fmt: skip
    return labelled(result, name=f"nystrom_form({given})", reference=given.reference)


def _sum(row: Vector) -> Expr:
    return exact_arithmetic.canonical(Add(*row))


def _row(weights: Vector, A: Matrix) -> list[Expr]:
    """weights^T A."""
    return [_sum(tuple(w * row[j] for w, row in zip(weights, A, strict=True))) for j in range(len(A))]
