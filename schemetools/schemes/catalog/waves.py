"""Difference schemes in several dimensions, for the wave equation, and for first-order systems of waves."""

from typing import Any

from sympy import Rational, Symbol

from schemetools.schemes.catalog._shifts import (
    ADVECTION,
    ADVECTION_2D,
    HALF,
    HEAT_2D,
    MU_X,
    MU_Y,
    MU_Z,
    NU,
    NU_X,
    NU_Y,
    NU_Z,
    Shift,
    add,
    after,
    back,
    central,
    half,
    matrix,
    mean,
    one,
    second,
    shift,
    times,
)
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.registry import DIFFERENCE, entry

KIND = DIFFERENCE
NUMBERS_3D = {"nu_x": "a*dt/dx", "nu_y": "b*dt/dy", "nu_z": "c*dt/dz"}
HEAT_3D = {**HEAT_2D, "mu_z": "D*dt/dz^2"}
ZERO: Shift = {}


def _step(update: Shift, numbers: Any, dimension: int) -> DifferenceScheme:
    return DifferenceScheme({1: one(dimension), 0: times(-1, update)}, numbers)


@entry(reference="courant1952", kind=KIND, aliases=("donor_cell",))
def upwind_2d() -> DifferenceScheme:
    """The first-order upwind (donor cell) scheme in two dimensions: nu_x, nu_y >= 0, nu_x + nu_y <= 1."""
    return _step(add(one(2), times(-NU_X, back(0, 2)), times(-NU_Y, back(1, 2))), ADVECTION_2D, 2)


@entry(reference="courant1952", kind=KIND)
def upwind_3d() -> DifferenceScheme:
    """The first-order upwind scheme in three dimensions: nu_x + nu_y + nu_z <= 1."""
    parts = [times(-n, back(i, 3)) for i, n in enumerate((NU_X, NU_Y, NU_Z))]
    return _step(add(one(3), *parts), NUMBERS_3D, 3)


@entry(reference="colella1990", kind=KIND, aliases=("ctu",))
def corner_transport_upwind() -> DifferenceScheme:
    """Corner transport upwind, the product of two upwind steps: 0 <= nu_x, nu_y <= 1."""
    factors = [add(one(2), times(-n, back(i, 2))) for i, n in enumerate((NU_X, NU_Y))]
    return _step(after(*factors), ADVECTION_2D, 2)


@entry(reference="lax1954", kind=KIND)
def lax_friedrichs_2d() -> DifferenceScheme:
    """Lax-Friedrichs from the mean of four neighbours: stable for nu_x^2 + nu_y^2 <= 1/2."""
    means = times(HALF, add(mean(0, 2), mean(1, 2)))
    return _step(add(means, times(-NU_X, central(0, 2)), times(-NU_Y, central(1, 2))), ADVECTION_2D, 2)


@entry(reference="lax1960", kind=KIND)
def lax_wendroff_2d() -> DifferenceScheme:
    """Lax-Wendroff in two dimensions with the cross term."""
    first = [times(-n, central(i, 2)) for i, n in enumerate((NU_X, NU_Y))]
    squares = [times(n**2 / 2, second(i, 2)) for i, n in enumerate((NU_X, NU_Y))]
    cross = times(NU_X * NU_Y, after(central(0, 2), central(1, 2)))
    return _step(add(one(2), *first, *squares, cross), ADVECTION_2D, 2)


@entry(reference="richtmyer1967, section 8.9", kind=KIND)
def ftcs_heat_2d() -> DifferenceScheme:
    """Euler in time with the five-point Laplacian: stable for mu_x + mu_y <= 1/2."""
    return _step(add(one(2), *(times(m, second(i, 2)) for i, m in enumerate((MU_X, MU_Y)))), HEAT_2D, 2)


@entry(reference="richtmyer1967, section 8.9", kind=KIND)
def ftcs_heat_3d() -> DifferenceScheme:
    """Euler in time with the seven-point Laplacian: stable for mu_x + mu_y + mu_z <= 1/2."""
    return _step(add(one(3), *(times(m, second(i, 3)) for i, m in enumerate((MU_X, MU_Y, MU_Z)))), HEAT_3D, 3)


@entry(reference="peaceman1955", kind=KIND, aliases=("adi",))
def peaceman_rachford() -> DifferenceScheme:
    """The alternating direction scheme of Peaceman and Rachford: order two, stable for every mu_x, mu_y >= 0."""
    new = after(*(add(one(2), times(-m / 2, second(i, 2))) for i, m in enumerate((MU_X, MU_Y))))
    old = after(*(add(one(2), times(m / 2, second(i, 2))) for i, m in enumerate((MU_X, MU_Y))))
    return DifferenceScheme({1: new, 0: times(-1, old)}, HEAT_2D)


