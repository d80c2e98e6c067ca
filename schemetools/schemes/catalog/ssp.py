"""Strong stability preserving methods, Runge-Kutta and multistep."""

from math import isqrt

from sympy import Expr, Integer, Rational

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.catalog._tableaux import explicit
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.registry import entry
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.shu_osher import from_shu_osher


@entry(
    reference="shu1988efficient; conde2022",
    aliases=("shu_osher3", "shu_osher_3_2_3"),
    note="b_hat is the embedded result of Conde, Fekete and Shadid, printed to 15 decimals; its conditions hold for "
    "every weight in place of that decimal.",
)
def ssprk33() -> RungeKutta:
    """The three-stage SSP 3(2) pair, by Shu and Osher, SSP coefficient 1; b_hat by Conde, Fekete and Shadid."""
    weight = Rational("0.291485418878409")
    return RungeKutta(explicit("1; 1/4 1/4"), ["1/6", "1/6", "2/3"], b_hat=[weight, weight, 1 - 2 * weight])


@entry(
    reference="spiteri2002; kraaijevanger1991; conde2022",
    note="b_hat is the embedded result of Conde, Fekete and Shadid; SSPRK432 of DifferentialEquations.jl has 1/3, "
    "1/3, 1/3, 0.",
)
def ssprk43() -> RungeKutta:
    """The four-stage SSP 3(2) pair, SSP coefficient 2; b_hat by Conde, Fekete and Shadid."""
    method, quarter = _square_stages(2), Rational(1, 4)
    return RungeKutta(method.A, method.b, b_hat=[quarter] * 4)


@entry(
    reference="spiteri2002; ruuth2006",
    aliases=("ssp53",),
    note="The coefficients of Ruuth's search, as in DifferentialEquations.jl, with which the conditions hold to "
    "1e-15; SSP53 of nodepy is another method of the same SSP coefficient, printed with digits that hold to "
    "3e-10.",
)
def ssprk53() -> RungeKutta:
    """The five-stage SSP method of order three of largest SSP coefficient, 2.6506, to 15 decimals, found by search."""
    alpha = [
        [1],
        [0, 1],
        ["0.355909775063327", 0, "0.644090224936673"],
        ["0.367933791638137", 0, 0, "0.632066208361863"],
    ]
    alpha += [[0, 0, "0.237593836598569", 0, "0.762406163401431"]]
    beta = [["0.377268915331368"], [0, "0.377268915331368"], [0, 0, "0.242995220537396"], [0, 0, 0, "0.23845893284629"]]
    beta += [[0, 0, 0, 0, "0.287632146308408"]]
    return from_shu_osher(alpha, beta, exact=False, digits=15)


@entry(
    reference="kraaijevanger1991; spiteri2002",
    aliases=("ssp54",),
    note="The digits of Spiteri and Ruuth, as in DifferentialEquations.jl; SSP54 of nodepy is a method of order "
    "four beside it, 3e-10 away, whose thirty digits have the SSP coefficient 1.50649 only.",
)
def ssprk54() -> RungeKutta:
    """The five-stage SSP method of order four of largest SSP coefficient, 1.50818, to 14 decimals, found by search."""
    alpha = [[1], ["0.444370493651235", "0.555629506348765"], ["0.620101851488403", 0, "0.379898148511597"]]
    alpha += [["0.178079954393132", 0, 0, "0.821920045606868"]]
    alpha += [[0, 0, "0.517231671970585", "0.096059710526147", "0.386708617503269"]]
    beta = [["0.39175222657189"], [0, "0.368410593050371"], [0, 0, "0.251891774271694"], [0, 0, 0, "0.544974750228521"]]
    beta += [[0, 0, 0, "0.06369246866629", "0.226007483236906"]]
    return from_shu_osher(alpha, beta, exact=False, digits=14)


