"""One step of adams_bashforth(3) on NumPy arrays; written from the exact scheme by schemetools."""

import numpy as np


def step(f, history, h):
    """(x, d1, d2) one step of size h later; 1 evaluation of f.

    Bashforth, Adams (1883), An attempt to test the theories of capillary action, Cambridge
    University Press; Hairer, Nørsett, Wanner (1993), Solving Ordinary Differential Equations I:
    Nonstiff Problems, Springer, section III.1
    """
    if len(history) == 1:  # the first step: earlier values are those at the state
        x = history[0]
        history = (x, h * f(x), h * f(x))
    x, d1, d2 = history
    k1 = f(x)
    y = x - 1.3333333333333333 * d1 + 0.4166666666666667 * d2 + h * 1.9166666666666667 * k1
    d1_new = h * k1
    return (y, d1_new, d1)
