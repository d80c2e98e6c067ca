"""Partitioned, implicit-explicit and splitting methods: one tableau per field."""

from sympy import Integer, Rational, sqrt

from schemetools.exact import parse
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.catalog._collocation import collocation, lobatto_nodes, symplectic_partner
from schemetools.schemes.catalog._splitting import split, symplectic
from schemetools.schemes.catalog._tableaux import explicit, square
from schemetools.schemes.registry import entry
from schemetools.schemes.runge_kutta import RungeKutta

HALF, ONE = Rational(1, 2), Integer(1)


@entry(reference="hairer2006, section I.1.2")
def symplectic_euler() -> AdditiveRungeKutta:
    """The symplectic Euler method p += h F(q), q += h G(p), the new p used at once."""
    return symplectic([ONE], [ONE])


@entry(reference="verlet1967; hairer2006, section I.1.4", aliases=("velocity_verlet",))
def stoermer_verlet() -> AdditiveRungeKutta:
    """The Stoermer-Verlet method p += h/2 F(q), q += h G(p), p += h/2 F(q): lobatto_iiia_iiib(2), of order two."""
    return lobatto_iiia_iiib(2)  # type: ignore[return-value]


@entry(reference="ruth1983")
def ruth3() -> AdditiveRungeKutta:
    """Ruth's symplectic method of order three, three stages."""
    weights = [Rational(7, 24), Rational(3, 4), Rational(-1, 24)]
    return symplectic(weights, [Rational(2, 3), Rational(-2, 3), ONE])


@entry(reference="yoshida1990; forest1990", aliases=("forest_ruth",))
def yoshida4() -> AdditiveRungeKutta:
    """The symplectic method of order four of Forest and Ruth, Yoshida's triple jump, in QQ(2^(1/3))."""
    root = parse("root(x^3-2, 1, 2)")
    outer = (4 + 2 * root + root**2) / 6
    inner = 1 - 2 * outer
    ends, middles = outer / 2, (outer + inner) / 2
    return symplectic([ends, middles, middles, ends], [outer, inner, outer, Integer(0)])


@entry(reference="sun1993; jay1996; hairer2006, section II.2.2")
def lobatto_iiia_iiib(s: int = 2) -> AdditiveRungeKutta:
    """The symplectic Lobatto IIIA-IIIB pair, s = 2..5, order 2s - 2: IIIB for p' = F(q), IIIA for q' = G(p)."""
    a = collocation(lobatto_nodes(s))
    return AdditiveRungeKutta({"F": symplectic_partner(a), "G": a}, partitioned=True)


@entry(reference="ascher1997")
def ars222() -> AdditiveRungeKutta:
    """The (2,2,2) method of Ascher, Ruuth and Spiteri: F explicit, G implicit and L-stable, order two."""
    gamma = 1 - sqrt(2) / 2
    delta = 1 - 1 / (2 * gamma)
    F = RungeKutta(square([[], [gamma], [delta, 1 - delta]]), [delta, 1 - delta, 0])
    G = RungeKutta(square([[], [0, gamma], [0, 1 - gamma, gamma]]), [0, 1 - gamma, gamma])
    return AdditiveRungeKutta({"F": F, "G": G})


@entry(reference="ascher1997")
def ars443() -> AdditiveRungeKutta:
    """The (4,4,3) method of Ascher, Ruuth and Spiteri: F explicit, G implicit and L-stable, order three."""
    F = explicit("1/2; 11/18 1/18; 5/6 -5/6 1/2; 1/4 7/4 3/4 -7/4")
    G = explicit("0 1/2; 0 1/6 1/2; 0 -1/2 1/2 1/2; 0 3/2 -3/2 1/2 1/2")
    return AdditiveRungeKutta({"F": RungeKutta(F, F[-1]), "G": RungeKutta(G, G[-1])})


@entry(reference="pareschi2005")
def imex_ssp2() -> AdditiveRungeKutta:
    """The IMEX-SSP2(2,2,2) method of Pareschi and Russo: F by heun2, G by the L-stable sdirk2(), order two."""
    gamma = 1 - sqrt(2) / 2
    F = RungeKutta(explicit("1"), [HALF, HALF])
    G = RungeKutta([[gamma, 0], [1 - 2 * gamma, gamma]], [HALF, HALF])
    return AdditiveRungeKutta({"F": F, "G": G})


@entry(reference="trotter1959")
def lie_trotter(inner: Scheme = "euler") -> AdditiveRungeKutta:  # type: ignore[assignment]
    """Lie-Trotter splitting of u' = F(u) + G(u): a step of F, then one of G, each by the inner scheme; order one.

    With Euler inside it is a transformer encoder layer, attention F and MLP G as residual sublayers.
    """
    return split([("F", ONE), ("G", ONE)], inner)  # type: ignore[arg-type]


@entry(reference="strang1968")
def strang(inner: Scheme = "midpoint") -> AdditiveRungeKutta:  # type: ignore[assignment]
    """Strang splitting of u' = F(u) + G(u): half a step of F, one of G, half a step of F, each by the inner scheme.

    Of order two if the inner scheme is; with Euler inside it is macaron, of order one.
    """
    return split([("F", HALF), ("G", ONE), ("F", HALF)], inner)  # type: ignore[arg-type]


@entry(reference="lu2019macaron")
def macaron() -> AdditiveRungeKutta:
    """The Macaron transformer layer: half an MLP step F, one attention step G, half an MLP step F, as Euler steps."""
    return strang("euler")  # type: ignore[return-value]
