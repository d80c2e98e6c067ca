"""Masks per unit, against the generator: E phi(X + step) and exp(h L) phi agree through h^order, term by term."""

import itertools

import numpy as np
import pytest
import sympy
from sympy import QQ, Integer, Matrix, Rational, Symbol, cos, exp, ring, sin, sqrt, symbols

import schemetools as st
from schemetools.analysis.modified.mask_moments import Mask
from schemetools.errors import SchemeError, UnsupportedError

u, v, h = symbols("u v h", positive=True)
FIELD = [v + u * v, -u + v**2 / 3]
TESTS = [u, v, u * v, v**2, u**3, u * v**2]


def GATED(u, m):
    return [m[0] * u[1] + m[1] * u[0] * u[1], m[1] * u[0] ** 2 - m[0] * u[0]]


RING, U, V, ROOT, *ENTRIES = ring("u v root a_1 a_2", QQ)  # h = root^2, so that sqrt(h) is a polynomial too


def polynomial(value):
    return RING.from_expr(sympy.expand(sympy.expand(value).subs(h, Symbol("root", positive=True) ** 2)).xreplace(PLAIN))


PLAIN = {x: Symbol(x.name) for x in (u, v, Symbol("root", positive=True), *symbols("a_1 a_2"))}


def truncated(p, order):
    return RING.from_dict({powers: c for powers, c in p.items() if powers[2] <= 2 * order})


def flow(drift, a, phi, order):
    """exp(h L) phi through h^order, L = drift . grad + (1/2) a : hess depending on h itself."""
    drift, a = [polynomial(b) for b in drift], [[polynomial(c) for c in row] for row in a.tolist()]
    term = total = polynomial(phi)
    for n in range(1, order + 1):
        slopes = [term.diff(U), term.diff(V)]
        moved = sum((b * s for b, s in zip(drift, slopes, strict=True)), RING.zero)
        for i, s in enumerate(slopes):
            moved += (a[i][0] * s.diff(U) + a[i][1] * s.diff(V)) * QQ(1, 2)
        term = truncated(moved * ROOT**2 * QQ(1, n), order)
        total += term
    return total


def one_step(scheme, phi, order):
    """E phi after one step, exactly, by the moments of the mask."""
    mask, entries = Mask(scheme.mask), symbols("a_1 a_2")
    deviation = [(x - mask.moment(1)) * h**scheme.power for x in entries]
    f, state = FIELD, [u, v]
    if scheme.placement == "output":
        f = [c * x for c, x in zip(f, entries, strict=True)]
    elif scheme.placement == "hidden":
        f = GATED((u, v), entries)
    elif scheme.placement == "input":
        f = [c.subs({u: u * entries[0], v: v * entries[1]}, simultaneous=True) for c in f]
    elif scheme.placement == "skip":
        state = [x * (1 + d) for x, d in zip(state, deviation, strict=True)]
    else:
        state = [x + d for x, d in zip(state, deviation, strict=True)]
    return expected(mask, phi, [polynomial(s + h * c) for s, c in zip(state, f, strict=True)], order)


def expected(mask, phi, state, order):
    total = RING.zero
    for powers, c in truncated(polynomial(phi).compose([(U, state[0]), (V, state[1])]), order).items():
        weight = QQ.from_sympy(mask.moment(powers[3]) * mask.moment(powers[4]))
        total += RING.from_dict({(*powers[:3], 0, 0): c * weight})
    return total


def residuals(scheme, order, form=None):
    """What is left of E phi(step) - exp(h L) phi through h^order, for each test function."""
    eq = st.modified_equation(scheme, form or order)
    hidden = {"m": 2} if scheme.placement == "hidden" else {}
    f = GATED if hidden else FIELD
    drift, a = eq.drift(f, (u, v), h, **hidden), eq.covariance(f, (u, v), h, **hidden)
    return {phi: one_step(scheme, phi, order) - flow(drift, a, phi, order) for phi in TESTS}


def at_power(p, n):
    """The coefficient of root^n, an expression."""
    return RING.from_dict({(*k[:2], 0, 0, 0): c for k, c in p.items() if k[2] == n}).as_expr()


@pytest.mark.parametrize("mask", ["bernoulli", "uniform", "normal"])
@pytest.mark.parametrize("placement", ["output", "hidden", "input"])
def test_masks_on_the_branch_have_weak_order_two(placement, mask):
    xi = {
        "bernoulli": st.random_symbol("xi", "bernoulli", "9/10") * Rational(10, 9),
        "uniform": st.random_symbol("xi", "uniform", 0, 2),
        "normal": st.random_symbol("xi", "normal", 1, "1/3"),
    }[mask]
    scheme = st.MaskedEuler(placement, xi)
    assert not any(residuals(scheme, 2).values())


@pytest.mark.parametrize("placement", ["output", "input"])
def test_without_the_drift_correction_the_order_is_one(placement):
    scheme = st.MaskedEuler(placement, st.random_symbol("xi", "bernoulli", "1/2") * 2)
    assert any(at_power(rest, 4) != 0 for rest in residuals(scheme, 2, form=1).values())
    assert not any(residuals(scheme, 1).values())