@entry(
    reference="ketcheson2008; conde2022",
    aliases=("ssp104",),
    note="b_hat is an embedded result of order three of Conde, Fekete and Shadid, as in nodepy; SUNDIALS has "
    "1/5, 0, 0, 3/10, 0, 0, 1/5, 0, 3/10, 0, of order three too.",
)
def ssprk104() -> RungeKutta:
    """Ketcheson's ten-stage SSP 4(3) pair, SSP coefficient 6; b_hat by Conde, Fekete and Shadid.

    Five steps of h/6, the combination u/25 + 9/25 of them as the value at h/3, four more steps of h/6, and the end.
    """
    sixth, fifteenth = Rational(1, 6), Rational(1, 15)
    A = [[sixth] * i + [Integer(0)] * (10 - i) for i in range(5)]
    A += [[fifteenth] * 5 + [sixth] * i + [Integer(0)] * (5 - i) for i in range(5)]
    b_hat = [0, "2/9", 0, 0, "5/18", "1/3", 0, 0, 0, "1/6"]
    return RungeKutta(A, [Rational(1, 10)] * 10, b_hat=b_hat)


@entry(reference="spiteri2002; ketcheson2008")
def ssprk(s: int = 4, p: int = 2) -> RungeKutta:
    """The SSP Runge-Kutta method of s stages and order p of largest SSP coefficient, where that has a closed form.

    p = 1: s Euler steps; p = 2: s >= 2, coefficient s - 1; p = 3: s = 3, or s = n^2 with coefficient n^2 - n;
    p = 4: s = 10.
    """
    if (s, p) == (3, 3):
        return ssprk33()  # type: ignore[return-value]
    if (s, p) == (10, 4):
        return ssprk104()  # type: ignore[return-value]
    if p in (1, 2) and p <= s:
        step = Rational(1, s if p == 1 else s - 1)
        return RungeKutta([[step] * i + [Integer(0)] * (s - i) for i in range(s)], [Rational(1, s)] * s)
    if (s, p) == (4, 3):
        return ssprk43()  # type: ignore[return-value]
    if p == 3 and s >= 4 and isqrt(s) ** 2 == s:
        return _square_stages(isqrt(s))
    raise UnsupportedError(
        f"ssprk({s}, {p}) has no closed form: give p = 1, p = 2 (s >= 2), p = 3 (s = 3, 4, 9, 16, ...) or (10, 4)"
    )


@entry(reference="shu1988tvd", aliases=("sspms",))
def ssp_multistep(k: int = 3, p: int = 2) -> LinearMultistep:
    """The explicit SSP multistep methods (k, 2), k >= 3, coefficient (k - 2)/(k - 1), and (4, 3), coefficient 1/3."""
    if p == 2 and k >= 3:
        old = Rational(1, (k - 1) ** 2)
        beta = [Integer(0)] * (k - 1) + [Rational(k, k - 1), Integer(0)]
        return LinearMultistep([-old, *[0] * (k - 2), old - 1, 1], beta)
    if (k, p) == (4, 3):
        return LinearMultistep(["-11/27", 0, 0, "-16/27", 1], ["4/9", 0, 0, "16/9", 0])
    kind = UnsupportedError if k >= 2 and p >= 1 else SchemeError
    raise kind(f"ssp_multistep({k}, {p}) is not one of (k, 2) with k >= 3 and (4, 3)")


@entry(reference="shu1988tvd", aliases=("sspms32",))
def ssp_multistep32() -> LinearMultistep:
    """The SSP multistep method of three steps and order two, SSP coefficient 1/2."""
    return ssp_multistep(3, 2)  # type: ignore[return-value]


@entry(reference="shu1988tvd", aliases=("sspms43",))
def ssp_multistep43() -> LinearMultistep:
    """The SSP multistep method of four steps and order three, SSP coefficient 1/3."""
    return ssp_multistep(4, 3)  # type: ignore[return-value]


def _square_stages(n: int) -> RungeKutta:
    """Ketcheson's method of n^2 stages, order three: Euler steps of h/(n^2 - n), one mean with an earlier value."""
    s, step = n * n, Rational(1, n * n - n)
    keep, mix = (n - 1) * (n - 2) // 2, n * (n + 1) // 2
    value: list[Expr] = [Integer(0)] * s
    A, kept = [], value
    for i in range(1, s + 1):
        A.append(value)
        value = [v + step if j == i - 1 else v for j, v in enumerate(value)]
        if i == keep:
            kept = value
        if i == mix:
            value = [(n * old + (n - 1) * v) / (2 * n - 1) for old, v in zip(kept, value, strict=True)]
    return RungeKutta(A, value)
