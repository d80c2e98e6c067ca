"""Schedules over depth, noise of size sqrt(h), the observable of LM, and the notation, against exact operators."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import sympy
from sympy import Function, Rational, cos, exp, sin, symbols

import schemetools as st
from schemetools.errors import SchemeError

x, y, h, t, k, p = symbols("x y h t k p")
POINTS = 47  # odd: no wave at the edge of the spectrum, whose derivative would be lost
GRID = 2 * np.pi * np.arange(POINTS) / POINTS
WAVES = np.fft.fftfreq(POINTS, 1 / POINTS)
FOURIER = np.fft.fft(np.eye(POINTS), axis=0)
DERIVATIVE = np.real(np.fft.ifft(1j * WAVES[:, None] * FOURIER, axis=0))
FIELD = sin(x) + cos(2 * x) / 3
F = np.array([float(FIELD.subs(x, g)) for g in GRID])
PHI = np.exp(np.sin(GRID))


def interpolation(at):
    """The matrix that takes values on the grid to values of the trigonometric interpolant at other points."""
    return np.real(np.exp(1j * np.outer(at, WAVES)) @ FOURIER / POINTS)


def generator(drift, noise, at):
    b, s = (np.broadcast_to(sympy.lambdify((x, t), c)(GRID, at), POINTS) for c in (drift, noise))
    return b[:, None] * DERIVATIVE + s[:, None] ** 2 / 2 * (DERIVATIVE @ DERIVATIVE)


def slopes(errors):
    return [np.log2(a / b) for a, b in itertools.pairwise(errors)]


@pytest.mark.parametrize(("keep", "order"), [(True, 2), (False, 1)])
def test_a_schedule_that_is_a_function_of_time_has_weak_order_two(keep, order):
    """All gates' paths enumerated by their transition operators; without the term in p'(t) the order is one."""

    def schedule(t):
        return 1 - t / 2

    eq = st.modified_equation(st.stochastic_depth(p), p=schedule)
    errors = []
    for n in (20, 40, 80):
        step, exact, value = 1 / n, PHI, PHI
        for layer in reversed(range(n)):
            chance = 1 - layer * step / 2
            exact = chance * interpolation(GRID + step * F) @ exact + (1 - chance) * exact
        drift, noise = eq.drift(FIELD, x, step)[0], eq.diffusion(FIELD, x, step)[0]
        if not keep:
            drift = drift + step / 2 * schedule(t).diff(t) * FIELD
        for layer in reversed(range(n)):  # Gauss-Legendre in the exponent of one step (Magnus, order two)
            value = scipy.linalg.expm(step * generator(drift, noise, (layer + 0.5) * step)) @ value
        errors.append(abs(exact - value).max())
    assert all(abs(s - order) < 0.1 for s in slopes(errors)), errors


@pytest.mark.parametrize(("chance", "order"), [(Rational(1, 2), 1), (Rational(4, 5), Rational(1, 2))])
def test_noise_of_size_sqrt_h_has_weak_order_one_half_or_one(chance, order):
    eq = st.modified_equation(st.stochastic_depth(chance), scaling="diffusive")
    assert eq.weak_order == order and eq.scaling == "diffusive"
    asked = st.modified_equation(st.stochastic_depth(chance), order, scaling="diffusive")
    assert asked.weak_order == order and asked.drift(FIELD, x, h) == eq.drift(FIELD, x, h)
    assert eq.observable(FIELD, x, h) == (x,)  # a one-step scheme's value is the equation's own
    drift, noise = eq.drift(FIELD, x, h)[0], eq.diffusion(FIELD, x, h)[0]
    assert not (drift.free_symbols | noise.free_symbols) & {h}
    exact = scipy.linalg.expm(generator(drift, noise, 0.0)) @ PHI
    errors = []
    for n in (160, 320, 640):
        step, q = 1 / n, float(chance)
        moves = [(w, step * q + step**0.5 * (gate - q)) for w, gate in ((q, 1), (1 - q, 0))]
        P = sum(w * interpolation(GRID + move * F) for w, move in moves)
        errors.append(abs(np.linalg.matrix_power(P, n) @ PHI - exact).max())
    assert all(abs(s - float(order)) < 0.1 for s in slopes(errors)), slopes(errors)


def test_noise_in_two_places_of_a_step_adds_to_the_drift():
    """u + h xi f(u + h xi f): with centred noise of size sqrt(h) in both, Cov[xi, xi] f'f."""
    xi = st.random_symbol("xi", "rademacher")
    eq = st.modified_equation(st.RungeKutta([[0, 0], [xi, 0]], [0, xi]), scaling="diffusive")
    assert sympy.simplify(eq.drift(sin(x), x, h)[0] - sin(x) * cos(x)) == 0
    exact = scipy.linalg.expm(generator(eq.drift(FIELD, x, h)[0], eq.diffusion(FIELD, x, h)[0], 0.0)) @ PHI
    errors = []
    f = sympy.lambdify(x, FIELD)
    for n in (80, 160, 320):
        r = n**-0.5
        P = sum(interpolation(GRID + r * s * f(GRID + r * s * F)) / 2 for s in (1, -1))
        errors.append(abs(np.linalg.matrix_power(P, n) @ PHI - exact).max())
    assert all(abs(s - 1) < 0.1 for s in slopes(errors)), errors


