"""Explicit Runge-Kutta methods."""

from ..registry import entry
from ..runge_kutta import RungeKutta


@entry(reference="Euler (1768), Institutionum calculi integralis, vol. 1", aliases=("resnet",))
def euler() -> RungeKutta:
    """Euler's explicit method; a residual network x + F(x)."""
    return RungeKutta([[0]], [1])


@entry(reference="Kutta (1901), Z. Math. Phys. 46, p. 443", aliases=("rk4_tableau",))
def rk4() -> RungeKutta:
    """The classical Runge-Kutta method of order four."""
    A = [[0, 0, 0, 0], ["1/2", 0, 0, 0], [0, "1/2", 0, 0], [0, 0, 1, 0]]
    return RungeKutta(A, ["1/6", "1/3", "1/3", "1/6"])
