"""Difference schemes for diffusion u_t = D u_xx, mu = D dt/dx^2, and for advection with diffusion."""

from typing import Any

from sympy import Rational, Symbol

from schemetools.exact import coefficient
from schemetools.schemes.catalog import stencils
from schemetools.schemes.catalog._shifts import (
    BOTH,
    HALF,
    HEAT,
    MU,
    NU,
    Shift,
    add,
    central,
    mean,
    one,
    second,
    times,
)
from schemetools.schemes.catalog.multistep import bdf
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.registry import DIFFERENCE, Coefficient, entry
from schemetools.schemes.semidiscrete import MethodOfLines, Operator, method_of_lines

KIND = DIFFERENCE


def _theta(weight: Any) -> DifferenceScheme:
    new, old = add(one(), times(-MU * weight, second())), add(one(), times(MU * (1 - weight), second()))
    parameters = {s.name: None for s in getattr(weight, "free_symbols", ())}
    return DifferenceScheme({1: new, 0: times(-1, old)}, {**HEAT, **parameters})


@entry(reference="richtmyer1967, section 1.2", kind=KIND)
def ftcs_heat() -> DifferenceScheme:
    """Euler in time with the centred second difference: 0 <= mu <= 1/2, of order four at mu = 1/6."""
    return _theta(0)


@entry(reference="laasonen1949", kind=KIND)
def btcs_heat() -> DifferenceScheme:
    """Implicit Euler with the centred second difference: stable for every mu >= 0."""
    return _theta(1)


@entry(reference="crank1947", kind=KIND)
def crank_nicolson_heat() -> DifferenceScheme:
    """The scheme of Crank and Nicolson: order two in both steps, stable for every mu >= 0."""
    return _theta(HALF)


@entry(reference="richtmyer1967, section 8.2", kind=KIND)
def theta_heat(theta: Coefficient = Symbol("theta")) -> DifferenceScheme:
    """Implicit with weight theta, explicit with 1 - theta: 0 is FTCS, 1/2 Crank-Nicolson, 1 implicit Euler."""
    return _theta(coefficient(theta))


@entry(reference="crandall1955", kind=KIND, aliases=("douglas",))
def crandall() -> DifferenceScheme:
    """Crandall's implicit scheme, weights 1/2 -+ 1/(12 mu): of order two in time and four in space."""
    new = add(one(), times(Rational(1, 12) - MU / 2, second()))
    old = add(one(), times(Rational(1, 12) + MU / 2, second()))
    return DifferenceScheme({1: new, 0: times(-1, old)}, HEAT)


@entry(reference="dufort1953", kind=KIND)
def dufort_frankel() -> DifferenceScheme:
    """The explicit scheme of DuFort and Frankel: stable for every mu >= 0, consistent only for dt/dx -> 0."""
    levels = {2: {0: 1 + 2 * MU}, 1: times(-4 * MU, mean()), 0: {0: 2 * MU - 1}}
    return DifferenceScheme(levels, HEAT)


@entry(reference="richardson1911", kind=KIND)
def richardson() -> DifferenceScheme:
    """Richardson's leapfrog for the heat equation: unstable for every mu > 0."""
    return DifferenceScheme({2: one(), 1: times(-2 * MU, second()), 0: times(-1, one())}, HEAT)


@entry(reference="saulyev1964", kind=KIND)
def saulyev() -> DifferenceScheme:
    """Saul'yev's asymmetric scheme, swept from the left: explicit and stable, consistent only for dt/dx -> 0."""
    return DifferenceScheme({1: {-1: -MU, 0: 1 + MU}, 0: {0: MU - 1, 1: -MU}}, HEAT)


@entry(reference="hundsdorfer2003, section I.6", kind=KIND)
def bdf2_heat() -> MethodOfLines:
    """The two-step backward differentiation formula with the centred second difference: stable for mu >= 0."""
    return method_of_lines(bdf(2), Operator({"D": stencils.laplacian()}))


@entry(reference="hindmarsh1984", kind=KIND)
def ftcs_advection_diffusion() -> DifferenceScheme:
    """Euler in time, centred in space, for u_t + c u_x = D u_xx: stable for nu^2 <= 2 mu <= 1."""
    update = add(one(), times(-NU, central()), times(MU, second()))
    return DifferenceScheme({1: one(), 0: times(-1, update)}, BOTH)


@entry(reference="ascher1995", kind=KIND)
def imex_euler_advection_diffusion() -> DifferenceScheme:
    """Advection explicit, diffusion implicit, each by Euler: stable for nu^2 <= 2 mu."""
    old = add(one(), times(-NU, central()))
    return DifferenceScheme({1: add(one(), times(-MU, second())), 0: times(-1, old)}, BOTH)


def _two_step(advection: tuple[Any, Any], diffusion: tuple[Any, Any, Any], alpha: Shift) -> DifferenceScheme:
    """alpha and beta of an implicit-explicit two-step scheme, newest weight last."""
    levels = {}
    for m in range(3):
        explicit = times(NU * advection[m], central()) if m < 2 else {}
        levels[m] = add(times(alpha[(m,)], one()), explicit, times(-MU * diffusion[m], second()))
    return DifferenceScheme({m: row for m, row in levels.items() if row}, BOTH)


@entry(reference="ascher1995", kind=KIND)
def cnab2() -> DifferenceScheme:
    """Advection by Adams-Bashforth of order two, diffusion by Crank-Nicolson."""
    alpha = {(0,): Rational(0), (1,): Rational(-1), (2,): Rational(1)}
    return _two_step((-HALF, 3 * HALF), (0, HALF, HALF), alpha)


@entry(reference="ascher1995", kind=KIND)
def cnlf_advection_diffusion() -> DifferenceScheme:
    """Advection by leapfrog, diffusion by Crank-Nicolson over two steps: stable for nu^2 <= 1, mu >= 0."""
    alpha = {(0,): Rational(-1), (1,): Rational(0), (2,): Rational(1)}
    return _two_step((0, 2), (1, 0, 1), alpha)


@entry(reference="ascher1995", kind=KIND, aliases=("sbdf2",))
def bdf2_imex() -> DifferenceScheme:
    """The implicit-explicit backward differentiation formula of order two: advection extrapolated."""
    alpha = {(0,): HALF, (1,): Rational(-2), (2,): 3 * HALF}
    return _two_step((-1, 2), (0, 0, 1), alpha)


@entry(reference="hindmarsh1984", kind=KIND)
def leapfrog_lagged_diffusion() -> DifferenceScheme:
    """Advection by leapfrog, diffusion taken at the old level: stable for nu^2 + 4 mu <= 1."""
    old = add(one(), times(2 * MU, second()))
    return DifferenceScheme({2: one(), 1: times(2 * NU, central()), 0: times(-1, old)}, BOTH)


@entry(reference="hindmarsh1984", kind=KIND)
def lax_wendroff_diffusion() -> DifferenceScheme:
    """Lax-Wendroff with the centred second difference for diffusion: stable for nu^2 + 2 mu <= 1."""
    update = add(one(), times(-NU, central()), times(NU**2 / 2 + MU, second()))
    return DifferenceScheme({1: one(), 0: times(-1, update)}, BOTH)


@entry(reference="hindmarsh1984", kind=KIND)
def upwind_advection_diffusion() -> DifferenceScheme:
    """Euler in time, upwind for advection and centred for diffusion: nu + 2 mu <= 1."""
    update = add(one(), {(-1,): NU, (0,): -NU}, times(MU, second()))
    return DifferenceScheme({1: one(), 0: times(-1, update)}, BOTH)
