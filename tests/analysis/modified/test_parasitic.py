import numpy as np
import pytest
from sympy import CRootOf, I, Rational, Symbol, simplify, sin

import schemetools as st

k, x, v, h = (Symbol(name) for name in "kxvh")


def test_lm():
    (mode,) = st.modified_equation(st.lm()).parasitic
    assert mode.root == -k
    assert simplify(mode.growth + 1 / (1 + k)) == 0
    first, second = mode.first  # h (1-k)/(2(1+k)^3) (f'f'v - f''(f,v))
    assert simplify(first + (1 - k) / (2 * (1 + k) ** 3)) == 0
    assert simplify(second - (1 - k) / (2 * (1 + k) ** 3)) == 0


def test_products_and_order():
    assert [m.root for m in st.modified_equation(st.leapfrog).parasitic] == [-1]
    assert st.modified_equation(st.leapfrog).parasitic[0].growth == -1
    assert st.modified_equation(st.milne_simpson(2)).parasitic[0].growth == Rational(-1, 3)
    assert st.modified_equation(st.bdf(2)).parasitic[0].root == Rational(1, 3)
    bdf3 = st.modified_equation(st.bdf(3)).parasitic
    assert simplify(bdf3[0].root * bdf3[1].root - Rational(2, 11)) == 0
    assert bdf3[0].root.has(I)
    for scheme in (st.euler, st.trapezoid, st.adams_bashforth(4), st.rk4, st.lm(k=0)):
        assert st.modified_equation(scheme).parasitic == ()


@pytest.mark.parametrize("steps", [4, 5, 6])
def test_roots_of_bdf(steps):
    scheme = st.bdf(steps)
    modes = st.modified_equation(scheme).parasitic
    expected = [z for z in np.roots([float(a) for a in scheme.alpha[::-1]]) if abs(z - 1) > 1e-9]
    assert len(modes) == steps - 1
    assert all(min(abs(m.value - z) for z in expected) < 1e-9 for m in modes)
    moduli = [abs(m.value) for m in modes]
    assert moduli == sorted(moduli, reverse=True)
    for mode in modes:
        assert mode.root.has(CRootOf)
        assert abs(complex(mode.root.evalf(8)) - mode.value) < 1e-6
        slope = np.polyder(np.poly1d([float(a) for a in scheme.alpha[::-1]]))(mode.value)
        sigma = np.poly1d([float(b) for b in scheme.beta[::-1]])(mode.value)
        assert abs(mode.growth_value - sigma / (mode.value * slope)) < 1e-9


def test_a_double_parasitic_root_has_no_equation():
    scheme = st.LinearMultistep([-1, -1, 1, 1], [0, 0, 1, 0])  # (z - 1)(z + 1)^2
    (mode,) = st.modified_equation(scheme).parasitic
    assert (mode.root, mode.growth, mode.multiplicity) == (-1, None, 2)
    assert "multiplicity 2" in mode.equation
    assert "not zero-stable" in st.modified_equation(scheme).warnings[0]
    with pytest.raises(st.SchemeError, match="multiple root"):
        mode.vector_field([sin(x)], [x], [v], h)


def test_the_mode_on_a_linear_field_is_the_other_root():
    """f = lambda u: the multiplier of the mode is -k/zeta_1, and -k exp(h mode) agrees with it to O(h^3)."""
    rate, lam = Rational(2, 5), -1.0
    (mode,) = st.modified_equation(st.lm(k=rate)).parasitic
    errors = []
    for step in (0.02, 0.01):
        field = mode.vector_field([lam * x], [x], [v], step)[0].coeff(v)
        roots = np.roots([1, -(1 - 0.4) - step * lam, -0.4])
        errors.append(abs(-0.4 * np.exp(step * float(field)) - min(roots)))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(3, abs=0.1)


def test_effective_start_of_lm():
    for start in ("euler", "repeat", (0, 1)):
        delta, (w,) = st.modified_equation(st.lm()).effective_start(start)
        assert simplify(delta - k / (1 + k) ** 2) == 0
        assert simplify(w + k / (1 + k) ** 2) == 0
    with pytest.raises(st.SchemeError, match="2 numbers"):
        st.modified_equation(st.lm()).effective_start((0, 1, 2))
    assert st.modified_equation(st.rk4).effective_start() == (0, ())


@pytest.mark.parametrize("name", ["lm(k=1/2)", "lm(k=-1/2)", "adams_bashforth(3)", "bdf(3)"])
def test_effective_start_by_simulation(name):
    """u' = -sin u from u_0, u_0 + h f, u_0 + 2 h f: against the O(h) equation the error is O(h^2) with the shift."""
    scheme = st.get(name)
    eq = st.modified_equation(scheme, 2)
    steps = scheme.steps
    delta = float(eq.effective_start(tuple(range(steps)))[0])
    errors = []
    for n in (200, 400):
        step = 1.0 / n
        values = [1.0 - j * step * np.sin(1.0) for j in range(steps)]
        values = simulate(scheme, values, n, step)
        right = eq.solver([-sin(x)], [x], step)
        errors.append(abs(values[-1] - rk4(right, 1.0 - step * delta * np.sin(1.0), 1.0, 400)))
    assert np.log2(errors[0] / errors[1]) > 1.8


def simulate(scheme, values, n, step):
    """u_0 .. u_n of u' = -sin u; the implicit equation by iteration."""
    alpha, beta = ([float(c) for c in row] for row in (scheme.alpha, scheme.beta))
    while len(values) <= n:
        past = values[-scheme.steps :]
        known = sum(-a * u - step * b * np.sin(u) for a, b, u in zip(alpha, beta, past, strict=False))
        new = past[-1]
        for _ in range(60):
            new = (known - step * beta[-1] * np.sin(new)) / alpha[-1]
        values.append(new)
    return values


def rk4(right, start, time, n):
    y, step = np.array([start]), time / n
    for _ in range(n):
        k1 = right(0, y)
        k2 = right(0, y + step / 2 * k1)
        k3 = right(0, y + step / 2 * k2)
        k4 = right(0, y + step * k3)
        y = y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[0]
