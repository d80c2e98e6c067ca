"""Tableaus in floating point as other libraries want them: a last stage at the result, rows without the diagonal."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from schemetools import exact
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.runge_kutta import RungeKutta


@dataclass(frozen=True)
class FloatTable:
    """A (s, s), b, c (s,), b - b_hat (s,) or None."""

    A: Any
    b: Any
    c: Any
    error: Any

    @property
    def is_explicit(self) -> bool:
        """Whether no stage needs itself or a later one."""
        return not np.triu(self.A).any()

    @property
    def ends_in_result(self) -> bool:
        """Whether the last stage is evaluated at the result (first same as last)."""
        return bool((self.A[-1] == self.b).all() and self.b[-1] == 0)

    @property
    def lower(self) -> tuple[Any, ...]:
        """The rows below the diagonal, from the second stage on."""
        return tuple(self.A[i, :i] for i in range(1, len(self.b)))

    def with_result(self) -> "FloatTable":
        """The same method with a stage at the result, which the next step begins with."""
        if self.ends_in_result:
            return self
        A = np.block([[self.A, np.zeros((len(self.b), 1))], [self.b, np.zeros(1)]])
        error = None if self.error is None else np.append(self.error, 0)
        return FloatTable(A, np.append(self.b, 0), np.append(self.c, 1), error)


def float_table(scheme: RungeKutta, *, target: str) -> FloatTable:
    """The coefficients rounded to doubles. Raises UnsupportedError for stages that need later ones."""
    if scheme.free_symbols or scheme.random_symbols:
        open_symbols = ", ".join(sorted(map(str, scheme.free_symbols | scheme.random_symbols)))
        raise SchemeError(f"{scheme} has coefficients without a value: give {open_symbols} one")
    A = np.array([[exact.to_float(x) for x in row] for row in scheme.A])
    if np.triu(A, 1).any():
        raise UnsupportedError(
            f"{scheme} is fully implicit: {target} takes explicit and diagonally implicit tableaus; to_scipy takes all"
        )
    b, c = (np.array([exact.to_float(x) for x in row]) for row in (scheme.b, scheme.c))
    hat = None if scheme.b_hat is None else [exact.to_float(x - y) for x, y in zip(scheme.b, scheme.b_hat, strict=True)]
    return FloatTable(A, b, c, None if hat is None else np.array(hat))
