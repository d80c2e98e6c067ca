"""Regions in floating point: membership, grids, boundaries, windows, and what bad input gets."""

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.analysis.stability.verb import stability

NUMERIC = ["rk4", "dopri5", "backward_euler", "gauss(2)", "trapezoid", "radau_iia(3)", "ab(3)", "ab(4)", "bdf(4)", "bdf(6)",
           "adams_moulton(3)", "milne_simpson(2)", "leapfrog", "lm(k=3/10)", "lm(k=-9/10)", "lm(k=1)", "revnet", "yoshida4",
           "ars222", "rkc1(8,0)", "rkc1(20)", "ho_rk8", "ssp_multistep43", "macaron"]  # fmt: skip
w, z = sympy.symbols("w z")


def moduli(scheme, points):
    """The moduli of all roots at each point, by numpy.roots on the polynomial as sympy prints it."""
    coefficients = [
        sympy.lambdify(z, c, "numpy") for c in sympy.Poly(stability(scheme).polynomial(w, z), w).all_coeffs()
    ]
    return np.array([np.abs(np.roots([complex(c(p)) for c in coefficients])).max() for p in points])


@pytest.mark.parametrize("name", [n for n in NUMERIC if n not in ("rkc1(20)", "ho_rk8")])
def test_contains_agrees_with_the_roots(name):
    found = stability(st.get(name))
    (x0, x1), (y0, y1) = found.window
    random = np.random.default_rng(3)
    points = random.uniform(x0, x1, 300) + 1j * random.uniform(y0, y1, 300)
    largest = moduli(st.get(name), points)
    clear = np.abs(largest - 1) > 1e-7
    assert (found.contains(points) == (largest < 1))[clear].all()


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize("n", [200, 201])
def test_grid_is_contains_on_the_grid(name, n):
    found = stability(st.get(name))
    xlim, ylim = found.window
    region = found.region(xlim, ylim, n)
    x, y = np.linspace(*xlim, n), np.linspace(*ylim, n)
    assert region.shape == (n, n)
    assert region.dtype == bool
    points = x[None, :] + 1j * y[:, None]
    assert (region != found.contains(points)).sum() <= 2
    assert (region == region[::-1]).all()


def test_window_need_not_be_symmetric():
    for name in ("rk4", "bdf(4)", "ars222"):
        found = stability(st.get(name))
        region = found.region((-4, 1), (-1, 3), 151)
        points = np.linspace(-4, 1, 151)[None, :] + 1j * np.linspace(-1, 3, 151)[:, None]
        assert (region == found.contains(points)).all()


def test_closed_region_has_its_boundary_points():
    assert stability(st.leapfrog).contains([1j, -1j, 0, 0.999999j]).all()
    assert not stability(st.leapfrog).contains([1.0001j, 1e-4 + 0.5j, -1e-4 + 0.5j]).any()
    assert stability(st.euler).contains([-2, 0]).all()
    assert stability(st.trapezoid).contains(1j * np.linspace(-1e6, 1e6, 1001)).all()
    assert stability(st.gauss(3)).contains(1j * np.linspace(-100, 100, 1001)).all()
    assert stability(st.get("rkc1(10,0)")).contains(-np.linspace(0, 200, 5001)).all()
    assert not stability(st.get("rkc1(10,0)")).contains(-200.01)


def test_regions_without_interior_are_seen_on_a_grid():
    region = stability(st.leapfrog).region((-1, 1), (-2, 2), 101)
    assert region[:, 50].sum() == 51
    assert region.sum() == 51


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 1, 4)])
def test_contains_keeps_the_shape(shape):
    for name in ("rk4", "bdf(3)", "backward_euler"):
        assert stability(st.get(name)).contains(np.full(shape, -0.1 + 0.1j)).shape == shape


@pytest.mark.parametrize("bad", [np.nan, np.inf, complex(0, np.nan), complex(-np.inf, 0), [1, np.nan], "text", None])
def test_contains_refuses_what_is_no_point(bad):
    for name in ("rk4", "bdf(3)"):
        with pytest.raises(st.SchemeError, match="contains"):
            stability(st.get(name)).contains(bad)


