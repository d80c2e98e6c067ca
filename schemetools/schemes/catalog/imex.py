"""Implicit-explicit Runge-Kutta methods by name: F explicit, G diagonally implicit, stages shared."""

from sympy import Expr, Integer, Rational, sqrt

from schemetools.exact import parse
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.catalog._tableaux import Rows, explicit, square
from schemetools.schemes.catalog._tables import table
from schemetools.schemes.registry import entry
from schemetools.schemes.runge_kutta import RungeKutta

ZERO, HALF, ONE = Integer(0), Rational(1, 2), Integer(1)
SHU_OSHER = ["1/6", "1/6", "2/3"]


@entry(reference="ascher1997", aliases=("imex_euler_111",))
def ars111() -> AdditiveRungeKutta:
    """The (1,1,1) method of Ascher, Ruuth and Spiteri: forward Euler for F, backward Euler for G, order one."""
    return _imex([[], [1]], [1, 0], [[], [0, 1]], [0, 1])


@entry(reference="ascher1997", aliases=("imex_midpoint",))
def ars122() -> AdditiveRungeKutta:
    """The (1,2,2) method of Ascher, Ruuth and Spiteri: both midpoint rules, order two."""
    return _imex([[], [HALF]], [0, 1], [[], [0, HALF]], [0, 1])


@entry(reference="ascher1997")
def ars232() -> AdditiveRungeKutta:
    """The (2,3,2) method of Ascher, Ruuth and Spiteri, order two: G is L-stable, R of F that of order three."""
    gamma, delta = 1 - sqrt(2) / 2, -2 * sqrt(2) / 3
    b = [ZERO, 1 - gamma, gamma]
    return _imex([[], [gamma], [delta, 1 - delta]], b, [[], [0, gamma], b], b)


@entry(reference="ascher1997")
def ars233() -> AdditiveRungeKutta:
    """The (2,3,3) method of Ascher, Ruuth and Spiteri, order three: G is crouzeix3."""
    gamma = (3 + sqrt(3)) / 6
    b = [ZERO, HALF, HALF]
    return _imex([[], [gamma], [gamma - 1, 2 - 2 * gamma]], b, [[], [0, gamma], [0, 1 - 2 * gamma, gamma]], b)


@entry(
    reference="ascher1997",
    note="The entry printed as 0.5529291479 makes R of the explicit part 1 + z + z^2/2 + z^3/6 + z^4/24: it is the "
    "root of 8064x^6 - 14256x^5 + 11889x^4 - 1684x^3 - 1104x^2 + 24x + 4 between 1/2 and 3/5, so that the "
    "method is exact here.",
)
def ars343() -> AdditiveRungeKutta:
    """The (3,4,3) method of Ascher, Ruuth and Spiteri, order three: G is alexander3, F has the stability of rk4."""
    a = parse("root(8064*x^6-14256*x^5+11889*x^4-1684*x^3-1104*x^2+24*x+4, 1/2, 3/5)")
    gamma = parse("root(6*x^3-18*x^2+9*x-1, 2/5, 1/2)")
    b = [ZERO, (16 * gamma - 6 * gamma**2 - 1) / 4, (6 * gamma**2 - 20 * gamma + 5) / 4, gamma]
    middle = (1 + gamma) / 2
    coupling = 1 / (24 * gamma**2 * a)
    F = [[], [gamma], [middle - coupling, coupling], [1 - 2 * a, a, a]]
    return _imex(F, b, [[], [0, gamma], [0, middle - gamma, gamma], b], b)


@entry(reference="pareschi2005", aliases=("ssp322",))
def imex_ssp2_322() -> AdditiveRungeKutta:
    """IMEX-SSP2(3,2,2) of Pareschi and Russo, order two: F is heun2, G stiffly accurate and L-stable."""
    F = [[], [0], [0, 1]]
    b = [ZERO, HALF, HALF]
    return _imex(F, b, [[HALF], [-HALF, HALF], b], b)


