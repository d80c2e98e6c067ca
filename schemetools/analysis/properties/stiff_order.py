"""The stiff order of exponential methods: how fast they converge for parabolic problems, whatever the size of h L."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer

from schemetools.errors import UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes import phi
from schemetools.schemes.base import as_scheme
from schemetools.schemes.exponential import Exponential

HIGHEST = 4


def stiff_order(s: Any) -> int:
    """The order of an exponential method uniformly in h L, by the conditions of Hochbruck and Ostermann, through 4.

        psi_j = phi_j - sum_i b_i c_i^(j-1)/(j-1)!,    psi_(j,i) = c_i^j phi_j(c_i z) - sum_k a_ik c_k^(j-1)/(j-1)!
        1: psi_1 = 0    2: psi_2 = 0, psi_(1,i) = 0    3: psi_3 = 0, sum b_i J psi_(2,i) = 0
        4: psi_4 = 0, sum b_i J psi_(3,i) = sum b_i J a_ij J psi_(2,j) = sum b_i c_i K psi_(2,i) = 0

    for all z and all operators J, K; those of the highest order may hold with b_i(0) and psi_p(0) alone. Decided
    exactly: phi functions of different arguments are independent. It is a bound on the error for solutions along which
    N(t, u(t)) has p derivatives bounded uniformly in L: not through the fast transient of an initial value, nor where
    N grows with L; and what is observed may be more. Raises UnsupportedError for other kinds.
    Source: Hochbruck, Ostermann, Explicit exponential Runge-Kutta methods for semilinear parabolic problems, SIAM
    Journal on Numerical Analysis 43 (2005), table 2 and theorem 4.7.

    >>> import schemetools as st
    >>> [stiff_order(name) for name in ("etd1", "etdrk2", "etdrk4", "krogstad4")]
    [1, 2, 2, 3]
    """
    scheme = as_scheme(s)
    if not isinstance(scheme, Exponential):
        raise UnsupportedError(f"{scheme} is no exponential method; order is what it has")
    found = 0
    for p in range(1, HIGHEST + 1):
        if not _Conditions(scheme, weak=True).hold(p):
            break
        found = p
        if not _Conditions(scheme, weak=False).hold(p):
            break
    return found


class _Conditions:
    """The conditions of one order; `weak` takes the weights at z = 0."""

    def __init__(self, scheme: Exponential, *, weak: bool) -> None:
        self.scheme, self.s, self.weak = scheme, range(scheme.stages), weak
        self.b: Sequence[Expr] = [phi.at_zero(w) for w in scheme.b] if weak else scheme.b

    def hold(self, p: int) -> bool:
        """Whether all conditions of order p hold."""
        c, A, s = self.scheme.c, self.scheme.A, self.s
        result = self._gap(self.scheme.b, Integer(1), p)
        if (phi.at_zero(result) if self.weak else result) != 0:
            return False
        if p == 2:
            return all(self.inner(1, i) == 0 for i in s)
        if p == 3:
            return _vanish([(self.b[i], self.inner(2, i)) for i in s])
        if p == 4:
            twice = [(self.b[i], A[i][j], self.inner(2, j)) for i in s for j in s]
            weighted = [(phi.combination(c[i] * self.b[i]), self.inner(2, i)) for i in s]
            return all(map(_vanish, ([(self.b[i], self.inner(3, i)) for i in s], twice, weighted)))
        return True

    def inner(self, j: int, i: int) -> Expr:
        """psi_(j,i)."""
        return self._gap(self.scheme.A[i], self.scheme.c[i], j)

    def _gap(self, weights: Sequence[Expr], end: Expr, j: int) -> Expr:
        taken = sum((w * c ** (j - 1) for w, c in zip(weights, self.scheme.c, strict=True)), Integer(0))
        return phi.combination(canonical(end**j) * phi.phi(j, end) - taken / math.factorial(j - 1))


def _vanish(products: Sequence[tuple[Expr, ...]]) -> bool:
    """Whether a sum of products of operators, with arbitrary ones between them, is 0: a sum of tensors."""
    total: dict[Any, Expr] = {}
    for factors in products:
        for choice in itertools.product(*map(phi.terms, factors)):
            key = tuple((term.index, term.scale) for term in choice)
            value = math.prod((term.factor for term in choice), start=Integer(1))
            total[key] = total.get(key, Integer(0)) + value
    return all(canonical(value) == 0 for value in total.values())
