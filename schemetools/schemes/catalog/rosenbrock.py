"""Rosenbrock methods: linearly implicit, one Jacobian per step."""

from sympy import Rational

from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.rosenbrock import Rosenbrock

HALF = Rational(1, 2)
ROSENBROCK = "rosenbrock"


@entry(reference="verwer1999; hairer1996, section IV.7", kind=ROSENBROCK)
def ros2(gamma: Coefficient = "1-sqrt(2)/2") -> Rosenbrock:
    """The two-stage Rosenbrock-W method of Verwer, of order two for every J; L-stable iff gamma = 1 +- sqrt(2)/2.

    gamma = 1 - sqrt(2)/2 has the smaller error; b_hat = (1, 0) is of order one.
    """
    return Rosenbrock([[0, 0], [1, 0]], [[gamma, 0], [-2 * gamma, gamma]], [HALF, HALF], b_hat=[1, 0], w_method=True)