@pytest.mark.parametrize("window", [((1, 1), (0, 1), 9), ((0, 1), (2, 1), 9), ((0, 1), (0, 1), 1), ((0, np.inf), (0, 1), 9),
                                    (("a", 1), (0, 1), 9), ((0, 1), (0, 1), 2.5)])  # fmt: skip
def test_empty_windows_are_refused(window):
    with pytest.raises(st.SchemeError, match="region|window"):
        stability(st.rk4).region(*window)


def test_a_free_symbol_has_no_region():
    with pytest.raises(st.SchemeError, match="free symbols k"):
        stability(st.lm()).contains(0)


# ---- boundaries ------------------------------------------------------------------


@pytest.mark.parametrize("name", NUMERIC)
def test_boundary_curves_are_closed_and_on_the_boundary(name):
    found = stability(st.get(name))
    curves = found.boundary()
    assert curves
    for curve in curves:
        assert curve[0] == curve[-1]
        points = curve[np.abs(curve) < 50]
        step = 1e-5 * (1 + np.abs(points))
        assert np.abs(found.growth(points)).max(initial=0) < 1e-6
        rays = points[None, :] + step * np.exp(1j * np.linspace(0.1, 6.3, 24, endpoint=False))[:, None]
        assert not found.contains(rays).all(axis=0).any()


def test_boundary_is_not_the_whole_locus():
    """The locus of AB4 has lobes in the right half plane that bound nothing."""
    found = stability(st.get("ab(4)"))
    assert max(c.real.max() for c in found.locus()) > 0.3
    assert max(c.real.max() for c in found.boundary()) < 0.05
    [curve] = found.boundary()
    enclosed = 0.5 * abs((curve[:-1].conj() * curve[1:]).imag.sum())
    window = (-0.4, 0.2), (-0.6, 0.6)
    assert enclosed == pytest.approx(found.region(*window, 1201).mean() * 0.6 * 1.2, rel=5e-3)


def test_pieces_of_a_region_have_their_own_curves():
    assert len(stability(st.get("dopri5")).boundary()) == 3
    assert len(stability(st.get("rkc1(4,0)")).boundary()) >= 2


def test_lm_boundary_is_the_ellipse():
    [curve] = stability(st.lm("3/10")).boundary()
    assert np.abs(((curve.real + 0.7) / 0.7) ** 2 + (curve.imag / 1.3) ** 2 - 1).max() < 1e-12


def test_segment_is_traced_there_and_back():
    [curve] = stability(st.leapfrog).boundary()
    assert np.abs(curve.real).max() < 1e-12
    assert (curve.imag.min(), curve.imag.max()) == pytest.approx((-1, 1))
    [axis] = stability(st.trapezoid).curves()
    assert axis.unbounded


def test_windows_show_the_region():
    for name in ("leapfrog", "trapezoid", "rk4", "bdf(6)", "dopri8", "backward_euler"):
        found = stability(st.get(name))
        region = found.region(n=201)
        assert 0 < region.sum() < region.size
        (x0, x1), (y0, y1) = found.window
        assert x0 < 0 < x1
        assert y0 == -y1


def test_high_degrees_lose_no_digits():
    """RKC1(20) in monomials has terms of 1e15; along its interval |R| <= 1, which the exact coefficients confirm."""
    scheme = st.get("rkc1(20)")
    found = stability(scheme)
    length = float(found.real_interval)
    points = -np.linspace(0, length, 200)
    assert found.contains(points).all()
    polynomial = sympy.Poly(-found.polynomial(0, z), z)
    exact = [abs(float(polynomial.eval(sympy.Rational(float(p))))) for p in points[1:-1]]
    assert np.abs(np.exp(found.growth(points[1:-1])) - exact).max() < 1e-9


@pytest.mark.parametrize(
    "scheme", [st.RungeKutta([[0]], [0]), st.GeneralLinear([[0]], [[1, 0]], [[0], [1]], [[1, 0], [1, 0]])]
)
def test_where_f_does_not_enter_the_region_is_the_plane(scheme):
    found = stability(scheme)
    assert found.contains([[0, 1j], [-1e6, 5]]).all()
    assert found.region(n=9).all()
    assert found.region((-1, 2), (-1, 3), 8).shape == (8, 8)
    assert found.boundary() == found.locus() == []
    assert found.area == sympy.oo
    assert np.abs(found.growth([0, 1j, 7])).max() < 1e-12
