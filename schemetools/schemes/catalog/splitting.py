"""Symplectic splitting methods of high order: compositions of Stoermer-Verlet, and one for quadratic kinetic energy."""

from sympy import Rational

from schemetools.exact import canonical, parse
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.catalog._splitting import composition, mirrored, symplectic
from schemetools.schemes.registry import entry


@entry(reference="suzuki1990")
def suzuki4() -> AdditiveRungeKutta:
    """Suzuki's fractal composition of order four, five steps of Stoermer-Verlet, in QQ(2^(1/3))."""
    root = parse("root(x^3-2, 1, 2)")
    w = canonical((8 + root + 2 * root**2) / 30)  # 1 / (4 - 4^(1/3))
    return composition([w, w, canonical(1 - 4 * w), w, w])


@entry(reference="yoshida1990, table 1, solution A")
def yoshida6() -> AdditiveRungeKutta:
    """Yoshida's symmetric composition of order six, seven steps of Stoermer-Verlet, solution A to 50 digits."""
    return mirrored(
        (
            "0.78451361047755726381949763386634987577682441745149",
            "0.23557321335935813368479318297853460168646808210340",
            "-1.1776799841788710069464156809643157346392692526346",
        ),
        48,
    )


@entry(reference="yoshida1990, table 2, solution A")
def yoshida8() -> AdditiveRungeKutta:
    """Yoshida's symmetric composition of order eight, fifteen steps of Stoermer-Verlet, solution A to 48 digits."""
    return mirrored(
        (
            "1.0424262086997042643489532683976564761055606690368",
            "1.8202063097069800693317331661213997808093967629617",
            "0.15773992812370832134282578307954200484052579671595",
            "2.4400273261663440638168958976194309435378380732221",
            "-0.0071698941970953320998061292496491094811987853482",
            "-2.4469918237042458892946914523814624845608212080898",
            "-1.6158237415006537847879401974587421658971996541926",
        ),
        46,
    )


@entry(reference="kahan1997")
def kahan_li6() -> AdditiveRungeKutta:
    """Kahan and Li's composition s9odr6a of order six, nine steps of Stoermer-Verlet, to the 26 digits published."""
    return mirrored(
        (
            "0.39216144400731413927925056",
            "0.33259913678935943859974864",
            "-0.70624617255763935980996482",
            "0.08221359629355080023149045",
        ),
        25,
    )


@entry(reference="mclachlan1992")
def mclachlan_atela4() -> AdditiveRungeKutta:
    """McLachlan and Atela's optimal method of four stages: order four for T = p^2/2, three for other splittings."""
    kicks = ("0.1344961992774310892", "-0.2248198030794208058", "0.7563200005156682911", "0.3340036032863214255")
    drifts = ("0.5153528374311229364", "-0.085782019412973646", "0.4415830236164665242", "0.1288461583653841854")
    return symplectic([Rational(x) for x in kicks], [Rational(x) for x in drifts], 18)
