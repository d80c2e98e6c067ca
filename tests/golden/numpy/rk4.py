"""One step of rk4 on NumPy arrays; written from the exact scheme by schemetools."""

import numpy as np


def step(f, history, h):
    """(x) one step of size h later; 4 evaluations of f.

    Kutta (1901), Beitrag zur näherungsweisen Integration totaler Differentialgleichungen,
    Zeitschrift für Mathematik und Physik 46, 435-453, p. 443
    """
    (x,) = history
    k1 = f(x)
    y2 = x + h * 0.5 * k1
    k2 = f(y2)
    y3 = x + h * 0.5 * k2
    k3 = f(y3)
    y4 = x + h * k3
    k4 = f(y4)
    y = x + h * (0.16666666666666666 * k1 + 0.3333333333333333 * k2 + 0.3333333333333333 * k3 + 0.16666666666666666 * k4)
    return (y,)