def test_added_gaussian_noise_has_weak_order_two_and_other_noise_one():
    normal = st.get("additive_noise(1/3)")
    assert st.modified_equation(normal).weak_order == 2
    assert not any(residuals(normal, 2).values())
    flat = st.MaskedEuler("added", st.random_symbol("xi", "uniform", -1, 1), "1/2")
    assert st.modified_equation(flat).weak_order == 1
    assert not any(residuals(flat, 1).values())
    with pytest.raises(UnsupportedError, match="fourth cumulant"):
        st.modified_equation(flat, 2)


def test_noise_on_the_skip_has_a_limit_only_at_the_size_sqrt_h():
    with pytest.raises(UnsupportedError, match="no differential equation as its limit"):
        st.modified_equation(st.get("dropout_skip(1/10)"))
    skew = st.get("dropout_skip(p=1/10, power=1/2)")
    assert st.modified_equation(skew).weak_order == Rational(1, 2)
    left = residuals(skew, 2, form=Rational(1, 2))
    assert at_power(left[u**3], 3) == Symbol("u") ** 3 * Mask(skew.mask).cumulant(3) != 0
    assert not any(at_power(rest, n) for rest in left.values() for n in (0, 1, 2))
    even = st.get("dropout_skip(p=1/2, power=1/2)")
    assert st.modified_equation(even).weak_order == 1
    assert not any(residuals(even, 1).values())


def test_the_text_says_order_form_and_number_of_motions():
    shown = str(st.modified_equation(st.get("dropout_output(1/10)")))
    assert shown.splitlines() == [
        "dropout_output(p=1/10): weak order 2 (Ito, network scaling)",
        "dX = [f - 1/2 h f'f] dt + sqrt(h) 1/3 diag(f) dB,    one Brownian motion per unit",
    ]
    assert st.modified_equation(st.get("dropout_output")).brownian(FIELD, (u, v)) == 2
    assert st.modified_equation(st.drop_path("9/10")).brownian == 1


def test_covariance_of_a_masked_input_by_enumeration():
    eq = st.modified_equation(st.get("dropout_input(1/4)"))
    f = [sin(u) * exp(v), cos(u * v)]
    exact = eq.covariance(f, (u, v), h)
    points = {u: Rational(1, 3), v: Rational(-1, 2)}
    values, weights = [], []
    for gates in itertools.product((0, 1), repeat=2):
        weights.append(np.prod([0.75 if g else 0.25 for g in gates]))
        put = {x: points[x] * g / Rational(3, 4) for x, g in zip((u, v), gates, strict=True)}
        values.append([float(c.subs(put)) for c in f])
    expected = np.cov(np.array(values).T, aweights=weights, ddof=0)
    assert np.allclose(np.array(exact.subs(points).subs(h, 1), dtype=float), expected, atol=1e-14)


def test_stratonovich_differs_by_half_the_noise_along_itself():
    eq = st.modified_equation(st.get("dropout_output(1/2)"))
    (b,), (c,) = (e.drift([sin(u)], u, h) for e in (eq, eq.stratonovich()))
    assert sympy.simplify(b - c - h * sin(u) * cos(u) / 2) == 0
    gate = st.modified_equation(st.get("stochastic_depth(1/2)"))
    (b,), (c,) = (e.drift([sin(u)], [u], h) for e in (gate, gate.stratonovich()))
    assert sympy.simplify(b - c - h * sin(u) * cos(u) / 8) == 0


def test_three_units_have_three_motions():
    w = Symbol("w")
    eq = st.modified_equation(st.get("dropout_output(1/5)"))
    s = eq.diffusion([v, w, u * v], (u, v, w), 1)
    assert s == sympy.diag(v, w, u * v) / 2


def test_moments_of_a_linear_field_follow_the_step():
    """E X and E X X^T of n steps, exactly, against the equation: the error falls like h^2."""
    eq = st.modified_equation(st.get("dropout_output(1/5)"))
    M, start = Matrix([[0, 1], [-1, Rational(-1, 2)]]), Matrix([1, Rational(1, 2)])
    errors = []
    for n in (8, 16, 32, 64):
        step = Rational(1, n)
        mean, second = start, start * start.T
        for _ in range(n):
            along = (sympy.eye(2) + step * M) * second * (sympy.eye(2) + step * M).T
            noise = M * second * M.T * step**2 / 4
            second = (along + sympy.diag(noise[0, 0], noise[1, 1])).evalf(25)
            mean = ((sympy.eye(2) + step * M) * mean).evalf(25)
        got = eq.moments(M, list(start), 1, step)
        errors.append(max(abs(x) for x in (*(got[0] - mean), *(got[1] - second))))
    slopes = [float(sympy.log(a / b, 2)) for a, b in itertools.pairwise(errors)]
    assert all(abs(s - 2) < 0.1 for s in slopes[1:]), slopes


