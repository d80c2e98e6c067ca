import numpy as np
import pytest

import schemetools as st


@pytest.mark.parametrize("k", ["-9/10", "-1/3", "0", "0.3", "9/10"])
def test_the_ellipse_is_where_both_roots_of_the_scheme_are_inside_the_unit_circle(k):
    ellipse = st.stability(st.lm(k=k)).ellipse
    centre, a, b = (float(v) for v in (ellipse.centre, ellipse.real_axis, ellipse.imaginary_axis))
    k = float(st.exact.coefficient(k))
    rng = np.random.default_rng(0)
    z = rng.uniform(-4, 1, 500) + 1j * rng.uniform(-2, 2, 500)
    inside = ((z.real - centre) / a) ** 2 + (z.imag / b) ** 2 < 1
    largest = np.array([np.abs(np.roots([1, k - 1 - point, -k])).max() for point in z])
    assert inside.any()
    assert (inside == (largest < 1)).all()


@pytest.mark.parametrize("name", ["lm(k=1)", "lm(k=-3/2)", "backward_euler", "trapezoid", "rk4", "adams_bashforth(2)"])
def test_other_regions_are_not_ellipses(name):
    assert st.stability(st.get(name)).ellipse is None