def test_a_list_gives_one_equation_per_layer():
    eq = st.modified_equation(st.stochastic_depth(p), p=["1", "9/10", 0.5])
    assert len(eq) == 3 and eq.weak_order == 2
    assert [piece.brownian for piece in eq] == [0, 1, 1]
    assert eq[1].drift(sin(x), x, h) == st.modified_equation("stochastic_depth(9/10)").drift(sin(x), x, h)
    assert str(eq).splitlines()[2] == "layer 1: dX = [9/10 f - 81/200 h f'f] dt + sqrt(h) [3/10 f] dB"
    paths = eq.simulate([sin(x)], [x], [0.5], 0.25, paths=3, seed=1)
    assert paths.shape == (4, 3, 1) and (paths[0] == 0.5).all()
    assert (paths[1] == paths[1, 0]).all() and len(set(paths[2, :, 0])) == 3
    masks = st.modified_equation(st.get("dropout_output(p)"), p=["1/10", "1/5"])
    assert masks[1].variance == Rational(1, 4)


def test_masks_under_a_schedule_lose_half_the_rate_of_their_mean_field():
    eq = st.modified_equation(st.get("dropout_input(p)"), p=lambda t: t / 4)
    plain = st.modified_equation(st.get("dropout_input(p)"))
    mean = plain.drift([x**2], x, 0)[0].subs({"p": t / 4})
    expected = plain.drift([x**2], x, h)[0].subs({"p": t / 4}) - h / 2 * mean.diff(t)
    assert sympy.simplify(eq.drift([x**2], x, h)[0] - expected) == 0
    assert "g_t" in str(eq) and r"\partial_t" in eq._repr_latex_()
    output = st.modified_equation(st.get("dropout_output(p)"), p=Function("p"))
    assert sympy.simplify(output.diffusion([x], x, 1)[0] ** 2 - Function("p")(t) * x**2 / (1 - Function("p")(t))) == 0


def test_simulation_follows_the_schedule():
    eq = st.modified_equation(st.stochastic_depth(p), p=lambda t: 1 - t / 2)
    paths = eq.simulate([-x], [x], [1.0], 1, 1 / 8, paths=40_000, steps=64, seed=2)
    end = paths[-1, :, 0]
    rate = sympy.integrate(eq.drift([-x], [x], Rational(1, 8))[0] / x, (t, 0, 1))
    assert abs(end.mean() - float(exp(rate))) < 5 * end.std() / 200 + 0.005


def test_the_observable_of_lm_is_shifted():
    eq = st.modified_equation(st.lm_stochastic_depth(k, p))
    (value,) = eq.observable(sin(x), x, h)
    assert sympy.simplify(value - x - h * k * p * sin(x) / (1 + k) ** 2) == 0
    assert st.modified_equation(st.stochastic_depth(p)).observable(sin(x), x, h) == (x,)


def test_latex_in_the_notation_of_the_articles():
    one = st.modified_equation(st.stochastic_depth(p)).in_network._repr_latex_()
    assert r"\odot \left[1_{N\times 1}, 0_{N\times (N-1)}\right]dB_t" in one and "h" not in one.replace(
        r"\right", ""
    ).replace(r"\sqrt", "")
    assert r"X_n = X(t_n)" in st.modified_equation(st.lm_stochastic_depth("1/2", "4/5"))._repr_latex_()
    assert r"\circ" in st.modified_equation(st.drop_path("1/2")).stratonovich()._repr_latex_()
    for name in st.names("masked"):
        scheme = st.get(name)
        if name == "dropout_skip":
            scheme = st.get("dropout_skip(p=1/10, power=1/2)")
        for eq in (st.modified_equation(scheme), st.modified_equation(scheme).stratonovich()):
            shown = eq._repr_latex_()
            assert shown.count("{") == shown.count("}") and "dB_t" in shown
            assert r"\\" not in shown and shown.count(r"\left") == shown.count(r"\right")
    assert r"\frac{1}{3} f(X) \odot dB_t" in st.modified_equation("dropout_output(1/10)")._repr_latex_()


