"""Implicit Runge-Kutta methods."""

from ..registry import entry
from ..runge_kutta import RungeKutta


@entry(reference="Hairer, Wanner, Solving Ordinary Differential Equations II, section IV.3")
def backward_euler() -> RungeKutta:
    """Euler's implicit method."""
    return RungeKutta([[1]], [1])


@entry(reference="Hairer, Lubich, Wanner, Geometric Numerical Integration, section II.1.1")
def implicit_midpoint() -> RungeKutta:
    """The implicit midpoint rule."""
    return RungeKutta([["1/2"]], [1])
