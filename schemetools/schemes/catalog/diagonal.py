"""Diagonally implicit Runge-Kutta methods."""

from sympy import Expr, Integer, Rational, sqrt

from schemetools.errors import CoefficientError, SchemeError
from schemetools.exact import parse
from schemetools.schemes.catalog._tableaux import square
from schemetools.schemes.catalog._tables import table
from schemetools.schemes.linear import solve_consistent
from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.runge_kutta import RungeKutta

HALF = Rational(1, 2)
L_STABLE_CUBIC = "root(6*x^3-18*x^2+9*x-1, 2/5, 1/2)"
L_STABLE_QUARTIC = "root(24*x^4-96*x^3+72*x^2-16*x+1, 1/2, 3/5)"


@entry(
    reference="norsett1974; hairer1993, section II.7",
    note="Other methods have this name: the stiffly accurate one of Alexander, which most people mean, is "
    "sdirk2_stiff; SDIRK2 of DifferentialEquations.jl and SUNDIALS' SDIRK_2_1_2 are sdirk2(gamma=1), A-stable, "
    "R(oo) = -1.",
)
def sdirk2(gamma: Coefficient = "1-sqrt(2)/2") -> RungeKutta:
    """The two-stage SDIRK methods of order two with nodes gamma and 1 - gamma; the default is L-stable.

    gamma = (3 + sqrt 3)/6 is crouzeix3.
    """
    return RungeKutta([[gamma, 0], [1 - 2 * gamma, gamma]], [HALF, HALF])


@entry(reference="alexander1977", aliases=("sdirk22", "alexander2"), note="What most people call SDIRK2.")
def sdirk2_stiff() -> RungeKutta:
    """Alexander's two-stage SDIRK method of order two, gamma = 1 - sqrt(2)/2, L-stable and stiffly accurate."""
    gamma = 1 - sqrt(2) / 2
    return RungeKutta(square([[gamma], [1 - gamma, gamma]]), [1 - gamma, gamma])


@entry(
    reference="crouzeix1975; norsett1974",
    note="Some call it SDIRK23 or DIRK23; DIRK43 of pySDC, of orders four and three, and DIRK43 of qmat are two "
    "methods.",
)
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


@entry(reference="hairer1996, section IV.6", aliases=("hairer4", "sdirk54"))
def sdirk4() -> RungeKutta:
    """The SDIRK 4(3) method of Hairer and Wanner, five stages, gamma = 1/4, L-stable and stiffly accurate."""
    quarter = Rational(1, 4)
    b = ["25/24", "-49/48", "125/16", "-85/12", quarter]
    rows = [[quarter], ["1/2", quarter], ["17/50", "-1/25", quarter], ["371/1360", "-137/2720", "15/544", quarter], b]
    return RungeKutta(square(rows), b, b_hat=["59/48", "-17/96", "225/32", "-85/12", 0])


@entry(reference="cash1979", aliases=("cash4",))
def cash_sdirk() -> RungeKutta:
    """Cash's SDIRK 4(3) method of five stages, gamma as in alexander3, L-stable and stiffly accurate, to 39 decimals.

    Cash gives a second estimate, of order two, on the first two stages.
    """
    return table("cash_sdirk")


@entry(reference="kennedy2019, section 7", aliases=("esdirk436l2sa", "esdirk4_3_6l2sa"))
def esdirk4() -> RungeKutta:
    """ESDIRK4(3)6L[2]SA of Kennedy and Carpenter, gamma = 1/4, L-stable and stiffly accurate, in QQ(sqrt 2).

    Of b_hat, published as quotients, the last two weights are as printed and the others solve its conditions.
    """
    root, quarter = sqrt(2), Rational(1, 4)
    c = [Integer(0), HALF, (2 - root) / 4, Rational(5, 8), Rational(26, 25), Rational(1)]
    second = [
        [quarter],
        [(1 - root) / 8, quarter],
        [(5 - 7 * root) / 64, 7 * (1 + root) / 32, quarter],
        [
            -(13796 + 54539 * root) / 125000,
            (506605 + 132109 * root) / 437500,
            166 * (376 * root - 97) / 109375,
            quarter,
        ],
    ]
    b = [
        (1181 - 987 * root) / 13782,
        (1181 - 987 * root) / 13782,
        47 * (1783 * root - 267) / 273343,
        -16 * (3525 * root - 22922) / 571953,
        -15625 * (97 + 376 * root) / 90749876,
        quarter,
    ]
    rows = [[end - sum(row, Integer(0)), *row] for end, row in zip(c[1:5], second, strict=True)]
    printed = [Rational(-498863281070, 6042575550617), Rational(2077005547802, 8945017530137)]
    return RungeKutta(square([[], *rows, b]), b, b_hat=_of_order_three(c, printed))


