"""Certificates: that an exact scheme of the full order lies within a proven distance of printed digits."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import mpmath
import sympy
from sympy import Expr

from schemetools.analysis.algebra.balls import HAS_BALLS, ball, need_balls, precision
from schemetools.analysis.properties.judgement import OrderReport, judged
from schemetools.analysis.properties.order import order
from schemetools.analysis.properties.projection import projected
from schemetools.analysis.properties.proof import Proof, proven
from schemetools.analysis.properties.recover import recovered
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.pairs import embedded
from schemetools.schemes.runge_kutta import RungeKutta

DEFAULT_DIGITS = 50
UNPROVEN = "not certified"
NO_BALLS = "not certified without ball arithmetic (pip install python-flint)"


@dataclass(frozen=True)
class Certificate:
    """That an exact scheme of `order` lies within `radius` of every coefficient; `order_hat` is that of a pair's b_hat.

    `order` is None where nothing was proven; `report` then says how far the conditions hold. `exact` is the exact
    scheme where it is known in closed form, `how` the way of the proof.

    >>> import schemetools as st
    >>> st.certify("tsit5").order, st.certify("rk4").is_certified
    (5, True)
    """

    scheme: Scheme
    order: int | None
    order_hat: int | None
    radius: float
    how: str
    report: OrderReport
    exact: Scheme | None = None
    _enclose: Callable[[int], list[Any]] | None = field(default=None, repr=False, compare=False)

    @property
    def is_certified(self) -> bool:
        """Whether the order was proven."""
        return self.order is not None

    @property
    def enclosure(self) -> list[Any]:
        """Balls (arb, 50 digits) that hold the exact coefficients, in the order of `scheme.coefficients`.

        Raises UnsupportedError where nothing was proven, and without python-flint.
        """
        return self._balls(DEFAULT_DIGITS)

    def digits(self, n: int) -> Scheme:
        """The exact scheme's coefficients to n decimals, as a scheme known to so many.

        Raises UnsupportedError where nothing was proven.
        """
        values = [_decimal(b, n) for b in self._balls(n)]
        if not isinstance(self.scheme, RungeKutta):
            raise UnsupportedError(
                f"digits(n) writes Runge-Kutta tableaus, and {self.scheme} is a {type(self.scheme).__name__}: "
                "`enclosure` has its coefficients, `exact` the exact scheme where it was found"
            )
        s, flat = self.scheme.stages, iter(values)
        A = [[next(flat) for _ in range(s)] for _ in range(s)]
        b, c = ([next(flat) for _ in range(s)] for _ in range(2))
        b_hat = [next(flat) for _ in range(s)] if self.scheme.b_hat is not None else None
        return RungeKutta(A, b, c, b_hat=b_hat, exact=False, digits=n, name=f"{self.scheme} to {n} decimals")

    def _balls(self, digits: int) -> list[Any]:
        if self._enclose is None:
            raise UnsupportedError(str(self))
        need_balls()
        with precision(math.ceil(digits * math.log2(10)) + 64):
            return self._enclose(digits)

    def __str__(self) -> str:
        if not self.is_certified:
            return f"{self.scheme}: {self.how}; {self.report}"
        hat = f", b_hat of order {self.order_hat}" if self.order_hat is not None else ""
        near = f"within {self.radius:.1e} of these coefficients" if self.radius else "these coefficients"
        return f"{self.scheme}: order {self.order}{hat}, proven: {near} ({self.how})"


def certify(s: Any) -> Certificate:
    """Prove that an exact scheme of the order that a scheme is meant to have lies near its digits.

    The exact scheme is looked for as by `recover`; else by solving the simplifying assumptions that hold, which are
    linear in A, with the nodes as they stand, and an exact check of the order; else an interval Newton method
    (python-flint) proves a zero of the order conditions, or of D(1) and those conditions that D(1) does not imply. Both
    results of a pair are certified. Where none of these succeeds, `order` is None.

    >>> import schemetools as st
    >>> print(st.certify(st.RungeKutta([[], [2 / 3]], [0.25, 0.75], name="mine")))
    mine: order 2, proven: within 3.7e-17 of these coefficients (recovered: its coefficients are rational)
    """
    scheme = as_scheme(s)
    if scheme.free_symbols or scheme.random_symbols:
        raise UnsupportedError(f"{scheme} has symbols; certify takes numbers")
    return _certificate(scheme, scheme.exact, scheme.digits)


@functools.lru_cache(maxsize=128)
def _certificate(scheme: Scheme, exact: bool, digits: int | None) -> Certificate:
    if exact:
        return _of_exact(scheme, scheme, "its coefficients are exact")
    if (found := recovered(scheme)) is not None:
        field = "rational" if all(c.is_Rational for c in found.coefficients) else "in a small number field"
        return _of_exact(scheme, found, f"recovered: its coefficients are {field}")
    if isinstance(scheme, RungeKutta):
        if (found := projected(scheme)) is not None:
            return _of_exact(scheme, found, "rational solution of the simplifying assumptions")
        if (proof := proven(scheme)) is not None:
            return _of_proof(scheme, proof)
    return Certificate(scheme, None, None, math.inf, UNPROVEN if HAS_BALLS else NO_BALLS, order(scheme, report=True))


def _hat(scheme: Scheme) -> Scheme | None:
    return embedded(scheme) if getattr(scheme, "b_hat", None) is not None else None


def _of_exact(scheme: Scheme, found: Scheme, how: str) -> Certificate:
    hat = _hat(found)
    radius = _distance(found, scheme)
    report = order(scheme, report=True)
    order_hat = None if hat is None else order(hat)
    return Certificate(
        scheme,
        order(found),
        order_hat,
        radius,
        how,
        report,
        found,
        lambda n: [_ball_of(c, n) for c in found.coefficients],
    )


def _of_proof(scheme: RungeKutta, proof: Proof) -> Certificate:
    hat = _hat(scheme)
    report = judged(scheme)
    order_hat = None if hat is None else order(hat)
    return Certificate(scheme, report.order, order_hat, proof.radius, proof.how, report, None, proof.enclose)


def _distance(found: Scheme, scheme: Scheme) -> float:
    """An upper bound of the largest difference of coefficients."""
    digits = (scheme.digits or 15) + 20
    pairs = list(zip(found.coefficients, scheme.coefficients, strict=True))
    gaps = [abs(x - y) for x, y in pairs if x != y]
    if not gaps:
        return 0.0
    return float(max(sympy.N(g, digits) for g in gaps)) * (1 + 1e-9)


def _ball_of(value: Expr, digits: int) -> Any:
    if value.is_Rational:
        return ball(value)
    import_digits = digits + 20
    middle = sympy.N(value, import_digits)
    rational = sympy.Rational(str(middle))
    size = max(1.0, abs(float(middle)))
    return ball(rational) + _error(size * 10.0 ** -(min(import_digits - 5, 290)))


def _error(radius: float) -> Any:
    zero = ball(sympy.Integer(0))
    return type(zero)(0, radius)


def _decimal(value: Any, digits: int) -> str:
    with mpmath.workdps(digits + 30):
        middle = mpmath.mpf(value.mid()._mpf_)
        whole = int(mpmath.nint(middle * mpmath.mpf(10) ** digits))
    sign, text = "-" if whole < 0 else "", str(abs(whole)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"
