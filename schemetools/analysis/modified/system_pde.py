"""Modified equations of systems: matrices before each derivative, from the logarithm of the amplification matrix."""

import functools
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer, Matrix

from schemetools import exact
from schemetools.analysis.modified.pde_terms import Index, consistency, in_numbers, in_steps, limit_elements
from schemetools.analysis.modified.pde_text import derivative_text
from schemetools.analysis.series.matrix_series import amplification, logarithm, matrix_levels
from schemetools.analysis.series.symbol_series import LogSeries, collected
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.grid_numbers import is_rate

HIGHEST = 20
DEFAULT = 3


@dataclass(frozen=True, eq=False, repr=False)
class ModifiedSystem:
    """dt U_t = sum_a C_a dx^a d^a U over derivatives a of orders 0..order, the C_a exact matrices in the numbers.

    It is log G of the amplification matrix G, all unknowns taken at one time and place: a scheme whose fields are half
    a step apart in time shows that as a term of order dt, a similarity that changes no wave.

    >>> import schemetools as st
    >>> equation = st.modified_equation("acoustics_upwind", order=1)
    >>> type(equation).__name__, sorted(equation.in_numbers())
    ('ModifiedSystem', [(1,)])
    """

    scheme: Any
    order: int
    entries: tuple[tuple[LogSeries, ...], ...]

    @functools.cached_property
    def coefficients(self) -> dict[Index, Matrix]:
        """{multi-index: matrix} in the numbers; what is left out is 0."""
        return _matrices([[in_numbers(cell) for cell in row] for row in self.entries])

    def in_numbers(self) -> dict[Index, Matrix]:
        """{multi-index: C_a} with dt U_t = sum C_a dx^a d^a U."""
        return dict(self.coefficients)

    def in_steps(self) -> dict[Index, Matrix]:
        """{multi-index: matrix} of U_t = ..., in the coefficients of the equation, dt and the widths."""
        numbers, d = self.scheme.numbers, self.scheme.dimension
        return _matrices([[in_steps(in_numbers(cell), numbers, d, 1) for cell in row] for row in self.entries])

    @functools.cached_property
    def limit(self) -> dict[Index, Matrix]:
        """{multi-index: matrix} of the system that is solved for dt, dx -> 0."""
        numbers, d = self.scheme.numbers, self.scheme.dimension
        cells = [
            [
                in_steps(in_numbers(LogSeries(cell.base, _over(cell, limit_elements(cell, numbers, 1)))), numbers, d, 1)
                for cell in row
            ]
            for row in self.entries
        ]
        return _matrices(cells)

    @functools.cached_property
    def consistency(self) -> tuple[Expr | None, Expr | None] | None:
        """(low, high): for dt ~ dx^r with low < r < high every error vanishes; None for no bound, or for no such r."""
        found = [consistency(cell, self.scheme.numbers, 1) for row in self.entries for cell in row]
        if any(pair is None for pair in found):
            return None
        low = max((pair[0] for pair in found if pair is not None), key=lambda r: r)  # type: ignore[arg-type, return-value]
        highs = [pair[1] for pair in found if pair is not None and pair[1] is not None]
        high = min(highs) if highs else None
        return None if high is not None and high <= low else (low, high)  # type: ignore[operator]

    def __getitem__(self, index: int | Index) -> Matrix:
        key = index if isinstance(index, tuple) else (index,)
        if len(key) != self.scheme.dimension or sum(key) > self.order or min(key) < 0:
            raise SchemeError(f"{index!r} is no derivative of this system, which goes through order {self.order}")
        n = self.scheme.components
        return self.coefficients.get(key, sympy.zeros(n, n))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know to use the coefficients."""
        halves = any(p != int(p) for _, row in self.scheme.levels for place, _ in row for p in place)
        found = ["fields are staggered: between times they differ by a similarity of order dt"] if halves else []
        rates = ", ".join(name for name, meaning in self.scheme.numbers if is_rate(meaning))
        if rates:
            found.append(
                f"a reaction makes the logarithm non-rational: it is expanded in {rates}, counted as a derivative"
            )
        return tuple(found)

    def text(self) -> str:
        """The system in lines of text: one matrix per derivative."""
        n = self.scheme.components
        lines = [f"{self.scheme}: system of {n} unknowns, U_t = sum of matrix times derivative, plus ..."]
        for index, matrix in self.in_steps().items():
            rows = ["[" + ", ".join(_cell(e) for e in matrix.row(i)) + "]" for i in range(n)]
            lines.append(f"{derivative_text(index).replace('u', 'U', 1):8} [{', '.join(rows)}]")
        return "\n".join([*lines, *(f"note     {note}" for note in self.warnings)])

    def latex(self) -> str:
        """The system as a LaTeX display."""
        terms = []
        for index, matrix in self.in_steps().items():
            mark = f"U_{{{derivative_text(index)[2:]}}}" if any(index) else "U"
            terms.append(f"{sympy.latex(matrix)} {mark}")
        return rf"$$ U_{{t}} = {' + '.join(terms)} + \cdots $$"

    def __repr__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return self.latex()


def _over(cell: LogSeries, limit: dict[Index, Any]) -> dict[Index, tuple[Any, Any]]:
    return {index: (element, cell.terms[index][1]) for index, element in limit.items()}


def _cell(value: Expr) -> str:
    return str(value).replace("**", "^").replace("*", " ")


def _matrices(cells: list[list[dict[Index, Expr]]]) -> dict[Index, Matrix]:
    indices = sorted({a for row in cells for cell in row for a in cell}, key=lambda a: (sum(a), tuple(-i for i in a)))
    return {a: Matrix([[cell.get(a, Integer(0)) for cell in row] for row in cells]) for a in indices}


def system_pde(scheme: DifferenceScheme, order: int | None) -> ModifiedSystem:
    """The modified equation of a system with two time levels, through derivatives of an order, 3 by default.

    Raises UnsupportedError for more levels, and where the logarithm of the amplification matrix is not rational.
    """
    order = DEFAULT if order is None else order
    if not exact.is_whole(order) or not 1 <= order <= HIGHEST:
        raise SchemeError(f"the order of derivatives is an integer from 1 to {HIGHEST}; {order!r} came")
    return ModifiedSystem(scheme, int(order), _entries(scheme, int(order)))


@functools.lru_cache(maxsize=128)
def _entries(scheme: DifferenceScheme, order: int) -> tuple[tuple[LogSeries, ...], ...]:
    found, levels = matrix_levels(scheme, order)
    times = sorted(levels)
    if len(times) != 2 or times[1] - times[0] != 1:
        raise UnsupportedError(
            f"{scheme} has the time levels {times}; modified equations of systems are derived for one step, so write "
            "the older unknowns as components of their own"
        )
    ring = found.ring
    P = logarithm(ring, amplification(ring, levels[times[1]], levels[times[0]]))
    n = scheme.components
    return tuple(
        tuple(collected([part[i][j] for part in P], found, found.base.one) for j in range(n)) for i in range(n)
    )
