"""Difference schemes for advection u_t + c u_x = 0, nu = c dt/dx, and for dispersion u_t + a u_xxx = 0."""

from sympy import Integer, Rational, Symbol

from schemetools.schemes import operator_text
from schemetools.schemes.base import Scheme
from schemetools.schemes.catalog import stencils
from schemetools.schemes.catalog._shifts import (
    ADVECTION,
    HALF,
    NU,
    R,
    Shift,
    add,
    back,
    central,
    mean,
    one,
    second,
    shift,
    times,
)
from schemetools.schemes.catalog.explicit import heun2, rk4
from schemetools.schemes.catalog.multistep import adams_bashforth, lm
from schemetools.schemes.catalog.ssp import ssprk33
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.flux import FluxForm
from schemetools.schemes.registry import DIFFERENCE, Coefficient, entry
from schemetools.schemes.semidiscrete import MethodOfLines, Operator, method_of_lines

KIND = DIFFERENCE
SIXTH = Rational(1, 6)


def step(update: Shift, flux_form: FluxForm | None = None) -> DifferenceScheme:
    """u^(n+1) = update u^n."""
    return DifferenceScheme({1: one(), 0: times(-1, update)}, ADVECTION, flux_form=flux_form)


def upwinded(order: int, time: object) -> MethodOfLines:
    """The upwind stencil of an order, stepped by a scheme."""
    return method_of_lines(time, Operator({"-c": stencils.upwind(1, order)}))


@entry(reference="courant1952", kind=KIND, aliases=("ftbs",))
def upwind() -> DifferenceScheme:
    """The first-order upwind scheme of Courant, Isaacson and Rees, for c > 0: stable for 0 <= nu <= 1."""
    form = FluxForm([({0: {0: 1}}, {0: {-1: 1, 0: -1}})])
    return step(add(one(), times(-NU, back())), form)


@entry(reference="richtmyer1967, chapter 12", kind=KIND)
def ftcs_advection() -> DifferenceScheme:
    """Euler in time with the centred difference: unstable for every nu, u_xx has the factor -c^2 dt/2."""
    form = FluxForm([({0: {0: 1}}, {0: {-1: HALF, 1: -HALF}})])
    return step(add(one(), times(-NU, central())), form)


@entry(reference="lax1954", kind=KIND)
def lax_friedrichs() -> DifferenceScheme:
    """The scheme of Lax and Friedrichs: Euler from the mean of both neighbours, stable for |nu| <= 1."""
    form = FluxForm([({0: {-1: HALF, 1: HALF}}, {0: {-1: HALF, 1: -HALF}})])
    return step(add(mean(), times(-NU, central())), form)


def second_order() -> Shift:
    """The update of Lax and Wendroff."""
    return add(one(), times(-NU, central()), times(NU**2 / 2, second()))


@entry(reference="lax1960", kind=KIND)
def lax_wendroff() -> DifferenceScheme:
    """The scheme of Lax and Wendroff: order two, waves lag, stable for |nu| <= 1."""
    return step(second_order())


@entry(reference="richtmyer1962; richtmyer1967, section 12.7", kind=KIND)
def richtmyer() -> DifferenceScheme:
    """Richtmyer's two-step form of Lax-Wendroff: a Lax-Friedrichs half step, then a centred one."""
    half = ({0: {0: HALF, 1: HALF}}, {0: {0: HALF, 1: -HALF}})
    form = FluxForm([half, ({0: {0: 1}}, {1: {-1: 1, 0: -1}})])
    return step(second_order(), form)


@entry(reference="maccormack1969", kind=KIND)
def maccormack() -> DifferenceScheme:
    """MacCormack's predictor with forward, corrector with backward differences: Lax-Wendroff where F is linear."""
    predictor = ({0: {0: 1}}, {0: {0: 1, 1: -1}})
    corrector = ({0: {0: HALF}, 1: {0: HALF}}, {1: {-1: HALF, 0: -HALF}})
    return step(second_order(), FluxForm([predictor, corrector]))


@entry(reference="warming1976", kind=KIND)
def beam_warming() -> DifferenceScheme:
    """The second-order upwind scheme of Warming and Beam: waves lead for nu < 1, stable for 0 <= nu <= 2."""
    two_back = shift({-2: 1, -1: -2, 0: 1})
    return step(add(one(), times(-NU, back()), times(-NU * (1 - NU) / 2, two_back)))


@entry(reference="fromm1968", kind=KIND)
def fromm() -> DifferenceScheme:
    """Fromm's scheme, the mean of Lax-Wendroff and Beam-Warming: little dispersion, stable for 0 <= nu <= 1."""
    slopes = shift({-2: 1, -1: -1, 0: -1, 1: 1})
    return step(add(one(), times(-NU, back()), times(-NU * (1 - NU) / 4, slopes)))


@entry(reference="leonard1979", kind=KIND)
def quick() -> DifferenceScheme:
    """Euler in time with Leonard's quadratic upstream interpolation of the fluxes."""
    return step(add(one(), times(-NU, shift({-2: HALF / 4, -1: -7 * HALF / 4, 0: 3 * HALF / 4, 1: 3 * HALF / 4}))))


@entry(reference="leonard1979", kind=KIND)
def quickest() -> DifferenceScheme:
    """Leonard's QUICKEST, order three: stable for 0 <= nu <= 1, and the exact shift at nu = -1, 0, 1, 2."""
    third = shift({-2: -1, -1: 3, 0: -3, 1: 1})
    return step(add(second_order(), times(NU * (1 - NU**2) * SIXTH, third)))


