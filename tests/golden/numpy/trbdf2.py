"""One step of trbdf2(gamma=2-sqrt(2)) on NumPy arrays; written from the exact scheme by
schemetools.
"""

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


def step(f, history, h, error=False):
    """(x) one step of size h later; 3 evaluations of f.

    With error=True it returns an estimate of the step's error, too.

    Bank et al. (1985), Transient simulation of silicon devices and circuits, IEEE Transactions on
    Computer-Aided Design of Integrated Circuits and Systems 4, 436-451; Hosea, Shampine (1996),
    Analysis and implementation of TR-BDF2, Applied Numerical Mathematics 20, 21-37
    """
    (x,) = history
    k1 = f(x)
    z2 = x + h * 0.2928932188134525 * k1

    def residual(k):
        k2, = np.split(k, 1)
        k2 = k2.reshape(np.shape(z2))
        return np.concatenate([
            np.ravel(k2 - f(z2 + h * (0.2928932188134525 * k2))),
        ])

    k2, = np.split(solve(residual, np.concatenate([np.ravel(f(z2))])), 1)
    k2 = k2.reshape(np.shape(z2))
    z3 = x + h * (0.3535533905932738 * k1 + 0.3535533905932738 * k2)

    def residual(k):
        k3, = np.split(k, 1)
        k3 = k3.reshape(np.shape(z3))
        return np.concatenate([
            np.ravel(k3 - f(z3 + h * (0.2928932188134525 * k3))),
        ])

    k3, = np.split(solve(residual, np.concatenate([np.ravel(f(z3))])), 1)
    k3 = k3.reshape(np.shape(z3))
    y = z3 + h * 0.2928932188134525 * k3
    if not error:
        return (y,)
    estimate = h * (0.13807118745769836 * k1 - 0.3333333333333333 * k2 + 0.19526214587563498 * k3)
    return (y,), estimate
