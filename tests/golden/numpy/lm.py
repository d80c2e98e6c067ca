"""One step of lm(k) on NumPy arrays; written from the exact scheme by schemetools."""

import numpy as np


def step(f, history, h, k):
    """(x, u1) one step of size h later; 1 evaluation of f.

    Lu et al. (2018), Beyond finite layer neural networks: Bridging deep architectures and numerical
    differential equations, International Conference on Machine Learning, arXiv 1710.10121
    """
    if len(history) == 1:  # the first step: earlier values are those at the state
        x = history[0]
        history = (x, x)
    x, u1 = history
    k1 = f(x)
    y = (1 - k) * x + k * u1 + h * k1
    return (y, x)
