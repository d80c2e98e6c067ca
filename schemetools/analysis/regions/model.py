"""What a region is computed from: an array of floats and the zeros of its polynomials."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class NumericModel:
    """Phi with float coefficients, phi[j, m] multiplying w^j z^m; for one-step schemes also the zeros of P and Q.

    `everywhere` is the verdict on all points where z cancels out of Phi, phi then being the polynomial at z = 0.
    """

    phi: np.ndarray
    zeros: tuple[np.ndarray, np.ndarray] | None
    everywhere: bool | None = None

    @property
    def steps(self) -> int:
        """The degree in w."""
        return len(self.phi) - 1
