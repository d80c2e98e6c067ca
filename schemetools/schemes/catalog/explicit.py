"""Explicit Runge-Kutta methods without an embedded result, and the families of given order and stages."""

from sympy import Expr, Rational, Symbol

from schemetools.errors import CoefficientError
from schemetools.schemes.catalog._tableaux import explicit, square
from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.runge_kutta import RungeKutta


@entry(reference="euler1768; he2016", aliases=("resnet", "forward_euler"))
def euler() -> RungeKutta:
    """Euler's explicit method; a residual network x + F(x)."""
    return RungeKutta([[0]], [1])


@entry(reference="runge1895", aliases=("explicit_midpoint",))
def midpoint() -> RungeKutta:
    """The explicit midpoint rule."""
    return RungeKutta(explicit("1/2"), [0, 1])


@entry(reference="heun1900", aliases=("heun", "ssprk22"))
def heun2() -> RungeKutta:
    """Heun's method of order two, the explicit trapezoidal rule."""
    return RungeKutta(explicit("1"), ["1/2", "1/2"])


@entry(reference="ralston1962")
def ralston2() -> RungeKutta:
    """Ralston's method of order two, of least principal error bound."""
    return RungeKutta(explicit("2/3"), ["1/4", "3/4"])


@entry(reference="kutta1901")
def kutta3() -> RungeKutta:
    """Kutta's method of order three, Simpson's rule as a Runge-Kutta method."""
    return RungeKutta(explicit("1/2; -1 2"), ["1/6", "2/3", "1/6"])


@entry(reference="heun1900")
def heun3() -> RungeKutta:
    """Heun's method of order three."""
    return RungeKutta(explicit("1/3; 0 2/3"), ["1/4", 0, "3/4"])


@entry(reference="ralston1962")
def ralston3() -> RungeKutta:
    """Ralston's method of order three, of least principal error bound."""
    return RungeKutta(explicit("1/2; 0 3/4"), ["2/9", "1/3", "4/9"])


@entry(reference="kutta1901, p. 443", aliases=("rk4_tableau",))
def rk4() -> RungeKutta:
    """The classical Runge-Kutta method of order four."""
    return RungeKutta(explicit("1/2; 0 1/2; 0 0 1"), ["1/6", "1/3", "1/3", "1/6"])


@entry(reference="kutta1901")
def rk38() -> RungeKutta:
    """Kutta's 3/8 rule of order four."""
    return RungeKutta(explicit("1/3; -1/3 1; 1 -1 1"), ["1/8", "3/8", "3/8", "1/8"])


@entry(reference="ralston1962")
def ralston4() -> RungeKutta:
    """Ralston's method of order four, of least principal error bound, in QQ(sqrt 5)."""
    A = [
        [],
        ["2/5"],
        ["(-2889+1428*sqrt(5))/1024", "(3785-1620*sqrt(5))/1024"],
        ["(-3365+2094*sqrt(5))/6040", "(-975-3046*sqrt(5))/2552", "(467040+203968*sqrt(5))/240845"],
    ]
    b = ["(263+24*sqrt(5))/1812", "(125-1000*sqrt(5))/3828", "1024*(3346+1623*sqrt(5))/5924787", "(30-4*sqrt(5))/123"]
    return RungeKutta(square(A), b)


@entry(reference="gill1951")
def gill4() -> RungeKutta:
    """Gill's method of order four, made for few registers, in QQ(sqrt 2)."""
    A = [[], ["1/2"], ["(sqrt(2)-1)/2", "(2-sqrt(2))/2"], [0, "-sqrt(2)/2", "(2+sqrt(2))/2"]]
    return RungeKutta(square(A), ["1/6", "(2-sqrt(2))/6", "(2+sqrt(2))/6", "1/6"])


@entry(reference="nystrom1925")
def nystrom5() -> RungeKutta:
    """Nystrom's correction of Kutta's method of order five, six stages."""
    A = explicit("""
        1/3
        4/25   6/25
        1/4   -3     15/4
        2/27   10/9 -50/81  8/81
        2/25   12/25  2/15  8/75  0
    """)
    return RungeKutta(A, ["23/192", 0, "125/192", 0, "-27/64", "125/192"])


@entry(
    reference="butcher1964",
    note="A later method of Butcher on the same rule has the name as well, BuRK65 of nodepy: its rows 4 to 6 are 0, "
    "0, 1/2; 3/16, -3/8, 3/8, 9/16; -3/7, 8/7, 6/7, -12/7, 8/7.",
)
def butcher5() -> RungeKutta:
    """Butcher's method of order five, six stages, on Boole's quadrature rule."""
    A = explicit("""
         1/4
         1/8   1/8
         0    -1/2   1
         3/16  0     0     9/16
        -3/7   2/7  12/7 -12/7  8/7
    """)
    return RungeKutta(A, ["7/90", 0, "16/45", "2/15", "16/45", "7/90"])


@entry(reference="butcher1964")
def butcher6() -> RungeKutta:
    """Butcher's method of order six, seven stages, the fewest that reach it."""
    A = explicit("""
         1/3
         0     2/3
         1/12  1/3  -1/12
        -1/16  9/8  -3/16 -3/8
         0     9/8  -3/8  -3/4   1/2
         9/44 -9/11 63/44 18/11  0  -16/11
    """)
    return RungeKutta(A, ["11/120", 0, "27/40", "27/40", "-4/15", "-4/15", "11/120"])


@entry(reference="butcher2016, section 231")
def rk22(a: Coefficient = Symbol("a")) -> RungeKutta:
    """All two-stage methods of order two, by the node a = c_2 != 0: a = 1/2, 2/3, 1 are midpoint, ralston2, heun2."""
    _nonzero("rk22", a=a)
    last = 1 / (2 * a)
    return RungeKutta(square([[], [a]]), [1 - last, last])


@entry(reference="butcher2016, section 233")
def rk33(a: Coefficient = Symbol("a"), b: Coefficient = Symbol("b")) -> RungeKutta:
    """The three-stage methods of order three with nodes 0, a, b, both nonzero, a != b and a != 2/3."""
    _nonzero("rk33", **{"a": a, "b": b, "a - b": a - b, "a - 2/3": a - Rational(2, 3)})
    coupling = b * (b - a) / (a * (2 - 3 * a))
    second = (3 * b - 2) / (6 * a * (b - a))
    third = (2 - 3 * a) / (6 * b * (b - a))
    return RungeKutta(square([[], [a], [b - coupling, coupling]]), [1 - second - third, second, third])


@entry(reference="butcher2016, section 235")
def rk44(w: Coefficient = Symbol("w")) -> RungeKutta:
    """The four-stage methods of order four with nodes 0, 1/2, 1/2, 1, by w = b_3 != 0.

    w = 1/3 is rk4, (2 + sqrt 2)/6 gill4.
    """
    _nonzero("rk44", w=w)
    half = Rational(1, 2)
    coupling = 1 / (6 * w)
    A = square([[], [half], [half - coupling, coupling], [0, 1 - 3 * w, 3 * w]])
    return RungeKutta(A, [Rational(1, 6), Rational(2, 3) - w, w, Rational(1, 6)])


def _nonzero(family: str, **values: Expr) -> None:
    for what, value in values.items():
        if value == 0:
            raise CoefficientError(f"{family} divides by {what}, which is 0 here; choose other nodes")
