"""One step of bdf(2) on NumPy arrays; written from the exact scheme by schemetools."""

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
    """(x, u1) one step of size h later; 1 evaluation of f.

    Curtiss, Hirschfelder (1952), Integration of stiff equations, Proceedings of the National
    Academy of Sciences 38, 235-243; Hairer, Nørsett, Wanner (1993), Solving Ordinary Differential
    Equations I: Nonstiff Problems, Springer, section III.1
    """
    if len(history) == 1:  # the first step: earlier values are those at the state
        x = history[0]
        history = (x, x)
    x, u1 = history
    z1 = 1.3333333333333333 * x - 0.3333333333333333 * u1

    def residual(k):
        k1, = np.split(k, 1)
        k1 = k1.reshape(np.shape(z1))
        return np.concatenate([
            np.ravel(k1 - f(z1 + h * (0.6666666666666666 * k1))),
        ])

    k1, = np.split(solve(residual, np.concatenate([np.ravel(f(z1))])), 1)
    k1 = k1.reshape(np.shape(z1))
    y = z1 + h * 0.6666666666666666 * k1
    return (y, x)
