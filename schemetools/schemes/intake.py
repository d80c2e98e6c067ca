"""A user's arrays on their way into a scheme: exact or rounded, decided from the digits and from what nearly holds."""

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import mpmath
import sympy
from sympy import Expr

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, TableauError, came
from schemetools.exact import Measured
from schemetools.schemes.arrays import Matrix, Vector

DOUBLE_DIGITS = 15
HIGHEST_POWER = 6
NEAR = 1e-9  # a relation of order 1 that fails by less, and does not hold, fails by rounding


class Intake:
    """Collects the coefficients of one scheme, and says in the end whether they are exact and to how many digits.

    `exact` and `digits` are what the user declares, None where the digits are to tell; `imaginary` says whether complex
    numbers are taken.
    """

    def __init__(self, exact: bool | None, digits: int | None = None, *, imaginary: bool = False) -> None:
        if exact not in (True, False, None):
            raise TableauError(f"exact is True, False or None (told from the digits); {exact!r} came")
        if digits is not None and (not exact_arithmetic.is_whole(digits) or digits < 1 or exact is True):
            raise TableauError(
                f"digits is the number of decimals to which approximate coefficients are known; {digits!r} came"
                + (" with exact=True" if exact is True else "")
            )
        self.declared = False if digits is not None and exact is None else exact
        self.digits_declared = digits
        self.imaginary = imaginary
        self.entries: list[Measured] = []
        self.known: dict[Expr, Measured] = {}  # formulas read so far: a composition repeats a few of them many times

    # ---- arrays

    def vector(self, values: Any, what: str) -> Vector:
        """A user's sequence as exact coefficients; errors name the entry."""
        return tuple(m.value for m in self.measured(values, what))

    def measured(self, values: Any, what: str) -> list[Measured]:
        """A user's sequence, each entry with what its digits say."""
        if isinstance(values, sympy.MatrixBase) and 1 in values.shape:
            values = list(values)
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TableauError(f"{what} must be a list of coefficients; {came(values)} came")
        found = [
            Measured(value)  # nobody asks how far a fraction is known that is declared exact
            if self.declared is True and isinstance(value, sympy.Rational)
            else self._entry(value, f"{what}[{i}]")
            for i, value in enumerate(values)
        ]
        self.entries += found
        return found

    def _entry(self, value: Any, where: str) -> Measured:
        if isinstance(value, Expr) and value in self.known:
            return self.known[value]
        try:
            found = exact_arithmetic.measure(value, imaginary=self.imaginary)
        except SchemeError as error:
            raise type(error)(f"{where}: {error}") from None
        if isinstance(value, Expr):
            self.known[value] = found
        return found

    def rows(self, values: Any, what: str) -> list[Vector]:
        """A user's rows as exact coefficients, of whatever lengths they have."""
        if isinstance(values, sympy.MatrixBase):
            values = values.tolist()
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TableauError(f"{what} must be a list of rows; {came(values)} came")
        return [self.vector(row, f"{what}[{i}]") for i, row in enumerate(values)]

    def matrix(self, values: Any, what: str, columns: int | None = None) -> Matrix:
        """Rows of one length, `columns` or that of the first."""
        rows = self.rows(values, what)
        width = columns if columns is not None else len(rows[0]) if rows else 0
        for i, row in enumerate(rows):
            if len(row) != width:
                raise TableauError(f"{what} is ragged: row {i} has {len(row)} entries, {width} were expected")
        return tuple(rows)

    # ---- what they are

    def settle(self, relations: "Relations") -> tuple[bool, int | None]:
        """(exact, digits): as declared, else from the entries and from the relations, sums that vanish for some order.

        A float or decimal of more than 12 digits is rounded. Long fractions and shorter decimals may be either: they
        are rounded where a relation misses 0 by less than 1e-9.
        """
        if self.declared is True:
            return True, None
        recognised = [m.decimals for m in self.entries if m.recognised and m.decimals is not None]
        possible = [m.decimals for m in self.entries if m.decimals is not None]
        if self.digits_declared is not None:
            return False, self.digits_declared
        if recognised:
            return False, max(min(recognised), 1)
        missed = largest_near_miss(relations, max(possible)) if possible else 0
        if missed:
            return False, max(min(max(possible), math.floor(-math.log10(missed))), 1)
        if self.declared is False:
            return False, min(possible, default=DOUBLE_DIGITS)
        return True, None

    def rounding(self) -> dict[str, Any]:
        """`exact` and `digits` for a scheme built from these entries, where their digits alone say that it is rounded.

        Nothing where they do not, so that the scheme's own relations decide.
        """
        known, digits = self.settle(no_relations)
        return {} if known else {"exact": False, "digits": digits}


