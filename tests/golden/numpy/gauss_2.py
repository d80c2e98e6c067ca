"""One step of gauss(2) on NumPy arrays; written from the exact scheme by schemetools."""

import numpy as np


class NotSolved(ArithmeticError):
    """The implicit stages have no solution that was found."""


def solve(residual, k, tol=1e-13, max_iterations=50):
    """k with residual(k) = 0, by Newton's method with a differenced Jacobian."""
    best = np.inf
    for _ in range(max_iterations):
        r = residual(k)
        size = np.linalg.norm(r)
        if size <= tol * (1 + np.linalg.norm(k)) or (size >= best / 2 and size <= 1e-9 * (1 + np.linalg.norm(k))):
            return k
        best = min(best, size)
        d = 1e-7 * (1 + np.abs(k).max())
        jacobian = np.stack([(residual(k + d * e) - r) / d for e in np.eye(k.size)], axis=1)
        try:
            k = k - np.linalg.solve(jacobian, r)
        except np.linalg.LinAlgError:
            break
    raise NotSolved("the implicit stages did not converge; take a smaller h")


def step(f, history, h):
    """(x) one step of size h later; 2 evaluations of f.

    Butcher (1964), Implicit Runge-Kutta processes, Mathematics of Computation 18, 50-64
    """
    (x,) = history

    def residual(k):
        k1, k2 = np.split(k, 2)
        k1 = k1.reshape(np.shape(x))
        k2 = k2.reshape(np.shape(x))
        return np.concatenate([
            np.ravel(k1 - f(x + h * (0.25 * k1 - 0.03867513459481288 * k2))),
            np.ravel(k2 - f(x + h * (0.5386751345948129 * k1 + 0.25 * k2))),
        ])

    k1, k2 = np.split(solve(residual, np.concatenate([np.ravel(f(x)), np.ravel(f(x))])), 2)
    k1 = k1.reshape(np.shape(x))
    k2 = k2.reshape(np.shape(x))
    y = x + h * (0.5 * k1 + 0.5 * k2)
    return (y,)
