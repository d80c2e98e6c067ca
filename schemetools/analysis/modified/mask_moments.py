"""Expectations over masks: independent copies of one random entry, by moments or, for gates, by enumeration."""

import functools
import itertools
from collections.abc import Sequence

import sympy
from sympy import Add, Expr, Mul, Poly, PolynomialError, Symbol

from schemetools.errors import UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.base import is_random
from schemetools.schemes.moments import expectation
from schemetools.schemes.random import distribution_of

MOST_GATES = 12  # 2^12 patterns


class Mask:
    """The entry of one unit, a formula in one random symbol, and expectations over independent copies of it."""

    def __init__(self, entry: Expr) -> None:
        self.entry = entry
        (self.symbol,) = (s for s in entry.free_symbols if is_random(s))

    @functools.cache  # noqa: B019  (a mask lives as long as the call that asks)
    def moment(self, n: int) -> Expr:
        """E[m^n]."""
        return expectation(self.entry**n)

    @property
    def variance(self) -> Expr:
        """Var[m]."""
        return self.cumulant(2)

    def cumulant(self, n: int) -> Expr:
        """The second, third or fourth cumulant."""
        centred = [expectation((self.entry - self.moment(1)) ** k) for k in range(n + 1)]
        return canonical(centred[4] - 3 * centred[2] ** 2) if n == 4 else centred[n]

    def deviation(self) -> Expr:
        """The standard deviation."""
        return sympy.sqrt(self.variance)

    def expectation(self, value: Expr, copies: Sequence[Symbol]) -> Expr:
        """E[value], the symbols `copies` being independent entries.

        A polynomial goes by the moments of the entry; any other formula of Bernoulli entries by enumeration.
        Raises UnsupportedError for what is neither.
        """
        used = [m for m in copies if value.has(m)]
        if not used:
            return value
        try:
            terms = Poly(value, *used).terms()
        except PolynomialError:
            return self._enumerated(value, used)
        if any(c.has(*used) for _, c in terms):
            return self._enumerated(value, used)
        return Add(*(c * Mul(*(self.moment(n) for n in powers)) for powers, c in terms))

    def _enumerated(self, value: Expr, used: Sequence[Symbol]) -> Expr:
        kind, parameters = distribution_of(self.symbol)
        if kind != "bernoulli" or len(used) > MOST_GATES:
            raise UnsupportedError(
                f"the mean of {value} over {len(used)} {kind} mask entries has no closed form here: it needs a field "
                f"that is polynomial in the mask, or at most {MOST_GATES} Bernoulli entries"
            )
        p = parameters[0]
        result = []
        for pattern in itertools.product((1, 0), repeat=len(used)):
            weight = Mul(*(p if gate else 1 - p for gate in pattern))
            values = {
                m: self.entry.xreplace({self.symbol: sympy.Integer(g)}) for m, g in zip(used, pattern, strict=True)
            }
            result.append(weight * value.subs(values))
        return Add(*result)
