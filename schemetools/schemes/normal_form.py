"""The one form that every scheme lowers to: a general linear method with one colour (field) per stage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Add, Expr, Integer

from ..errors import TableauError
from ..exact import canonical
from .base import Matrix, Scheme, Vector, matrix
from .latex import general_linear
from .linear import solve_consistent

NOT_A_SCHEME = (
    "its stages are not consistent: no vector q has V q = q and U q = 1, so a stage is evaluated away from the "
    "solution. "
    "The literal PolyNet block x + F(x) + F(F(x)) is the example: F(F(x)) evaluates F near 0, not near x; "
    "polynet(2) = x + h f(x + h f(x)) is the scheme"
)


@dataclass(frozen=True, repr=False)
class GeneralLinear(Scheme):
    """A general linear method with coloured stages.

        Y_i = h sum_j A_ij f_c(j)(Y_j) + sum_l U_il x_l,        x'_m = h sum_j B_mj f_c(j)(Y_j) + sum_l V_ml x_l

    A is (s, s), U (s, r), B (r, s), V (r, r), coefficients as in `exact.coefficient`; B and V may have one row more,
    the embedded result. `colours` holds one field label per stage. The first `parts` components of x are the state,
    the rest is history, newest first. Raises TableauError for malformed arrays and for stages that are not
    consistent (U q != 1). Source: J. C. Butcher, General linear methods, Acta Numerica 15 (2006), section 2.
    """

    A: Matrix
    U: Matrix
    B: Matrix
    V: Matrix
    colours: tuple[str, ...]
    parts: int
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)

    def __init__(
        self,
        A: Any,
        U: Any,
        B: Any,
        V: Any,
        colours: Sequence[Any] | None = None,
        *,
        parts: int = 1,
        name: str | None = None,
        reference: str | None = None,
        exact: bool = True,
    ):
        A = matrix(A, "A")
        s = len(A)
        A = matrix(A, "A", columns=s)
        U = matrix(U, "U")
        r = len(U[0]) if U else 0
        B, V = matrix(B, "B", columns=s), matrix(V, "V", columns=r)
        if s == 0 or len(U) != s or r == 0 or len(V) not in (r, r + 1) or len(B) != len(V) or not 1 <= parts <= r:
            raise TableauError(
                f"A is {s} x {s}, U {len(U)} x {r}, B {len(B)} x {s}, V {len(V)} x {r}; with s stages and "
                "r values A is (s, s), U (s, r), B (r, s), V (r, r); an embedded result is one more row in both B and V"
            )
        labels = ("f",) * s if colours is None else tuple(str(c) for c in colours)
        if len(labels) != s:
            raise TableauError(f"{len(labels)} colours came for {s} stages; give one per stage")
        self._set(name, reference, exact, A=A, U=U, B=B, V=V, colours=labels, parts=parts)
        object.__setattr__(self, "_q", self._preconsistency())

    def _preconsistency(self) -> Vector:
        r = len(self.U[0])
        if all(canonical(Add(*row)) == 1 for row in (*self.V[:r], *self.U)):
            return (Integer(1),) * r
        rows = [tuple(v - int(m == j) for j, v in enumerate(row)) for m, row in enumerate(self.V[:r])] + list(self.U)
        right = [Integer(0)] * r + [Integer(1)] * len(self.U)
        solution = solve_consistent(rows, right, prefer=(1,) * self.parts)
        if solution is None:
            raise TableauError(f"this is not a scheme: {NOT_A_SCHEME}")
        return solution

    @property
    def q(self) -> Vector:
        """The preconsistency vector, V q = q and U q = 1: 1 marks a value of the solution, 0 an earlier h f."""
        return self._q  # type: ignore[attr-defined]

    @property
    def stages(self) -> int:
        """The number of stages s, as written."""
        return len(self.A)

    @property
    def values(self) -> int:
        """The number r of values that are carried from step to step."""
        return len(self.U[0])

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the fields, in order of first appearance."""
        return tuple(dict.fromkeys(self.colours))

    @property
    def embedded(self) -> bool:
        """Whether there is an embedded result, one more row in B and V."""
        return len(self.V) > self.values

    @property
    def is_explicit(self) -> bool:
        """Whether the stages can be evaluated one after another: the graph of A has no cycle."""
        waiting = {i: {j for j, a in enumerate(row) if a != 0} for i, row in enumerate(self.A)}
        while ready := {i for i, needs in waiting.items() if not needs}:
            waiting = {i: needs - ready for i, needs in waiting.items() if i not in ready}
        return not waiting

    def normal_form(self) -> "GeneralLinear":
        """The scheme itself."""
        return self

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        A, U, B, V = (tuple(tuple(map(change, row)) for row in M) for M in (self.A, self.U, self.B, self.V))
        return type(self)(
            A, U, B, V, self.colours, parts=self.parts, name=self.name, reference=self.reference, exact=self.exact
        )

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return self.A, self.U, self.B, self.V

    def __repr__(self) -> str:
        return f"GeneralLinear({self.name or ''}{', ' if self.name else ''}stages={self.stages}, values={self.values})"

    def _repr_latex_(self) -> str:
        return general_linear(self.A, self.U, self.B, self.V, exact=self.exact)
