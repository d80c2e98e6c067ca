"""Solving u' = L u + N(t, u) with an exponential method, in equal steps."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from schemetools.codegen.exponential import checked_linear
from schemetools.errors import SchemeError
from schemetools.exact import to_float
from schemetools.interop.fields import Timed, timed
from schemetools.schemes import phi
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.phi_values import phi_functions


def parts(scheme: Exponential, f: Any, u: Any) -> tuple[Any, Timed]:
    """(L, N(t, u)) from {"L": ..., "N": ...} or a pair; SchemeError for anything else."""
    given = [f[label] for label in scheme.fields] if isinstance(f, Mapping) and set(f) == set(scheme.fields) else f
    if not isinstance(given, (tuple, list)) or len(given) != 2 or callable(given[0]):
        raise SchemeError(
            f"f is {{'L': ..., 'N': ...}} for {scheme}, L a number, a diagonal or a matrix and N a function; {f!r} came"
        )
    size = np.shape(u)[-1] if np.ndim(u) else 1
    return checked_linear(scheme, given[0], size), timed(given[1])


class ExponentialStepper:
    """step(t, u) of one step size: the phi functions of h L are made once."""

    def __init__(self, scheme: Exponential, linear: Any, field: Timed, h: float) -> None:
        self.field, self.h, self.c = field, h, [to_float(c) for c in scheme.c]
        self.dense = linear.ndim == 2
        weights = [entry for row in (*scheme.A, scheme.b) for entry in row]
        terms = [term for entry in weights for term in phi.terms(entry)]
        scales = {term.scale for term in terms} | set(scheme.c) | {phi.Integer(1)}
        highest = max((term.index for term in terms), default=0)
        known = {scale: phi_functions(np, to_float(scale) * h * linear, highest) for scale in scales}
        self.flows = [known[c][0] for c in (*scheme.c, phi.Integer(1))]

        def value(entry: Any) -> Any:
            found = phi.terms(entry)
            return sum((to_float(t.factor) * known[t.scale][t.index] for t in found), 0.0) if found else None

        self.A, self.b = [[value(a) for a in row] for row in scheme.A], [value(w) for w in scheme.b]

    def __call__(self, t: float, u: Any) -> Any:
        """The state h later."""
        slopes: list[Any] = []
        for i, c in enumerate(self.c):
            slopes.append(self.field(t + c * self.h, self._combined(self.flows[i], u, self.A[i], slopes)))
        return self._combined(self.flows[-1], u, self.b, slopes)

    def _combined(self, flow: Any, u: Any, row: Any, slopes: Any) -> Any:
        increments = [self._act(w, n) for w, n in zip(row, slopes, strict=False) if w is not None]
        return self._act(flow, u) + (self.h * sum(increments) if increments else 0.0)

    def _act(self, weight: Any, value: Any) -> Any:
        return value @ weight.T if self.dense else weight * value
