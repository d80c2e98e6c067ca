"""Implicit Runge-Kutta methods: the theta methods and the collocation families of Gauss, Radau and Lobatto."""

from sympy import Symbol

from schemetools.schemes.catalog._collocation import (
    adjoint_of_collocation,
    collocation,
    gauss_nodes,
    lobatto_c,
    lobatto_c_star,
    lobatto_nodes,
    mean,
    radau_right_nodes,
    symplectic_partner,
)
from schemetools.schemes.catalog._enclosed import enclosed
from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.runge_kutta import RungeKutta


@entry(reference="hairer1996, section IV.3", aliases=("implicit_euler",))
def backward_euler() -> RungeKutta:
    """Euler's implicit method."""
    return RungeKutta([[1]], [1])


@entry(reference="hairer2006, section II.1.1")
def implicit_midpoint() -> RungeKutta:
    """The implicit midpoint rule, the Gauss method of one stage."""
    return RungeKutta([["1/2"]], [1])


@entry(reference="crank1947", aliases=("crank_nicolson",))
def trapezoid() -> RungeKutta:
    """The trapezoidal rule, the Lobatto IIIA method of two stages."""
    return RungeKutta([[0, 0], ["1/2", "1/2"]], ["1/2", "1/2"])


@entry(reference="hairer1996, section IV.3")
def theta(t: Coefficient = Symbol("theta")) -> RungeKutta:
    """The theta method u_(n+1) = u_n + h ((1 - t) f(u_n) + t f(u_(n+1))); 1/2 is the trapezoid."""
    return RungeKutta([[0, 0], [1 - t, t]], [1 - t, t])


@entry(reference="butcher1964implicit")
def gauss(s: int = 2) -> RungeKutta:
    """The Gauss collocation method of s = 1..10 stages, order 2s: A-stable, symplectic, symmetric."""
    if s > 5:
        return enclosed("gauss", s)
    return collocation(gauss_nodes(s))


@entry(reference="ehle1969; hairer1996, section IV.5")
def radau_ia(s: int = 2) -> RungeKutta:
    """The Radau IA method of s = 1..10 stages, order 2s - 1: L-stable, nodes in [0, 1) with condition D(s)."""
    if s > 4:
        return enclosed("radau_ia", s)
    return adjoint_of_collocation([1 - node for node in reversed(radau_right_nodes(s))])


@entry(reference="ehle1969; hairer1996, section IV.5")
def radau_iia(s: int = 2) -> RungeKutta:
    """The Radau IIA collocation method of s = 1..10 stages, order 2s - 1: L-stable and stiffly accurate."""
    if s > 4:
        return enclosed("radau_iia", s)
    return collocation(radau_right_nodes(s))


@entry(reference="ehle1969; hairer1996, section IV.5")
def lobatto_iiia(s: int = 2) -> RungeKutta:
    """The Lobatto IIIA collocation method of s = 2..10 stages, order 2s - 2: symmetric, the first stage explicit."""
    if s > 5:
        return enclosed("lobatto_iiia", s)
    return collocation(lobatto_nodes(s))


@entry(reference="ehle1969; hairer1996, section IV.5")
def lobatto_iiib(s: int = 2) -> RungeKutta:
    """The Lobatto IIIB method of s = 2..10 stages, order 2s - 2: the symplectic partner of Lobatto IIIA."""
    if s > 5:
        return enclosed("lobatto_iiib", s)
    return symplectic_partner(collocation(lobatto_nodes(s)))


@entry(reference="chipman1971; hairer1996, section IV.5")
def lobatto_iiic(s: int = 2) -> RungeKutta:
    """The Lobatto IIIC method of s = 2..10 stages, order 2s - 2: L-stable and algebraically stable."""
    if s > 5:
        return enclosed("lobatto_iiic", s)
    return lobatto_c(lobatto_nodes(s))


@entry(
    reference="butcher1964implicit; jay2015",
    aliases=("lobatto_iii",),
    note="Butcher's Lobatto III; LobattoIII of RungeKutta.jl, LobattoIIICStar of DifferentialEquations.jl.",
)
def lobatto_iiic_star(s: int = 2) -> RungeKutta:
    """The Lobatto IIIC* method of s = 2..5 stages, order 2s - 2: the symplectic partner of Lobatto IIIC."""
    return lobatto_c_star(lobatto_nodes(s))


@entry(
    reference="jay2015; chan1990",
    note="The mean of IIIC and IIIC*, as in RungeKutta.jl, which is symplectic. DifferentialEquations.jl and "
    "Wikipedia give the name to tableaux after Nørsett and Wanner (1981); for s = 2 theirs has nodes 0, 1 "
    "beside row sums 1, 0.",
)
def lobatto_iiid(s: int = 2) -> RungeKutta:
    """The Lobatto IIID method of s = 2..5 stages, order 2s - 2: symplectic, the mean of Lobatto IIIC and IIIC*."""
    nodes = lobatto_nodes(s)
    return mean(lobatto_c(nodes), lobatto_c_star(nodes))
