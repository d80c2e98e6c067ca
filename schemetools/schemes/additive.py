"""Additive and partitioned Runge-Kutta methods: one tableau per field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Expr, Integer

from schemetools.errors import TableauError, came
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme, labelled
from schemetools.schemes.kept import kept
from schemetools.schemes.latex import side_by_side
from schemetools.schemes.runge_kutta import RungeKutta

ZERO, ONE = Integer(0), Integer(1)


@dataclass(frozen=True, repr=False)
class AdditiveRungeKutta(Scheme):
    """An additive Runge-Kutta method, one tableau A^v, b^v per field v, all of the same number of stages.

        u' = sum_v f_v(u):    Y_i = u_n + h sum_v sum_j A^v_ij f_v(Y_j),    u_(n+1) = u_n + h sum_v sum_i b^v_i f_v(Y_i)

    With `partitioned=True` there are two fields, u = (p, q), p' = F(q), q' = G(p): the first tableau advances p, the
    second q. `tableaux` is a mapping {label: RungeKutta}. Raises TableauError where the tableaux do not fit together.
    Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, sections II.2 and III.2.

    >>> import schemetools as st
    >>> ars = st.get("ars222")
    >>> [field for field, _ in ars.tableaux], st.order(ars)
    (['F', 'G'], 2)
    >>> explicit, implicit = st.RungeKutta([[0, 0], [1, 0]], [1, 0]), st.RungeKutta([[0, 0], [0, 1]], [0, 1])
    >>> st.order(AdditiveRungeKutta({"F": explicit, "G": implicit}))
    1
    """

    tableaux: tuple[tuple[str, RungeKutta], ...]
    partitioned: bool
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        tableaux: Mapping[str, RungeKutta] | Sequence[tuple[str, RungeKutta]],
        partitioned: bool = False,
        *,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        try:
            pairs = tuple((str(k), v) for k, v in (tableaux.items() if isinstance(tableaux, Mapping) else tableaux))
        except (TypeError, ValueError):
            raise TableauError(
                f'{came(tableaux)} came; give one tableau per field: AdditiveRungeKutta({{"F": euler, "G": theta(1)}})'
            ) from None
        wrong = [type(t).__name__ for _, t in pairs if not isinstance(t, RungeKutta)]
        if wrong:
            raise TableauError(f"an additive scheme is made of RungeKutta tableaux, one per field; a {wrong[0]} came")
        if len(pairs) < 2 or len({label for label, _ in pairs}) != len(pairs):
            raise TableauError(
                f"an additive scheme needs two or more fields with different labels; {[k for k, _ in pairs]} came"
            )
        stages = {label: t.stages for label, t in pairs}
        if len(set(stages.values())) != 1:
            raise TableauError(
                f"all tableaux of an additive scheme share their stages; {stages} came: fill up with unused stages"
            )
        if partitioned and len(pairs) != 2:
            raise TableauError(f"a partitioned scheme has two fields, p' = F(q) and q' = G(p); {len(pairs)} came")
        pairs, known = _declared(pairs, exact, digits)
        self._set(name, reference, known, tableaux=pairs, partitioned=bool(partitioned))

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the fields, in order."""
        return tuple(label for label, _ in self.tableaux)

    @property
    def stages(self) -> int:
        """The number of stages, as written."""
        return self.tableaux[0][1].stages

    @property
    def is_explicit(self) -> bool:
        """Whether the stages can be evaluated one after another."""
        return self.normal_form().is_explicit

    @kept
    def normal_form(self) -> GeneralLinear:
        """The general linear form: each stage value once per field, coloured by it.

        For a partitioned scheme x = (p, q), a stage of F takes its argument from q and advances p, and the other way
        round.
        """
        form = self._partitioned() if self.partitioned else self._shared()
        A, U, B, V, colours, parts = form
        return GeneralLinear(A, U, B, V, colours, parts=parts, **self._labels())

    def _shared(self) -> tuple[Any, ...]:
        s, tables = self.stages, [t for _, t in self.tableaux]
        columns = [(j, t) for j in range(s) for t in tables]
        A = [[t.A[i][j] for j, t in columns] for i in range(s) for _ in tables]
        colours = [label for _ in range(s) for label in self.fields]
        B = [[t.b[j] for j, t in columns]]
        if all(t.b_hat is not None for t in tables):
            B.append([t.b_hat[j] for j, t in columns])  # type: ignore[index]
        return A, [[ONE]] * len(A), B, [[ONE]] * len(B), colours, 1

    def _partitioned(self) -> tuple[Any, ...]:
        s = self.stages
        (first, F), (second, G) = self.tableaux
        A = [[ZERO] * s + list(G.A[i]) for i in range(s)] + [list(F.A[i]) + [ZERO] * s for i in range(s)]
        U = [[ZERO, ONE]] * s + [[ONE, ZERO]] * s
        B = [list(F.b) + [ZERO] * s, [ZERO] * s + list(G.b)]
        return A, U, B, [[ONE, ZERO], [ZERO, ONE]], [first] * s + [second] * s, 2

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        changed = [(label, t.mapped(change)) for label, t in self.tableaux]
        return type(self)(changed, self.partitioned, **self._labels())

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return tuple(array for _, t in self.tableaux for array in t.arrays)

    def __repr__(self) -> str:
        kind = "partitioned" if self.partitioned else "additive"
        shape = f"fields={', '.join(self.fields)}, stages={self.stages}{self._known()}"
        return f"AdditiveRungeKutta({self.name or kind}, {shape})"

    def _repr_latex_(self) -> str:
        return side_by_side([(label, t._repr_latex_()) for label, t in self.tableaux])


Pairs = tuple[tuple[str, RungeKutta], ...]


def _declared(pairs: Pairs, exact: bool | None, digits: int | None) -> tuple[Pairs, tuple[bool, int | None]]:
    """The tableaux, and what is known of all: as they are, or as they are declared to be."""
    found = [t.digits for _, t in pairs if t.digits is not None]
    known = not found, min(found, default=None)
    wanted = (exact if exact is not None else known[0] and digits is None), digits
    if wanted[0] is known[0] and digits in (None, known[1]):
        return pairs, known
    labels: dict[str, Any] = {"exact": wanted[0]} | ({} if digits is None else {"digits": digits})
    pairs = tuple((label, labelled(t, **labels)) for label, t in pairs)
    found = [t.digits for _, t in pairs if t.digits is not None]
    return pairs, (not found, min(found, default=None))
