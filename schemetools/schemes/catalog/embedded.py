"""Embedded pairs to order five: b has the order in the name's digit, b_hat the other."""

from sympy import Rational

from schemetools.schemes.catalog._tableaux import explicit, square
from schemetools.schemes.registry import entry
from schemetools.schemes.runge_kutta import RungeKutta


@entry(reference="heun1900")
def heun_euler() -> RungeKutta:
    """Heun's method of order two with Euler's as its error estimate."""
    return RungeKutta(explicit("1"), ["1/2", "1/2"], b_hat=[1, 0])


@entry(reference="bogacki1989", aliases=("bs3", "ode23"))
def bogacki_shampine3() -> RungeKutta:
    """The 3(2) pair of Bogacki and Shampine, first same as last."""
    A = explicit("1/2; 0 3/4; 2/9 1/3 4/9")
    return RungeKutta(A, ["2/9", "1/3", "4/9", 0], b_hat=["7/24", "1/4", "1/3", "1/8"])


@entry(reference="merson1957", aliases=("merson",))
def merson4() -> RungeKutta:
    """Merson's method of order four; b_hat has order three, and five for u' = Au + b."""
    A = explicit("1/3; 1/6 1/6; 1/8 0 3/8; 1/2 0 -3/2 2")
    return RungeKutta(A, ["1/6", 0, 0, "2/3", "1/6"], b_hat=["1/10", 0, "3/10", "2/5", "1/5"])


@entry(reference="zonneveld1964", aliases=("zonneveld",))
def zonneveld4() -> RungeKutta:
    """Zonneveld's 4(3) pair: the classical method and one more stage for the estimate."""
    A = explicit("1/2; 0 1/2; 0 0 1; 5/32 7/32 13/32 -1/32")
    return RungeKutta(A, ["1/6", "1/3", "1/3", "1/6", 0], b_hat=["-1/2", "7/3", "7/3", "13/6", "-16/3"])


@entry(reference="fehlberg1969", aliases=("rkf45",))
def fehlberg45() -> RungeKutta:
    """Fehlberg's 4(5) pair, formula 2."""
    A = explicit("""
        1/4
        3/32       9/32
        1932/2197 -7200/2197  7296/2197
        439/216   -8          3680/513   -845/4104
        -8/27      2         -3544/2565  1859/4104  -11/40
    """)
    b = ["25/216", 0, "1408/2565", "2197/4104", "-1/5", 0]
    return RungeKutta(A, b, b_hat=["16/135", 0, "6656/12825", "28561/56430", "-9/50", "2/55"])


@entry(reference="cash1990", aliases=("cash_karp",))
def cash_karp5() -> RungeKutta:
    """The 5(4) pair of Cash and Karp."""
    A = explicit("""
        1/5
        3/40        9/40
        3/10       -9/10     6/5
        -11/54      5/2     -70/27      35/27
        1631/55296  175/512  575/13824  44275/110592  253/4096
    """)
    b = ["37/378", 0, "250/621", "125/594", 0, "512/1771"]
    return RungeKutta(A, b, b_hat=["2825/27648", 0, "18575/48384", "13525/55296", "277/14336", "1/4"])


@entry(reference="dormand1980", aliases=("dormand_prince5", "ode45"))
def dopri5() -> RungeKutta:
    """The 5(4) pair of Dormand and Prince, RK5(4)7M, first same as last."""
    A = explicit("""
        1/5
        3/40        9/40
        44/45      -56/15       32/9
        19372/6561 -25360/2187  64448/6561 -212/729
        9017/3168  -355/33      46732/5247  49/176  -5103/18656
        35/384      0           500/1113    125/192 -2187/6784   11/84
    """)
    b = ["35/384", 0, "500/1113", "125/192", "-2187/6784", "11/84", 0]
    return RungeKutta(A, b, b_hat=["5179/57600", 0, "7571/16695", "393/640", "-92097/339200", "187/2100", "1/40"])


@entry(reference="tsitouras2011")
def tsit5() -> RungeKutta:
    """The 5(4) pair of Tsitouras, as published: decimals, so that its order conditions hold to 2e-15 only.

    The first column makes the row sums 0.161, 0.327, 0.9, 0.9800255409045097, 1; the last row is b.
    """
    nodes = ["0.161", "0.327", "0.9", "0.9800255409045097", "1"]
    after_first = [
        [],
        ["0.335480655492357"],
        ["-6.359448489975075", "4.362295432869581"],
        ["-11.74888356406283", "7.495539342889836", "-0.09249506636175525"],
        ["-12.92096931784711", "8.159367898576159", "-0.071584973281401", "-0.02826905039406838"],
    ]
    weights = "0.09646076681806523 0.01 0.4798896504144996 1.379008574103742 -3.290069515436081 2.324710524099774 0"
    error = (
        "0.001780011052226 0.000816434459657 -0.007880878010262 0.144711007173263 -0.582357165452555 0.458082105929187"
    )
    b = [Rational(w) for w in weights.split()]
    b_hat = [w - e for w, e in zip(b, [*map(Rational, error.split()), Rational(-1, 66)], strict=True)]
    rows = [[Rational(a) for a in row] for row in after_first]
    first = [Rational(c) - sum(row) for c, row in zip(nodes, rows, strict=True)]
    A = [[], *([a, *row] for a, row in zip(first, rows, strict=True)), b[:-1]]
    return RungeKutta(square(A), b, b_hat=b_hat, exact=False)
