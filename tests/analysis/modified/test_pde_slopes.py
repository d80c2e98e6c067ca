"""Modified PDEs on grids: solutions of the truncated equation, put into the scheme, leave the first term that was cut."""

import numpy as np
import pytest
from sympy import Symbol

import schemetools as st
from schemetools.analysis.series.laurent import laurent

VALUES = {"nu": 0.3, "mu": 0.4, "nu_x": 0.3, "nu_y": 0.4, "mu_x": 0.1, "mu_y": 0.2, "theta": 0.3, "k": 0.25}
CUTS = [
    (name, cut)
    for name, cuts in {
        "upwind": (1, 2, 3, 4),
        "lax_wendroff": (2, 3, 4),
        "beam_warming": (2, 3),
        "fromm": (2, 3, 4),
        "quickest": (3, 4),
        "box": (2, 4),
        "leapfrog_advection": (2, 4),
        "crank_nicolson_advection": (2, 4),
        "ab3_centred": (2, 3, 4),
        "lm_centred": (1, 2, 3),
        "rk3_upwind3": (3, 4),
        "ftcs_heat": (2, 4),
        "dufort_frankel": (2, 4),
        "saulyev": (2, 3, 4),
        "theta_heat": (2, 4),
        "cnab2": (2, 3, 4),
        "upwind_2d": (1, 2, 3),
        "peaceman_rachford": (2, 4),
        "corner_transport_upwind": (1, 2),
        "lines(ars222, -c*upwind(1, 3), D*compact(2))": (3,),
    }.items()
    for cut in cuts
]


def wave(n, dimension):
    x = 2 * np.pi * np.arange(n) / n
    line = np.cos(x) + 0.5 * np.sin(2 * x)
    return line if dimension == 1 else line[:, None] * np.sin(x)[None, :] + line[None, :]


def defect(scheme, equation, cut, n):
    """max |L u| for u that is advanced by the equation cut after a derivative."""
    L = laurent(scheme)
    names = [str(s) for s in L.ring.symbols]
    used = {str(s) for c in equation.coefficients.values() for s in c.free_symbols}
    advance = equation.solver(cut, **{name: VALUES[name] for name in used})
    start = wave(n, L.dimension)
    total = np.zeros_like(start)
    for (m, *place), c in L.terms.items():
        weight = float(c.as_expr().subs({Symbol(name): VALUES[name] for name in names}))
        total += weight * np.roll(advance(start, m), [-j for j in place], axis=tuple(range(L.dimension)))
    return np.abs(total).max()


@pytest.mark.parametrize(("name", "cut"), CUTS)
def test_the_defect_has_the_slope_of_the_first_term_cut(name, cut):
    scheme = st.get(name)
    equation = st.modified_equation(scheme, order=6)
    omitted = min(sum(index) for index in equation.coefficients if sum(index) > cut)
    coarse, fine = (defect(scheme, equation, cut, n) for n in (128, 256))
    assert abs(np.log2(coarse / fine) - omitted) < 0.1
