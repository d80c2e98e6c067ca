"""Ordered fields of exact numbers."""

import functools
import math
from typing import Any

from sympy import QQ, I
from sympy.polys.domains.domain import Domain

from schemetools.errors import UnsupportedError


class Field:
    """The rationals, as an ordered field on a sympy domain."""

    is_rounded = False

    def __init__(self, domain: Domain = QQ) -> None:
        self.domain = domain
        self.zero, self.one = domain.zero, domain.one

    def is_zero(self, a: Any) -> bool:
        """Whether the element is zero."""
        return not a

    def sign(self, a: Any) -> int:
        """The sign of the real number that the element stands for: -1, 0 or 1."""
        return (a > 0) - (a < 0)

    def number(self, n: Any) -> Any:
        """The element of the field that equals an integer or a rational."""
        return self.domain.convert(QQ.convert(n), QQ)

    def settled(self, gap: list[Any], phi: list[list[Any]], *, imaginary: bool) -> list[Any]:
        """|Q|^2 - |P|^2 on an axis, for Phi = Q w - P: exact coefficients stay as they are."""
        return gap


class RoundedRationals(Field):
    """The rationals, for Phi = Q w - P whose coefficients are known to within `errors`, of the shape of Phi.

    A coefficient of |Q|^2 - |P|^2 that these errors may have made is 0: so the tangency of the scheme meant is decided.
    """

    is_rounded = True

    def __init__(self, errors: list[list[Any]]) -> None:
        super().__init__(QQ)
        self.errors = errors

    def settled(self, gap: list[Any], phi: list[list[Any]], *, imaginary: bool) -> list[Any]:
        """The coefficients above 2 |p| * error(p) of both P and Q, the others 0."""
        if [len(p) for p in phi] != [len(e) for e in self.errors]:
            return gap
        bounds: dict[int, Any] = {}
        for p, error in zip(phi, self.errors, strict=True):
            for i, c in enumerate(p):
                for j, e in enumerate(error):
                    bounds[i + j] = bounds.get(i + j, QQ.zero) + (2 * abs(c) + e) * e
        step = 2 if imaginary else 1
        kept = [c if abs(c) > bounds.get(step * m, QQ.zero) else QQ.zero for m, c in enumerate(gap)]
        while kept and not kept[-1]:
            kept.pop()
        return kept


class AlgebraicReals(Field):
    """A real number field QQ<a>: signs by rational enclosures of a, refined until they decide."""

    @functools.cached_property
    def _enclosures(self) -> list[tuple[Any, Any]]:
        """(q, r) with |a - q| < r, the n-th with about 64 * 2^n bits."""
        return [self._enclosure(64)]

    def _enclosure(self, bits: int) -> tuple[Any, Any]:
        value = self.domain.ext.as_expr().evalf(math.ceil(bits * 0.302) + 5)  # type: ignore[attr-defined]
        return QQ(int(value * 2**bits), 2**bits), QQ(1, 2 ** (bits - 2))

    def sign(self, a: Any) -> int:
        """The sign of an element, decided exactly: an element is zero only if its representation is."""
        coefficients = a.to_list()
        if len(coefficients) < 2:
            return super().sign(coefficients[0]) if coefficients else 0
        level = 0
        while True:
            if level == len(self._enclosures):
                self._enclosures.append(self._enclosure(64 * 2**level))
            q, r = self._enclosures[level]
            value, slope, size = QQ.zero, QQ.zero, abs(q) + r
            for c in coefficients:
                slope = slope * size + abs(value)
                value = value * q + c
            if abs(value) > r * slope:
                return super().sign(value)
            level += 1


class Complexes(Field):
    """A number field with I in it, which has no order: nothing that asks for a sign is decided in it."""

    def sign(self, a: Any) -> int:
        """Raises UnsupportedError."""
        raise UnsupportedError("this is decided for real coefficients only; these are complex, which have no sign")


@functools.cache
def field_of(domain: Domain) -> Field:
    """The field on a sympy domain: QQ, a real algebraic number field, or one with I."""
    if domain.is_QQ:
        return Field(domain)
    return Complexes(domain) if domain.ext.as_expr().has(I) else AlgebraicReals(domain)  # type: ignore[attr-defined]


def carried(c: Any, source: Domain, target: Domain) -> Any:
    """An element of one domain in another.

    sympy carries an element of a number field through an expression, even into the same field: slowly, and for long
    coefficients not at all.
    """
    return c if source is target or source == target else target.convert(c, source)
