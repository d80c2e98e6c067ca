"""The shapes in which a tableau comes, its nodes c beside the row sums of A, its embedded weights beside b."""

import math
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from sympy import QQ, Add, Expr, Integer, Rational

from schemetools import exact
from schemetools.errors import TableauError
from schemetools.exact import Measured
from schemetools.schemes.arrays import Matrix, Vector

SLACK = 1e-9  # what rounded coefficients of order 1 may miss a row sum by
FEWEST_PLACES = 4
NO_RESULT = 1e-3  # of the sum of b: the weights of a result of any order have that sum themselves


def square(rows: Sequence[Vector], s: int, what: str = "A") -> Matrix:
    """The (s, s) matrix of the rows, which may leave out zeros from the diagonal on, or the first row of all."""
    if s and len(rows) == s - 1 and all(_reaches(row, i, s) for i, row in enumerate(rows, 1)):
        rows = [(), *rows]
    if s == 0 or len(rows) != s:
        lengths = ", ".join(map(str, sorted({len(row) for row in rows})))
        shape = f"{len(rows)} rows of length {lengths}" if rows else "no rows"
        raise TableauError(
            f"{what} has {shape} and b has {s} weights; a tableau of s stages has {what} (s, s) and b (s,)"
        )
    lengths = [len(row) for row in rows]
    patterns = ([s] * s, [max(s - 1, 0)] * s, list(range(s)), list(range(1, s + 1)), [1, *range(1, s)])
    if not any(_same_but_first(lengths, pattern) for pattern in patterns):
        counts = ", ".join([*map(str, lengths[:8]), *(["..."] if s > 8 else [])])
        raise TableauError(
            f"{what} is ragged: its rows have {counts} entries; give {s} entries in every row, "
            "or only those below the diagonal, or only those through the diagonal"
        )
    return tuple((*row, *[Integer(0)] * (s - len(row))) for row in rows)


def one_each(s: int, **given: Sequence[Any] | None) -> None:
    """Raises TableauError where what is given by name, such as b_hat, has not one entry for each of s stages."""
    for what, values in given.items():
        if values is not None and len(values) != s:
            raise TableauError(f"{what} has {len(values)} entries; {s} stages need {s}")


def triangular(
    A: Matrix, whose: str, reason: str, *, diagonal: bool = False, text: Callable[[Expr], str] = exact.text
) -> None:
    """Raises TableauError where an entry above the diagonal is not 0, or on it unless `diagonal` allows that.

    `whose` begins with the name of the matrix: "A of a Rosenbrock method".
    """
    for i, row in enumerate(A):
        for j in range(i + diagonal, len(row)):
            if row[j] != 0:
                shape = "lower triangular" if diagonal else "strictly lower triangular"
                entry = f"{whose.split()[0]}[{i}][{j}] = {text(row[j])}"
                raise TableauError(f"{entry} came; {whose} is {shape}, as {reason}")


def _reaches(row: Vector, i: int, s: int) -> bool:
    return len(row) in (i, i + 1, s - 1, s)


def _same_but_first(lengths: list[int], pattern: list[int]) -> bool:
    """Whether the rows have the lengths of a pattern; an empty first row fits every one."""
    return lengths[1:] == pattern[1:] and lengths[0] in (0, pattern[0])


def refuse_error_weights(embedded: Vector | None, b: Vector, what: str = "b_hat") -> None:
    """Raise TableauError where embedded weights sum to 0, as b - b_hat does, which many papers print."""
    if embedded is None:
        return
    total, advanced = _total(embedded), _total(b)
    if not (total.is_number and advanced.is_number) or exact.size(total) >= NO_RESULT * exact.size(advanced):
        return
    advances = what.removesuffix("_hat")
    sums = "0" if total == 0 else f"{exact.size(total):.0e}, nearly 0"
    raise TableauError(
        f"{what} sums to {sums}: these look like error weights, {advances} - {what}; give {advances} minus them, the "
        "weights of the embedded result"
    )


def checked_nodes(
    A: Matrix,
    nodes: Sequence[Measured] | None,
    known: tuple[bool, int | None],
    *,
    declared: bool | None,
    what: str = "A",
) -> Vector:
    """c, checked against the row sums of A: these where the tableau is exact, what was given where it is approximate.

    `declared` says that c is another on purpose, None that a kind knows no such c.
    Raises TableauError, naming the row, where they differ by more than the digits given allow.
    """
    sums = tuple(map(_total, A))
    if nodes is None:
        if declared:
            raise TableauError(
                "c_is_declared=True says that c is another than the row sums of A, and no c came; give it"
            )
        return sums
    if declared:
        return tuple(m.value for m in nodes)
    for i, (total, node) in enumerate(zip(sums, nodes, strict=True)):
        if total != node.value and not _within_rounding(total, node, A[i], known):
            raise TableauError(
                f"row {i} of {what} sums to {_shown(total, known)} but c[{i}] is {_shown(node.value, known)}; correct "
                + (
                    "one of them"
                    if declared is None
                    else "one of them, leave c out, or say c_is_declared=True where it is another c on purpose"
                )
            )
    return sums if known[0] else tuple(m.value for m in nodes)


def _total(row: Vector) -> Expr:
    if all(x.is_Rational for x in row):  # long fractions add a hundred times faster in the domain
        total = _sum_by_halves([QQ(int(x.p), int(x.q)) for x in row])  # type: ignore[attr-defined]
        return Rational(int(total.numerator), int(total.denominator))
    return exact.canonical(Add(*row))


def _sum_by_halves(values: list[Any]) -> Any:
    """A sum whose partial sums of long fractions stay as short as they can."""
    while len(values) > 1:
        values = [a + b for a, b in zip_longest(values[::2], values[1::2], fillvalue=QQ.zero)]
    return values[0]


def _shown(value: Expr, known: tuple[bool, int | None]) -> str:
    written = exact.text(value, exact=known[0])
    return written if len(written) <= 60 else exact.text(value, exact=False)


def _within_rounding(total: Expr, node: Measured, row: Vector, known: tuple[bool, int | None]) -> bool:
    gap = exact.canonical(total - node.value)
    if gap == 0:
        return True
    if not gap.is_number:
        return False
    slack = 0.0
    if node.decimals is not None or (node.places or 0) >= FEWEST_PLACES:
        slack = 10.0 ** -min(node.places or math.inf, node.decimals or math.inf)
    if not known[0]:
        size = max([1.0, *(exact.size(a) for a in row)])
        slack = max(slack, size * SLACK, size * len(row) * 10.0 ** -(known[1] or 0))
    elif node.decimals is not None:
        slack = max(slack, SLACK)
    return exact.size(gap) <= slack
