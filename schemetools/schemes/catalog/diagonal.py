"""Diagonally implicit Runge-Kutta methods."""

from sympy import Expr, Rational, sqrt

from schemetools.errors import CoefficientError
from schemetools.exact import parse
from schemetools.schemes.catalog._tableaux import square
from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.runge_kutta import RungeKutta

HALF = Rational(1, 2)
L_STABLE_CUBIC = "root(6*x^3-18*x^2+9*x-1, 2/5, 1/2)"


@entry(reference="norsett1974; hairer1993, section II.7")
def sdirk2(gamma: Coefficient = "1-sqrt(2)/2") -> RungeKutta:
    """The two-stage SDIRK methods of order two with nodes gamma and 1 - gamma; the default is L-stable.

    gamma = (3 + sqrt 3)/6 is crouzeix3.
    """
    return RungeKutta([[gamma, 0], [1 - 2 * gamma, gamma]], [HALF, HALF])


@entry(reference="crouzeix1975; norsett1974")
def crouzeix3() -> RungeKutta:
    """The A-stable two-stage SDIRK method of order three, gamma = (3 + sqrt 3)/6."""
    gamma = (3 + sqrt(3)) / 6
    return RungeKutta([[gamma, 0], [1 - 2 * gamma, gamma]], [HALF, HALF])


@entry(reference="alexander1977")
def alexander3() -> RungeKutta:
    """Alexander's L-stable, stiffly accurate SDIRK method of order three.

    gamma is the middle root of 6x^3 - 18x^2 + 9x - 1.
    """
    gamma = parse(L_STABLE_CUBIC)
    b = [-(6 * gamma**2 - 16 * gamma + 1) / 4, (6 * gamma**2 - 20 * gamma + 5) / 4, gamma]
    return RungeKutta(square([[gamma], [(1 - gamma) / 2, gamma], b]), b)


@entry(reference="bank1985; hosea1996")
def trbdf2(gamma: Coefficient = "2-sqrt(2)") -> RungeKutta:
    """The trapezoidal rule to t_n + gamma h, then BDF2: order two; the default is L-stable with equal diagonal entries.

    b_hat is of order three, made from the same stages.
    """
    _inside("trbdf2", gamma)
    end = HALF / (2 - gamma)
    b = [end, end, (1 - gamma) / (2 - gamma)]
    b_hat = [(3 * gamma - 1) / (6 * gamma), 1 / (6 * gamma * (1 - gamma)), (2 - 3 * gamma) / (6 * (1 - gamma))]
    return RungeKutta(square([[], [gamma / 2, gamma / 2], b]), b, b_hat=b_hat)


@entry(reference="kvaerno2004")
def kvaerno3() -> RungeKutta:
    """Kvaerno's stiffly accurate ESDIRK 3(2) pair, both results L-stable, gamma as in alexander3.

    The first stage is explicit, every stage has order two, and b_hat is the third row of A.
    """
    gamma = parse(L_STABLE_CUBIC)
    third = (HALF - gamma) / (2 * gamma)
    second_weight = 1 / (12 * gamma * (1 - 2 * gamma))
    third_weight = HALF - gamma - 2 * gamma * second_weight
    b = [1 - gamma - second_weight - third_weight, second_weight, third_weight, gamma]
    row = [1 - gamma - third, third, gamma, 0]
    return RungeKutta(square([[], [gamma, gamma], row, b]), b, b_hat=row)


def _inside(family: str, gamma: Expr) -> None:
    if gamma in (0, 1, 2):
        raise CoefficientError(f"{family}(gamma={gamma}) divides by zero; gamma is the inner node, neither 0, 1 nor 2")
