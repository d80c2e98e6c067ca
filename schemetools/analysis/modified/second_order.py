"""The edge of zero-stability, where 1 becomes a double root of rho: equations of second order take over.

With a step delta in time and h = delta^2, sum_j g_j delta^(j-2) u^(j) = f: as delta -> 0 along a path on which g_1 =
c delta + ..., g_2 u'' + c u' = f. For lm with k = -1 + c delta it is u'' + c u' = f; for k_n = -(n-1)/(n+2), c = 3/t
(Su, Boyd, Candes 2014).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Symbol

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact.style import TEXT
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep

DELTA, STEP, TIME = Symbol("delta", positive=True), Symbol("n", positive=True), Symbol("t", positive=True)


@dataclass(frozen=True)
class SecondOrderLimit:
    """mass u'' + damping(t) u' = f, in the time t = n delta, with h = delta^2.

    >>> import schemetools as st
    >>> limit = st.second_order_limit(st.lm(), k="-(n-1)/(n+2)")
    >>> limit.mass, limit.damping
    (1, 3/t)
    """

    scheme: Scheme
    mass: Expr
    damping: Expr

    def __str__(self) -> str:
        sign, mass = TEXT.coefficient(self.mass)
        left = f"{'-' if sign == '-' else ''}{'' if mass == '1' else mass + ' '}u''"
        if self.damping != 0:
            sign, c = TEXT.coefficient(self.damping)
            factor = "" if c == "1" else (f"({c}) " if "/" in c else f"{c} ")
            left += f" {sign} {factor}u'"
        return f"{left} = f,   t = n sqrt(h)"


def second_order_limit(s: Any, **path: Any) -> SecondOrderLimit:
    """The limit of a two-parameter scaling: h = delta^2, one step is delta in time, coefficients on a path to the edge.

    `path` gives free symbols as expressions in `delta`, and in `n` or `t` = n delta where they vary over the steps;
    without one the scheme itself must have rho'(1) = 0. Raises UnsupportedError where g_1/delta has no finite limit.

    >>> import schemetools as st
    >>> print(second_order_limit(st.lm(), k="-(n-1)/(n+2)"))
    u'' + (3/t) u' = f,   t = n sqrt(h)
    """
    scheme = as_scheme(s)
    if not isinstance(scheme, LinearMultistep):
        raise UnsupportedError(
            f"a limit of second order needs a multistep scheme, and {scheme} is of the kind {type(scheme).__name__}: a "
            "one-step scheme has a simple root 1"
        )
    method = reduced_multistep(scheme)
    moving = {Symbol(name): _path(value) for name, value in path.items()}
    if missing := set(moving) - set(scheme.free_symbols):
        raise SchemeError(f"{scheme} has no free symbol {', '.join(map(str, missing))}")
    first, second = _first_two(method, moving)
    damping = sympy.limit(first / DELTA, DELTA, 0)
    mass = sympy.limit(second, DELTA, 0)
    if not (damping.is_finite and mass.is_finite) or damping.has(sympy.oo) or mass == 0:
        raise UnsupportedError(
            f"rho'(1)/sigma(1) is {sympy.limit(first, DELTA, 0)} at the end of this path, not 0 like delta: "
            "the limit is of first order; modified_equation derives it"
        )
    plain = {TIME: Symbol("t"), STEP: Symbol("n")}
    return SecondOrderLimit(scheme, mass.xreplace(plain), sympy.factor(damping).xreplace(plain))


def _path(value: Any) -> Expr:
    """A path as an expression in delta and t."""
    positive: Mapping[str, Symbol] = {"delta": DELTA, "n": STEP, "t": TIME}
    text = isinstance(value, str)
    path = exact_arithmetic.parse(value, [*positive]) if text else exact_arithmetic.expression(value)
    path = path.xreplace({x: positive[x.name] for x in path.free_symbols if x.name in positive})
    return path.subs(STEP, TIME / DELTA)


def _first_two(method: LinearMultistep, moving: Mapping[Symbol, Expr]) -> tuple[Expr, Expr]:
    """g_1 and g_2 of rho(e^x)/sigma(e^x) along the path."""
    k = range(method.steps + 1)
    alpha, beta = ([c.subs(moving) for c in row] for row in (method.alpha, method.beta))
    r1 = sympy.Add(*(j * alpha[j] for j in k))
    r2 = sympy.Add(*(j**2 * alpha[j] for j in k)) / 2
    s0, s1 = sympy.Add(*beta), sympy.Add(*(j * beta[j] for j in k))
    if sympy.simplify(s0) == 0:
        raise UnsupportedError("sigma(1) = 0: f drops out of the limit")
    first = r1 / s0
    return sympy.together(first), sympy.together((r2 - s1 * first) / s0)
