"""Splitting methods as tableaux: a step of one field after a step of another."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from sympy import Expr, Integer, Rational, sympify

from schemetools.errors import UnsupportedError
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.splitting import splitting

FIELDS = ("F", "G")


def split(parts: Sequence[tuple[str, Expr]], inner: Scheme) -> AdditiveRungeKutta:
    """u' = F(u) + G(u) by steps of `inner`: each part (field, fraction of h) advances u by that field alone."""
    inner = as_scheme(inner)
    if not isinstance(inner, RungeKutta):
        raise UnsupportedError(f"a splitting takes its steps by a Runge-Kutta scheme; {type(inner).__name__} came")
    starts = [0, *accumulate(inner.stages for _ in parts)]
    s = starts[-1]

    def tableau(label: str) -> RungeKutta:
        b: list[Expr] = [Integer(0)] * s
        A = []
        for start, (field, fraction) in zip(starts, parts, strict=False):
            done = list(b)
            for row in inner.A:
                own = [fraction * a if field == label else Integer(0) for a in row]
                A.append([*done[:start], *own, *done[start + inner.stages :]])
            if field == label:
                b[start : start + inner.stages] = [fraction * w for w in inner.b]
        return RungeKutta(A, b)

    return AdditiveRungeKutta({label: tableau(label) for label in FIELDS})


def composition(shares: Sequence[Any], digits: int | None = None) -> AdditiveRungeKutta:
    """Steps of Stoermer-Verlet of the sizes w_i h one after another; half steps of p that meet are joined."""
    w = [Rational(x) if isinstance(x, str) else sympify(x) for x in shares]
    ends = [w[0] / 2, *((a + b) / 2 for a, b in pairwise(w)), w[-1] / 2]
    return symplectic(ends, [*w, Integer(0)], digits)


def mirrored(outer: Sequence[str], digits: int) -> AdditiveRungeKutta:
    """The composition w_m, ..., w_1, w_0, w_1, ..., w_m from the outer shares w_m, ..., w_1 in decimals."""
    w = [Rational(x) for x in outer]
    return composition([*w, 1 - 2 * sum(w), *w[::-1]], digits)


def symplectic(p_weights: Sequence[Expr], q_weights: Sequence[Expr], digits: int | None = None) -> AdditiveRungeKutta:
    """p' = F(q), q' = G(p) by alternating steps p += c_i h F(q), q += d_i h G(p); rounded ones to `digits`."""
    known: dict[str, Any] = {} if digits is None else {"exact": False, "digits": digits}
    return splitting(p_weights, q_weights, **known)