@entry(reference="pareschi2005", aliases=("ssp332",), note="The last digit of SSP3(3,3,2), its order, is two.")
def imex_ssp3_332() -> AdditiveRungeKutta:
    """IMEX-SSP3(3,3,2) of Pareschi and Russo, order two: F is ssprk33, G L-stable."""
    gamma = 1 - sqrt(2) / 2
    G = [[gamma], [1 - 2 * gamma, gamma], [HALF - gamma, 0, gamma]]
    return _imex(explicit("1; 1/4 1/4"), SHU_OSHER, G, SHU_OSHER)


@entry(
    reference="pareschi2005",
    aliases=("ssp433",),
    note="alpha, printed as 0.24169426078821, is (9 - sqrt 57)/6, from R(oo) = 0; beta = alpha/4, eta = 1/4 - alpha/2.",
)
def imex_ssp3_433() -> AdditiveRungeKutta:
    """IMEX-SSP3(4,3,3) of Pareschi and Russo, order three: F is ssprk33 after an idle stage, G L-stable."""
    alpha = (9 - sqrt(57)) / 6
    beta, eta, delta = alpha / 4, Rational(1, 4) - alpha / 2, Rational(1, 4) - 3 * alpha / 4
    F = [[], [0], [0, 1], [0, "1/4", "1/4"]]
    G = [[alpha], [-alpha, alpha], [0, 1 - alpha, alpha], [beta, eta, delta, alpha]]
    return _imex(F, [0, *SHU_OSHER], G, [0, *SHU_OSHER])


@entry(
    reference="whitaker2013",
    note="diffrax documents the explicit part as of third order; it is of second, and of third for u' = Au + b.",
)
def sil3() -> AdditiveRungeKutta:
    """The semi-implicit Lorenz three-cycle scheme of Whitaker and Kar, order two, for fast waves G and slow terms F."""
    F, G = [[], ["1/3"], ["1/6", "1/2"], ["1/2", "-1/2", 1]], [[], ["1/6", "1/6"], ["1/3", 0, "1/3"]]
    b = ["3/8", 0, "3/8", "1/4"]
    return _imex(F, [HALF, -HALF, ONE, ZERO], [*G, b], b)


@entry(
    reference="kennedy2003",
    aliases=("ark324l2sa", "ark3_2_4l2sa"),
    note="Its quotients of thirteen digits hold to 1e-25; here are the 39 decimals of SUNDIALS.",
)
def kencarp3() -> AdditiveRungeKutta:
    """ARK3(2)4L[2]SA of Kennedy and Carpenter, order 3(2): G is an L-stable, stiffly accurate ESDIRK method."""
    return table("kencarp3")


@entry(reference="kennedy2003", aliases=("ark436l2sa", "ark4_3_6l2sa"))
def kencarp4() -> AdditiveRungeKutta:
    """ARK4(3)6L[2]SA of Kennedy and Carpenter, order 4(3): G is an L-stable, stiffly accurate ESDIRK method."""
    return table("kencarp4")


@entry(
    reference="kennedy2003",
    aliases=("ark548l2sa", "ark5_4_8l2sa"),
    note="diffrax 0.7.2 has a misprint in a_7,6 of the implicit part, -4269925059573/7827059040719 for "
    ".../7827059040749, by which its conditions miss by 2e-12 in place of 2e-26.",
)
def kencarp5() -> AdditiveRungeKutta:
    """ARK5(4)8L[2]SA of Kennedy and Carpenter, order 5(4): G is an L-stable, stiffly accurate ESDIRK method."""
    return table("kencarp5")


def _imex(F: Rows, b: list[str | int | Expr], G: Rows, b_G: list[str | int | Expr]) -> AdditiveRungeKutta:
    return AdditiveRungeKutta({"F": RungeKutta(square(F), b), "G": RungeKutta(square(G), b_G)})
