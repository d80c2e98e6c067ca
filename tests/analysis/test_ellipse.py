import numpy as np
import pytest

import schemetools as st
from schemetools.analysis.ellipse import stability_ellipse


@pytest.mark.parametrize("k", ["-9/10", "-1/3", "0", "0.3", "9/10"])
def test_the_ellipse_is_where_both_roots_of_the_scheme_are_inside_the_unit_circle(k):
    centre, a, b = (float(v) for v in stability_ellipse(st.lm(k=k)))
    k = float(st.exact.coefficient(k))
    rng = np.random.default_rng(0)
    z = rng.uniform(-4, 1, 500) + 1j * rng.uniform(-2, 2, 500)
    inside = ((z.real - centre) / a) ** 2 + (z.imag / b) ** 2 < 1
    largest = np.array([np.abs(np.roots([1, k - 1 - point, -k])).max() for point in z])
    assert inside.any()
    assert (inside == (largest < 1)).all()


def test_euler_is_a_disc():
    assert stability_ellipse(st.euler) == (-1, 1, 1)


@pytest.mark.parametrize("name", ["lm(k=1)", "lm(k=-3/2)", "backward_euler", "trapezoid", "rk4", "adams_bashforth(2)"])
def test_other_regions_are_not_ellipses(name):
    assert stability_ellipse(st.get(name)) is None


def test_a_free_symbol_is_refused():
    with pytest.raises(st.SchemeError, match="free symbols"):
        stability_ellipse(st.lm())