@entry(reference="courant1928", kind=KIND)
def wave_leapfrog() -> DifferenceScheme:
    """The scheme of Courant, Friedrichs and Lewy for u_tt = c^2 u_xx: exact at nu = 1, stable for |nu| <= 1."""
    middle = add(times(-2, one()), times(-(NU**2), second()))
    return DifferenceScheme({1: one(), 0: middle, -1: one()}, ADVECTION)


@entry(reference="kreiss1972", kind=KIND)
def wave_leapfrog4() -> DifferenceScheme:
    """Leapfrog for u_tt = c^2 u_xx with the second difference of order four: |nu| <= sqrt(3)/2."""
    fourth = shift(
        {-2: Rational(-1, 12), -1: Rational(4, 3), 0: Rational(-5, 2), 1: Rational(4, 3), 2: Rational(-1, 12)}
    )
    return DifferenceScheme({1: one(), 0: add(times(-2, one()), times(-(NU**2), fourth)), -1: one()}, ADVECTION)


@entry(reference="courant1928", kind=KIND)
def wave_leapfrog_2d() -> DifferenceScheme:
    """Leapfrog for u_tt = c^2 (u_xx + u_yy): stable for nu_x^2 + nu_y^2 <= 1."""
    parts = [times(-(n**2), second(i, 2)) for i, n in enumerate((NU_X, NU_Y))]
    numbers = {"nu_x": "c*dt/dx", "nu_y": "c*dt/dy"}
    return DifferenceScheme({1: one(2), 0: add(times(-2, one(2)), *parts), -1: one(2)}, numbers)


def _staggered(sign: int) -> DifferenceScheme:
    """Two fields, half a step apart in space and time; the second one is advanced first."""
    new = matrix([[one(), times(-sign * NU, half())], [ZERO, one()]])
    old = matrix([[times(-1, one()), ZERO], [times(-sign * NU, half()), times(-1, one())]])
    return DifferenceScheme({1: new, 0: old}, ADVECTION)


@entry(reference="yee1966", kind=KIND, aliases=("yee_1d",))
def yee() -> DifferenceScheme:
    """Yee's scheme in one dimension, E_t = c H_x, H_t = c E_x, the fields half a step apart: |nu| <= 1."""
    return _staggered(1)


@entry(reference="virieux1984", kind=KIND)
def staggered_acoustics() -> DifferenceScheme:
    """Pressure and velocity half a step apart, p_t = -c v_x, v_t = -c p_x in units of the impedance: |nu| <= 1."""
    return _staggered(-1)


@entry(reference="yee1966", kind=KIND)
def yee_2d() -> DifferenceScheme:
    """Yee's scheme in two dimensions for E_z, H_x, H_y: stable for nu_x^2 + nu_y^2 <= 1."""
    dx, dy, unit = times(NU_X, half(0, 2)), times(NU_Y, half(1, 2)), one(2)
    minus = times(-1, unit)
    new = matrix([[unit, dy, times(-1, dx)], [ZERO, unit, ZERO], [ZERO, ZERO, unit]])
    old = matrix([[minus, ZERO, ZERO], [dy, minus, ZERO], [times(-1, dx), ZERO, minus]])
    return DifferenceScheme({1: new, 0: old}, {"nu_x": "c*dt/dx", "nu_y": "c*dt/dy"})


def _system(update: Any, numbers: Any) -> DifferenceScheme:
    unit = matrix([[one(), ZERO], [ZERO, one()]])
    old = {place: [[-c for c in row] for row in rows] for place, rows in matrix(update).items()}
    return DifferenceScheme({1: unit, 0: old}, numbers)


@entry(reference="lax1960", kind=KIND)
def acoustics_lax_wendroff() -> DifferenceScheme:
    """Lax-Wendroff for p_t = -c v_x, v_t = -c p_x: each wave p +- v goes by the scalar scheme."""
    same, cross = add(one(), times(NU**2 / 2, second())), times(-NU, central())
    return _system([[same, cross], [cross, same]], ADVECTION)


@entry(reference="courant1952", kind=KIND)
def acoustics_upwind() -> DifferenceScheme:
    """Upwind along both characteristics of p_t = -c v_x, v_t = -c p_x."""
    same, cross = add(one(), times(NU / 2, second())), times(-NU, central())
    return _system([[same, cross], [cross, same]], ADVECTION)


@entry(reference="lax1954", kind=KIND)
def shallow_water_lax_friedrichs() -> DifferenceScheme:
    """Lax-Friedrichs for shallow water linearised about a stream of Froude number Fr: depth and velocity, scaled."""
    stream = add(mean(), times(-NU * Symbol("Fr"), central()))
    cross = times(-NU, central())
    return _system([[stream, cross], [cross, stream]], {**ADVECTION, "Fr": None})