def test_at_the_step_of_a_network_no_h_is_written():
    gate, mask = (st.modified_equation(name).in_network for name in ("stochastic_depth(4/5)", "dropout_output(1/10)"))
    assert str(gate).splitlines() == [
        "stochastic_depth(p=4/5): weak order 2 (Ito, h = 1)",
        "dX = [4/5 f - 8/25 f'f] dt + [2/5 f] dB",
    ]
    assert str(mask).splitlines()[1] == "dX = [f - 1/2 f'f] dt + 1/3 diag(f) dB,    one Brownian motion per unit"


def test_a_mask_whose_mean_is_not_one_says_so():
    gate = st.random_symbol("xi", "bernoulli", "9/10")
    shown = str(st.modified_equation(st.MaskedEuler("output", gate)))
    assert shown.endswith(
        "dX = [g - 1/2 h g'g] dt + sqrt(h) 3/10 diag(f) dB,    one Brownian motion per unit, g = 9/10 f"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"paths": "3"}, "paths = '3' came; all must be positive: t and h finite numbers, steps and paths whole ones"),
        ({"steps": 2.5}, "steps = 2.5, paths = None came"),
        ({"h": "1/4"}, "h = '1/4', steps = None"),
        ({"h": float("inf")}, "h = inf, steps = None"),
        ({"steps": 10**12}, "steps = 1000000000000 came: more than 10.8 steps"),
        ({"paths": 10**15}, "are more than the memory holds; take fewer paths or steps"),
        ({"seed": "a"}, "seed: 'a', a str, came; give a whole number, at least 0"),
        ({"seed": -1}, "seed: -1, an int, came"),
        ({"progress": 3}, "progress: 3, an int, came; give a function"),
        ({"nosuch": 1}, "simulate has no option 'nosuch'; its options: steps, paths, seed, progress, backend, method"),
        (
            {"start": [1, 2]},
            r"an array of shape \(2,\) came; give a finite number for each variable, of which there are 1",
        ),
        ({"start": "a"}, "start: 'a', a str, came"),
        ({"start": None}, "start: None came"),
        ({"start": [1j]}, "start: a list came"),
        ({"start": [[1.0], [2.0]], "paths": 3}, "paths = 3 and a start of 2 paths came"),
    ],
)
def test_simulate_says_which_argument_does_not_fit(options, message):
    given = {"start": [1.0], "h": 0.25, **options}
    with pytest.raises(SchemeError, match=message):
        st.modified_equation("stochastic_depth(1/2)").simulate([-x], [x], t=1, **given)
    with pytest.raises(SchemeError, match=message):
        st.modified_equation(st.stochastic_depth(p), p=["1/2", "1/4"]).simulate([-x], [x], **given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: st.modified_equation("stochastic_depth(1/2)", q=3), "no free symbol q"),
        (
            lambda: st.modified_equation("stochastic_depth(1/2)", scaling="large"),
            "'network', 'small noise', 'diffusive'",
        ),
        (lambda: st.modified_equation("stochastic_depth(1/3)", 1, scaling="diffusive"), "third cumulants"),
        (lambda: st.modified_equation("stochastic_depth(1/2)", 2, scaling="diffusive"), "third derivative"),
        (lambda: st.modified_equation(st.stochastic_depth(p), p=["1", "2"]), r"bernoulli\(2\), which is none"),
        (lambda: st.modified_equation(st.get("dropout_output(p)"), p=3), r"bernoulli\(-2\), which is none"),
        (lambda: st.modified_equation(st.stochastic_depth(p), 3, p=Function("p")), "third cumulant"),
        (lambda: st.modified_equation("dropout_output(1/2)", scaling="diffusive"), "power=1/2"),
        (lambda: st.modified_equation(st.lm_stochastic_depth(k, p), scaling="diffusive"), "one-step schemes"),
        (lambda: st.modified_equation(st.lm_stochastic_depth(k, p), k=[1, 2], p=Function("p")), "give one kind"),
        (
            lambda: st.modified_equation(st.MaskedEuler("skip", st.random_symbol("xi", "bernoulli", "9/10"), "1/2")),
            "has the mean 9/10",
        ),
        (
            lambda: st.modified_equation(st.drop_path("1/2")).stratonovich().simulate([x], [x], [1.0], 1, 0.5),
            "Ito form",
        ),
        (lambda: st.modified_equation(st.stochastic_depth(p), p=Function("p")).moments(-1, 1, 1, 1), "not derived"),
        (
            lambda: st.modified_equation(st.drop_path("1/2")).simulate([x], [x], [1.0], 1, 0.5, backend="torch"),
            "belong",
        ),
    ],
)
def test_what_does_not_fit_is_said(make, message):
    with pytest.raises(SchemeError, match=message):
        make()


def test_equations_of_layers_are_themselves_and_can_be_kept_in_a_set():
    first, second = (st.modified_equation("stochastic_depth(p)", p=["9/10", "1/2"]) for _ in range(2))
    assert len({first, second, first}) == 2 and first == first and first != second
