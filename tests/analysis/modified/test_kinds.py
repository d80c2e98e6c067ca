"""What an equation says of itself stays true of its kind: modified or modifying, for f(u) or for f(t, u)."""

import math

import pytest
from sympy import Rational, Symbol

import schemetools as st

k = Symbol("k")


@pytest.mark.parametrize("z", [0.1, 0.02])
def test_the_remainder_of_a_modifying_integrator_is_that_of_its_own_series(z):
    """Euler is exact on u' = lambda u for the field (e^z - 1)/z, whose next terms are z^3/24 and z^4/120."""
    estimate = st.modifying_integrator(st.euler, 3).remainder_estimate(z)
    kept = 1 + z / 2 + z**2 / 6
    assert estimate.power == 3
    assert estimate.linear == pytest.approx(z**3 / 24)
    assert (math.expm1(z) / z - kept) == pytest.approx(estimate.linear, rel=z)


def test_a_derivative_in_time_is_part_of_the_remainder():
    """lm's h term is -h(1-k)/(2(1+k)^3) (f'f + (1+k) f_t), relative to the limit 1/(1+k)."""
    eq, value = st.modified_equation(st.lm(k="1/2"), 1), Rational(1, 2)
    plain, timed = eq.remainder_estimate(0.1), eq.with_time().remainder_estimate(0.1)
    both = (1 - value) / (2 * (1 + value) ** 2) * (1 + (1 + value)) / 10
    assert timed.linear == plain.linear == pytest.approx(float((1 - value) / (2 * (1 + value) ** 2) / 10))
    assert timed.size == pytest.approx(float(both))


def test_rescaling_keeps_the_kind():
    """In rescaled time lm has the modified field f - (1-k)/(2(1+k)) h f'f, the modifying one that with a plus."""
    tall = st.Tree((1, 2))
    modifying = st.modifying_integrator(st.lm(), 3).rescaled()
    assert modifying.inverse and modifying.limit == 1
    assert (modifying[tall] - (1 - k) / (2 * (1 + k))).simplify() == 0
    assert (st.modified_equation(st.lm(), 3).rescaled()[tall] + (1 - k) / (2 * (1 + k))).simplify() == 0


def test_rescaling_keeps_the_time():
    timed = st.modified_equation(st.lm(), 3).with_time()
    assert len(timed.rescaled().coefficients) == len(timed.coefficients) == 9
    assert timed.rescaled()[st.Tree((1, 2), ("f", "t"))] != 0


def test_a_modifying_integrator_has_no_start():
    with pytest.raises(st.SchemeError, match="modified_equation"):
        st.modifying_integrator(st.lm(), 2).effective_start()


@pytest.mark.parametrize(("a", "b"), [(-1, 0), ("-1/3", "1/3")])
def test_a_name_that_begins_with_lm_is_not_lm(a, b):
    assert "-k" not in str(st.modified_equation(st.lmm2(a, b), 2))


def test_lm_is_known_by_its_coefficients():
    assert "momentum coefficient -k = -1/2" in str(
        st.modified_equation(st.LinearMultistep(["-1/2", "-1/2", 1], [0, 1, 0]), 2)
    )
    heavy_ball = st.LinearMultistep(["1/2", "-3/2", 1], [0, "1/2", 0], name="lm of another kind")
    assert str(st.modified_equation(heavy_ball, 2)).endswith("momentum coefficient 1/2")


def test_a_momentum_coefficient_is_the_scheme_s_own_number():
    """0.1 + 0.2 is no short decimal: the scheme has its binary value, and so has the coefficient -k."""
    scheme = st.lm(k=0.1 + 0.2)
    from schemetools.analysis.modified.text import momentum_coefficient

    assert momentum_coefficient(st.modified_equation(scheme, 2)) == scheme.alpha[0] == -Rational(0.1 + 0.2)


EXACT = [
    "euler",
    "rk4",
    "heun2",
    "lm",
    "lm(k=1)",
    "bdf(3)",
    "leapfrog",
    "symplectic_euler",
    "strang",
    "gauss(2)",
    "polynet",
]


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("kind", [st.modified_equation, st.modifying_integrator])
def test_the_order_read_off_the_series_is_the_order(name, kind):
    scheme = st.get(name)
    for p in range(1, 6):
        assert kind(scheme, p).known_order == st.order(scheme)


def test_no_limit_no_order():
    assert st.modified_equation(st.RungeKutta([[0, 0], [1, 0]], [1, -1]), 3).known_order == 0
