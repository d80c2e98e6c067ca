"""One step of leapfrog on NumPy arrays; written from the exact scheme by schemetools."""

import numpy as np


def step(f, history, h):
    """(x, u1) one step of size h later; 1 evaluation of f.

    Hairer, Lubich, Wanner (2006), Geometric Numerical Integration: Structure-Preserving Algorithms
    for Ordinary Differential Equations, Springer, section XV.1
    """
    if len(history) == 1:  # the first step: earlier values are those at the state
        x = history[0]
        history = (x, x)
    x, u1 = history
    k1 = f(x)
    y = u1 + h * 2 * k1
    return (y, x)
