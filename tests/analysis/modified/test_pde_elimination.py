"""Modified PDEs by another way: Taylor series, and Warming's and Hyett's elimination of time derivatives, one by one."""

import itertools
import math
from fractions import Fraction

import pytest
from sympy import QQ, cancel

import schemetools as st
from schemetools.analysis.series.laurent import laurent

NAMES = """
upwind lax_wendroff fromm quick quickest box leapfrog_advection upwind_leapfrog crandall richardson dufort_frankel saulyev
theta_heat cnab2 cnlf_advection_diffusion bdf2_imex lax_wendroff_diffusion rk4_pade4 ab3_centred lm_centred(k=1/3) lax_wendroff_2d
corner_transport_upwind lines(trbdf2,-c*centred(1,4)+D*laplacian()) lines(ars222,-c*upwind(1,3),D*compact(2))
lines(bdf(3),D*laplacian(points=9)) lines(gauss(2),-c*staggered()) lines(ssprk33,a*compact(2,6)+b*biharmonic())
"""


def taylor(L, order):
    """{(p, *a): coefficient of dt^p dx^a d_t^p d^a u}, elements of the field of the numbers."""
    field = L.ring.to_field()
    found = {}
    for key in itertools.product(range(order + 1), repeat=L.dimension + 1):
        if sum(key) <= order:
            below = math.prod(map(math.factorial, key))
            total = field.zero
            for place, c in L.terms.items():
                weight = Fraction(math.prod(j**n for j, n in zip(place, key, strict=True))) / below
                total += field(c) * L.ring.domain.convert(QQ(weight.numerator, weight.denominator), QQ)
            if total:
                found[key] = total
    return found


def eliminated(scheme, order):
    """{a: factor of dx^a d^a u in dt u_t}: each d_t^p d^a but u_t itself goes by a derivative of the scheme's own series."""
    L = laurent(scheme)
    u_t = (1, *(0,) * L.dimension)
    F = taylor(L, order)
    F = {key: c / F[u_t] for key, c in F.items()}
    left = dict(F)
    for degree in range(1, order + 1):
        for p in range(degree, 0, -1):
            for a in itertools.product(range(degree + 1), repeat=L.dimension):
                c = left.get((p, *a))
                if sum(a) != degree - p or (p, *a) == u_t or not c:
                    continue
                for key, x in F.items():
                    place = (key[0] + p - 1, *(i + j for i, j in zip(key[1:], a, strict=True)))
                    if sum(place) <= order:
                        left[place] = left.get(place, 0) - c * x
    return {key[1:]: -c.as_expr() for key, c in left.items() if c and key[0] == 0}


@pytest.mark.parametrize("name", NAMES.split())
def test_the_logarithm_is_what_elimination_gives(name):
    scheme = st.get(name)
    order = 5 if scheme.dimension == 1 else 4
    found = st.modified_equation(scheme, order).in_numbers()
    expected = eliminated(scheme, order)
    for index in {*found, *expected}:
        assert cancel(found.get(index, 0) - expected.get(index, 0)) == 0, index