def test_moments_of_one_component_are_formulas():
    t = Symbol("t")
    mean, second = st.modified_equation(st.drop_path("1/2")).moments(-1, 3, t, h)
    assert sympy.simplify(mean[0] - 3 * exp(-(1 + h / 2) * t)) == 0
    assert sympy.simplify(second[0] - 9 * exp((-2 - h + h) * t)) == 0
    with pytest.raises(SchemeError, match="need numbers; a has none"):
        st.modified_equation(st.drop_path("1/2")).moments(Symbol("a") * sympy.eye(2), [1, 1], 1, Rational(1, 2))


def test_simulated_paths_have_the_moments_and_their_seed():
    eq = st.modified_equation(st.get("dropout_output(1/5)"))
    seen = []
    options = {"steps": 20, "paths": 40000, "seed": 5}
    paths = eq.simulate([-u, u - v], (u, v), [1, 0], 1, 0.25, progress=lambda *a: seen.append(a), **options)
    assert paths.shape == (21, 40000, 2) and seen[-1] == (20, 20)
    mean, second = eq.moments(Matrix([[-1, 0], [1, -1]]), [1, 0], 1, Rational(1, 4))
    end = paths[-1]
    spread = end.std(axis=0) / 200
    assert (abs(end.mean(axis=0) - np.array(mean, dtype=float).ravel()) < 5 * spread + 0.05).all()  # dt = 1/20
    assert abs((end[:, 0] ** 2).mean() - float(second[0, 0])) < 0.02
    again = eq.simulate([-u, u - v], (u, v), [1, 0], 1, 0.25, **options)
    assert (again == paths).all()
    with pytest.raises(SchemeError, match="must be positive"):
        eq.simulate([-u, u - v], (u, v), [1, 0], 1, 0.25, paths=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: st.get("dropout_output(1)"), "drop probability"),
        (lambda: st.get("dropout_output(-1/10)"), "drop probability"),
        (lambda: st.MaskedEuler("middle", 1), "no placement"),
        (lambda: st.MaskedEuler("output", 2), "0 random symbols"),
        (lambda: st.MaskedEuler("output", st.random_symbol("xi", "normal", 1, 1), "1/2"), "it is 0 there"),
        (lambda: st.modified_equation(st.get("dropout_output")).drift([u], (u, v), h), "1 components for 2"),
        (lambda: st.modified_equation(st.get("dropout_output")).drift([u], (u,), h, m=2), "only a mask on a hidden"),
        (lambda: st.modified_equation(st.get("dropout_hidden")).drift([u], (u,), h), "give distinct symbols"),
        (lambda: st.stability(st.get("dropout_output")), "one mask entry per unit"),
        (lambda: st.order(st.get("dropout_output")), "random"),
        (lambda: st.modified_equation(st.get("dropout_output"), 3), "has the weak order 2, not 3"),
    ],
)
def test_what_does_not_fit_is_said(make, message):
    with pytest.raises(SchemeError, match=message):
        make()


def test_a_mask_that_has_no_closed_mean_is_refused():
    eq = st.modified_equation(st.MaskedEuler("input", st.random_symbol("xi", "normal", 1, "1/3")))
    with pytest.raises(UnsupportedError, match="no closed form here"):
        eq.drift([sin(u)], u, h)


@pytest.mark.parametrize("name", ["stochastic_depth(1/2)", "gaussian_noise(1/4)"])
def test_weak_order_three_of_a_gate_whose_third_cumulant_vanishes(name):
    scheme = st.get(name)
    eq = st.modified_equation(scheme, 3)
    drift, noise = eq.drift(FIELD, (u, v), h), eq.diffusion(FIELD, (u, v), h)
    gate = symbols("a_1")
    moved = [polynomial(x + h * gate * c) for x, c in zip((u, v), FIELD, strict=True)]
    for phi in TESTS:
        left = expected(Mask(scheme.b[0]), phi, moved, 3) - flow(drift, noise * noise.T, phi, 3)
        assert left == 0
    with pytest.raises(UnsupportedError, match="third cumulant"):
        st.modified_equation(st.get("stochastic_depth(4/5)"), 3)
    with pytest.raises(UnsupportedError, match="one random evaluation"):
        st.modified_equation(st.lm_stochastic_depth("1/2", "1/2"), 3)


def test_a_scheme_with_a_mask_is_a_value():
    assert st.get("dropout_output(1/10)") == st.dropout_output("1/10") != st.dropout_hidden("1/10")
    assert hash(st.get("dropout_output(1/10)")) == hash(st.dropout_output("0.1"))
    assert st.dropout_output(Symbol("p")).subs({"p": "1/5"}) == st.dropout_output("1/5")
    assert sqrt(Mask(st.dropout_output("1/10").mask).variance) == Rational(1, 3)
    assert Integer(1) == Mask(st.dropout_input("1/4").mask).moment(1)