@entry(
    reference="kvaerno2004",
    note="gamma = 0.5728..., at which the row of order four, which advances, is L-stable, as in diffrax. SUNDIALS' "
    "KVAERNO_5_3_4 and DifferentialEquations.jl advance this row with gamma = 0.4358..., made for the row of "
    "order three of a 3(4) method: order four as well, but not L-stable.",
)
def kvaerno4() -> RungeKutta:
    """Kvaerno's stiffly accurate ESDIRK 4(3) pair of five stages, b_hat the fourth row; L-stable.

    gamma is the root of 24x^4 - 96x^3 + 72x^2 - 16x + 1 near 0.57; every stage has order two.
    """
    g = parse(L_STABLE_QUARTIC)
    short, middle, third = 12 * g**2 - 6 * g + 1, 12 * g**2 - 9 * g + 2, 3 * g - 1
    row_3 = [g * (144 * g**4 - 180 * g**3 + 81 * g**2 - 15 * g + 1) / short**2]
    row_3 += [g * (-36 * g**3 + 39 * g**2 - 15 * g + 2) / short**2, g]
    b_hat = [(-144 * g**5 + 396 * g**4 - 330 * g**3 + 117 * g**2 - 18 * g + 1) / (12 * g**2 * middle)]
    b_hat += [(72 * g**4 - 126 * g**3 + 69 * g**2 - 15 * g + 1) / (12 * g**2 * third)]
    b_hat += [(6 * g - 6 * g**2 - 1) * short**2 / (12 * g**2 * middle * third), g]
    b = [(288 * g**4 - 312 * g**3 + 120 * g**2 - 18 * g + 1) / (48 * g**2 * middle)]
    b += [(24 * g**2 - 12 * g + 1) / (48 * g**2 * third)]
    b += [-(short**3) / (48 * g**2 * third * middle * (6 * g**2 - 6 * g + 1))]
    b += [(36 * g**2 - 24 * g**3 - 12 * g + 1) / (24 * g**2 - 24 * g + 4), g]
    return RungeKutta(square([[], [g, g], row_3, b_hat, b]), b, b_hat=[*b_hat, 0])


@entry(reference="kvaerno2004")
def kvaerno5() -> RungeKutta:
    """Kvaerno's stiffly accurate ESDIRK 5(4) pair of seven stages, gamma = 13/50, L-stable, to 39 decimals.

    The sixth row is b_hat; every stage has order two.
    """
    return table("kvaerno5")


@entry(reference="ferracina2008; ketcheson2009")
def ssp_sdirk(s: int = 2, p: int = 2) -> RungeKutta:
    """The SSP SDIRK methods of s stages and order p = 2 or 3 that are known, or believed, to be optimal.

    All entries below the diagonal are equal, b = 1/s. SSP coefficients: 2s for p = 2, s - 1 + sqrt(s^2 - 1) for p = 3.
    """
    if p not in (2, 3) or s < p - 1:
        raise SchemeError(f"ssp_sdirk(s, p) has p = 2, s >= 1 or p = 3, s >= 2; ({s}, {p}) was asked for")
    below = Rational(1, s) if p == 2 else 1 / sqrt(Integer(s * s - 1))
    diagonal = Rational(1, 2 * s) if p == 2 else (1 - sqrt(Rational(s - 1, s + 1))) / 2
    return RungeKutta(square([[below] * i + [diagonal] for i in range(s)]), [Rational(1, s)] * s)


def _of_order_three(c: list[Expr], last: list[Expr]) -> list[Expr]:
    """The weights of order three with b_1 = b_2 and the last two given, for stages that all have order two."""
    rows = [[Integer(2) if q == 0 else c[1] ** q, c[2] ** q, c[3] ** q] for q in range(3)]
    given = list(zip(last, c[4:], strict=True))
    right = [Rational(1, q + 1) - sum((w * node**q for w, node in given), Integer(0)) for q in range(3)]
    found = solve_consistent(rows, right) or ()
    return [*found[:1], *found, *last]


def _inside(family: str, gamma: Expr) -> None:
    if gamma in (0, 1, 2):
        raise CoefficientError(f"{family}(gamma={gamma}) divides by zero; gamma is the inner node, neither 0, 1 nor 2")