@entry(reference="laasonen1949", kind=KIND)
def btcs_advection() -> DifferenceScheme:
    """Implicit Euler with the centred difference: stable for every nu."""
    return DifferenceScheme({1: add(one(), times(NU, central())), 0: times(-1, one())}, ADVECTION)


@entry(reference="crank1947", kind=KIND)
def crank_nicolson_advection() -> DifferenceScheme:
    """The trapezoidal rule with the centred difference: |g| = 1 for every wave."""
    new, old = (add(one(), times(s * NU / 2, central())) for s in (1, -1))
    return DifferenceScheme({1: new, 0: times(-1, old)}, ADVECTION)


@entry(reference="keller1971; wendroff1960", kind=KIND, aliases=("keller_box", "preissmann_box"))
def box() -> DifferenceScheme:
    """Keller's box scheme, centred in a cell of space and time: |g| = 1, singular on a periodic grid at nu = 0."""
    return DifferenceScheme({1: {-1: 1 - NU, 0: 1 + NU}, 0: {-1: -1 - NU, 0: NU - 1}}, ADVECTION)


@entry(reference="richtmyer1967, section 10.3", kind=KIND)
def leapfrog_advection() -> DifferenceScheme:
    """Leapfrog in time and space: no damping, |nu| <= 1, with a parasite that runs backwards."""
    return DifferenceScheme({2: one(), 1: times(2 * NU, central()), 0: times(-1, one())}, ADVECTION)


@entry(reference="kreiss1972", kind=KIND)
def leapfrog4_advection() -> DifferenceScheme:
    """Leapfrog in time with the centred difference of order four: |nu| <= 0.72875."""
    fourth = shift({-2: Rational(1, 12), -1: Rational(-2, 3), 1: Rational(2, 3), 2: Rational(-1, 12)})
    return DifferenceScheme({2: one(), 1: times(2 * NU, fourth), 0: times(-1, one())}, ADVECTION)


@entry(reference="iserles1986", kind=KIND)
def upwind_leapfrog() -> DifferenceScheme:
    """The upwind leapfrog of Iserles, along the characteristic of a cell: no damping, 0 <= nu <= 1."""
    levels = {2: {0: 1}, 1: {0: 2 * NU - 1, -1: 1 - 2 * NU}, 0: {-1: -1}}
    return DifferenceScheme(levels, ADVECTION)


@entry(reference="durran1991", kind=KIND)
def ab3_centred() -> MethodOfLines:
    """The three-step Adams-Bashforth scheme with the centred difference: |nu| <= 12 sqrt(11)/55."""
    return method_of_lines(adams_bashforth(3), Operator({"-c": stencils.centred()}))


@entry(reference="lu2018", kind=KIND)
def lm_centred(k: Coefficient = Symbol("k")) -> MethodOfLines:
    """LM-ResNet's two-step scheme with the centred difference; k = 1 is leapfrog with nu doubled."""
    return method_of_lines(lm(k), Operator({"-c": stencils.centred()}))


@entry(reference="wicker2002", kind=KIND)
def rk2_upwind3() -> MethodOfLines:
    """Two stages in time with the upwind difference of order three: 0 <= nu <= (2/3)^(1/3)."""
    return upwinded(3, heun2())


@entry(reference="wicker2002", kind=KIND)
def rk3_upwind3() -> MethodOfLines:
    """Three stages in time with the upwind difference of order three: 0 <= nu <= 1.62589."""
    return upwinded(3, ssprk33())


@entry(reference="wicker2002", kind=KIND)
def rk3_upwind5() -> MethodOfLines:
    """Three stages in time with the upwind difference of order five."""
    return upwinded(5, ssprk33())


@entry(reference="hundsdorfer2003, section I.4.3", kind=KIND)
def rk4_centred2() -> MethodOfLines:
    """The classical Runge-Kutta scheme with the centred difference: |nu| <= 2 sqrt(2)."""
    return method_of_lines(rk4(), Operator({"-c": stencils.centred()}))


@entry(reference="lele1992", kind=KIND)
def rk4_pade4() -> MethodOfLines:
    """The classical Runge-Kutta scheme with the compact difference of order four: |nu| <= 2 sqrt(6)/3."""
    return method_of_lines(rk4(), Operator({"-c": stencils.compact()}))


@entry(reference="zabusky1965", kind=KIND, aliases=("zabusky_kruskal",))
def leapfrog_dispersion() -> DifferenceScheme:
    """The linear part of the scheme of Zabusky and Kruskal, u_t + a u_xxx = 0: r = a dt/dx^3 <= 2/(3 sqrt(3))."""
    third = shift({-2: -R, -1: 2 * R, 1: -2 * R, 2: R})
    return DifferenceScheme({2: one(), 1: third, 0: {0: Integer(-1)}}, {"r": "a*dt/dx^3"})


@entry(reference="hundsdorfer2003, section I.3", kind=KIND)
def lines(scheme: Scheme = "rk4", operator: str = "-c*upwind(1, order=3)", implicit: str = "") -> MethodOfLines:  # type: ignore[assignment]
    """A scheme in time on an operator in space, as text: lines(rk4, -c*upwind(1, 3) + D*laplacian())."""
    parts = [operator_text.operator(text) for text in (operator, implicit) if text]
    name = ", ".join(map(format, (scheme, *parts)))
    return method_of_lines(scheme, parts[0] if len(parts) == 1 else parts, name=f"lines({name})")