Number = Callable[[Expr], Any]
Relations = Callable[[Number], Iterator[list[Any]]]
"""From a way to read coefficients as numbers to sums, as lists of terms, that vanish for a scheme of some order."""


def largest_near_miss(relations: Relations, decimals: int) -> float:
    """The largest |sum| that is below 1e-9 and not 0, in more digits than the entries have."""
    precision = min(4 * decimals + 60, 4000)
    largest = 0.0
    with mpmath.workdps(precision):
        negligible = mpmath.mpf(10) ** (30 - precision)
        for terms in relations(_reader(precision)):
            size = max(map(abs, terms), default=mpmath.mpf(0))
            miss = abs(mpmath.fsum(terms))
            if negligible * size < miss < NEAR * max(size, 1):
                largest = max(largest, float(miss))
    return largest


def _reader(precision: int) -> Number:
    """Coefficients as numbers of so many digits, each read once."""

    @functools.cache
    def read(value: Expr) -> Any:
        if value.is_Rational:
            return mpmath.mpf(int(value.p)) / int(value.q)  # type: ignore[attr-defined]
        if exact_arithmetic.is_complex(value):
            return mpmath.mpc(*map(read, exact_arithmetic.parts(value)))
        return mpmath.mpf(sympy.N(value, precision)._mpf_)

    return read


# ---- what nearly holds where digits are rounded ------------------------------------------------------------------


def tableau_relations(A: Matrix, weights: Sequence[Vector], c: Sequence[Expr | None]) -> Relations:
    """Row sums, quadrature conditions, b A c = 1/6 and so on, C(2), and b = last row of A."""

    def relations(number: Number) -> Iterator[list[Any]]:
        if any(x.free_symbols for row in (*A, *weights) for x in row):
            return
        rows = [[number(x) for x in row] for row in A]
        sums = [mpmath.fsum(row) for row in rows]
        for row, total, node in zip(rows, sums, c, strict=True):
            if node is not None:
                yield [*row, -number(node)]
            yield [*(a * x for a, x in zip(row, sums, strict=True)), -(total**2) / 2]
        for given in weights:
            b = [number(x) for x in given]
            for k in range(6):
                yield [*(w * x**k for w, x in zip(b, sums, strict=True)), mpmath.mpf(-1) / (k + 1)]
            chain, density = sums, 2
            for k in range(3, 6):
                chain = [mpmath.fdot(row, chain) for row in rows]
                density *= k
                yield [*(w * x for w, x in zip(b, chain, strict=True)), mpmath.mpf(-1) / density]
            yield from ([w, -a] for w, a in zip(b, rows[-1], strict=True))

    return relations


def multistep_relations(alpha: Vector, beta: Vector) -> Relations:
    """sum alpha_j j^q = q sum beta_j j^(q-1), q <= 6: higher ones are missed by little beside their terms."""

    def relations(number: Number) -> Iterator[list[Any]]:
        if any(x.free_symbols for x in (*alpha, *beta)):
            return
        a, b = [number(x) for x in alpha], [number(x) for x in beta]
        for q in range(min(len(alpha), HIGHEST_POWER) + 1):
            right = [-q * j ** (q - 1) * x for j, x in enumerate(b)] if q else []
            yield [*(j**q * x for j, x in enumerate(a)), *right]

    return relations


def shares_relations(shares: Vector) -> Relations:
    """Fractions of a step sum to 1, and their odd powers to 0 as far as the composition raises the order."""

    def relations(number: Number) -> Iterator[list[Any]]:
        if any(x.free_symbols for x in shares):
            return
        w = [number(x) for x in shares]
        yield [*w, mpmath.mpf(-1)]
        for k in (2, 3, 5):
            yield [x**k for x in w]

    return relations


def no_relations(number: Number) -> Iterator[list[Any]]:
    """Nothing is known that should vanish."""
    return iter(())
