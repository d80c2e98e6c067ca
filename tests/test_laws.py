"""Laws that hold for every scheme, on schemes that nobody chose: what theory, programs and files say of one definition.

Random tableaus (explicit and implicit), additive and partitioned pairs of tableaus, and multistep schemes whose roots
are prescribed. No example is thrown away but by `assume`, and each law compares two ways of knowing the same thing.
"""

import numpy as np
import pytest
import sympy
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as hyp
from sympy import Rational, Symbol

import schemetools as st
from schemetools.analysis.series import bseries
from schemetools.analysis.series.bseries import BSeries
from schemetools.codegen import execute, lower

LAW = settings(deadline=None, max_examples=20, derandomize=True)
w, z = sympy.symbols("w z")
numbers = hyp.fractions(min_value=-2, max_value=2, max_denominator=5).map(
    lambda q: Rational(q.numerator, q.denominator)
)


@hyp.composite
def tableaus(draw, stages=(1, 3), explicit=None, consistent=False):
    """A Runge-Kutta method with rational coefficients; `consistent`: the weights sum to one."""
    s = draw(hyp.integers(*stages))
    below = draw(hyp.booleans()) if explicit is None else explicit
    A = [[draw(numbers) if j < i or not below else 0 for j in range(s)] for i in range(s)]
    b = [draw(numbers) for _ in range(s)]
    if consistent:
        b[-1] = 1 - sum(b[:-1])
    return st.RungeKutta(A, b)


@hyp.composite
def multistep(draw):
    """A multistep method, its roots besides 1 prescribed, its beta free; and these roots."""
    roots = draw(hyp.lists(numbers.filter(lambda r: r not in (0, 1)), min_size=1, max_size=3, unique=True))
    rho = sympy.Poly(sympy.prod([w - 1, *(w - r for r in roots)]), w).all_coeffs()[::-1]
    beta = [draw(numbers) for _ in rho[:-1]] + [0]
    assume(sum(beta) != 0)
    return st.LinearMultistep(rho, beta), roots


def field_of(scheme, order=4):
    return dict(BSeries.field_of(scheme, order).coefficients)


def scaled(scheme, factor):
    return st.RungeKutta([[factor * a for a in row] for row in scheme.A], [factor * b for b in scheme.b])


@given(tableaus())
@LAW
def test_the_plan_on_symbols_is_the_stability_function(scheme):
    [result] = execute(lower(scheme), lambda u: z * u, [sympy.Integer(1)])
    assert sympy.cancel(result - st.stability(scheme).function(z)) == 0


@given(tableaus(explicit=True), numbers)
@LAW
def test_block_stepper_and_stability_function_agree_on_a_linear_field(scheme, rate):
    """R(h l) to rounding, by NumPy and by torch."""
    R = complex(sympy.N(st.stability(scheme).function(rate / 4)))
    x = np.array([1.0, -0.5])
    step = st.to_stepper(scheme)(lambda u: float(rate) * u, x, 0.25)
    branch = torch.nn.Linear(2, 2, bias=False, dtype=torch.float64)
    branch.weight.data = float(rate) * torch.eye(2, dtype=torch.float64)
    block = st.to_block(scheme)(branch, h=0.25)(torch.tensor(x)).detach().numpy()
    assert np.allclose(step, R.real * x, rtol=1e-12, atol=1e-12)
    assert np.allclose(block, step, rtol=1e-12, atol=1e-12)


@given(tableaus(stages=(1, 2), explicit=False))
@LAW
def test_an_implicit_block_and_stepper_agree_on_a_nonlinear_field(scheme):
    """Where the step is short enough for both solvers: h |A| |f'| < 1/4."""
    x, h = np.array([0.3, -0.2]), 0.02
    step = st.to_stepper(scheme)(np.tanh, x, h)
    block = st.to_block(scheme)(torch.nn.Tanh(), h=h)(torch.tensor(x)).numpy()
    assert np.allclose(block, step, rtol=1e-9, atol=1e-10)


@given(multistep())
@LAW
def test_a_multistep_block_and_stepper_agree_over_five_steps(case):
    scheme, _ = case
    x, h = np.array([0.3, -0.2]), 0.1
    history, block = (x,), st.to_block(scheme)(torch.nn.Tanh(), h=h)
    step = st.to_stepper(scheme)
    state, rest = torch.tensor(x), None
    for _ in range(5):
        history = step(np.tanh, history, h)
        state, rest = block(state, rest)
    assert np.allclose(state.numpy(), history[0], rtol=1e-10, atol=1e-10)


@given(tableaus(stages=(1, 2), explicit=True), tableaus(stages=(1, 2), explicit=True))
@LAW
def test_an_additive_scheme_is_its_tableaus_where_one_field_vanishes(first, second):
    assume(first.stages == second.stages)
    pair = st.AdditiveRungeKutta({"F": first, "G": second})
    x = np.array([0.4])
    step = st.to_stepper(pair)
    for scheme, fields in ((first, (np.sin, np.zeros_like)), (second, (np.zeros_like, np.sin))):
        assert np.allclose(step(fields, x, 0.3), st.to_stepper(scheme)(np.sin, x, 0.3), rtol=1e-14, atol=0)


@given(tableaus(stages=(1, 2), explicit=True, consistent=True), tableaus(stages=(1, 2), explicit=True, consistent=True))
@LAW
def test_a_partitioned_scheme_on_a_linear_system_is_its_plan_on_symbols(first, second):
    """p' = a q, q' = b p: the plan on symbols, and the NumPy program on numbers."""
    assume(first.stages == second.stages)
    pair = st.AdditiveRungeKutta({"F": first, "G": second}, partitioned=True)
    a, b = Rational(1, 3), Rational(-2, 5)
    exact = execute(lower(pair), {"F": lambda q: a * q, "G": lambda p: b * p}, [sympy.Integer(1), sympy.Integer(2)])
    fields = {"F": lambda q: float(a) * q, "G": lambda p: float(b) * p}
    found = st.to_stepper(pair)(fields, (np.array(1.0), np.array(2.0)), 1)
    assert np.allclose([float(v) for v in found], [float(v) for v in exact], rtol=1e-13, atol=1e-13)


@given(tableaus(), tableaus())
@LAW
def test_the_equation_of_a_composition_is_that_of_the_composed_series(first, second):
    halves = [BSeries.of(scaled(s, Rational(1, 2)), 4) for s in (first, second)]
    assert field_of(st.compose(first, second)) == dict(bseries.log(bseries.compose(*halves)).coefficients)


@given(tableaus())
@LAW
def test_the_equation_of_the_adjoint_has_the_signs_of_minus_h(scheme):
    ours, theirs = field_of(scheme), field_of(st.adjoint(scheme))
    assert theirs == {t: (-1) ** (t.order + 1) * value for t, value in ours.items()}


@given(tableaus())
@LAW
def test_two_steps_of_half_the_size_have_the_same_equation_in_half_the_h(scheme):
    ours = field_of(scheme)
    assert field_of(st.steps(scheme, 2)) == {t: value / 2 ** (t.order - 1) for t, value in ours.items()}


@given(tableaus(stages=(2, 3)), hyp.randoms(use_true_random=False))
@LAW
def test_the_order_in_which_stages_are_listed_changes_nothing(scheme, random):
    order = list(range(scheme.stages))
    random.shuffle(order)
    listed = st.RungeKutta([[scheme.A[i][j] for j in order] for i in order], [scheme.b[i] for i in order])
    assert field_of(listed) == field_of(scheme)
    assert sympy.cancel(st.stability(listed).function(z) - st.stability(scheme).function(z)) == 0
    assert st.is_symplectic(listed) == st.is_symplectic(scheme)
    assert st.is_symmetric(listed) == st.is_symmetric(scheme)


@given(tableaus(stages=(1, 2), consistent=True), numbers)
@LAW
def test_stages_that_nobody_uses_and_stages_said_twice_change_nothing(scheme, entry):
    s = scheme.stages
    unused = [*([*row, 0] for row in scheme.A), [entry] * s + [0]]
    padded = st.RungeKutta(unused, [*scheme.b, 0])
    split = [[*row[:-1], row[-1] - entry, entry] for row in scheme.A]
    twice = st.RungeKutta([*split, split[-1]], [*scheme.b[:-1], scheme.b[-1] - entry, entry])
    for other in (padded, twice):
        assert field_of(other) == field_of(scheme)
        assert st.order(other) == st.order(scheme) and st.stage_order(other) == st.stage_order(scheme)
        assert st.cost(other).evaluations == st.cost(scheme).evaluations
        for question in ("is_a_stable", "is_l_stable", "is_algebraically_stable", "real_interval"):
            assert getattr(st.stability(other), question) == getattr(st.stability(scheme), question), question


@given(tableaus(stages=(1, 3), consistent=True))
@LAW
def test_rounded_coefficients_say_what_exact_ones_say(scheme):
    """The order it is meant to have, and the equation to rounding."""
    rounded = st.to_float(scheme)
    assert rounded.exact is False and st.order(rounded) == st.order(scheme)
    exact, near = st.modified_equation(scheme, 4).coefficients, st.modified_equation(rounded, 4).coefficients
    assert all(abs(float(near[t]) - float(value)) < 1e-11 * (1 + abs(float(value))) for t, value in exact.items())


@given(multistep())
@LAW
def test_the_parasites_are_the_roots_that_were_prescribed(case):
    scheme, roots = case
    sigma = sympy.Poly(list(scheme.beta)[::-1], w)
    assume(all(sigma.eval(r) != 0 for r in roots))
    found = st.modified_equation(scheme, 2).parasitic
    assert sorted(mode.root for mode in found) == sorted(roots)
    assert [abs(mode.root) for mode in found] == sorted((abs(r) for r in roots), reverse=True)
    rho = sympy.Poly(list(scheme.alpha)[::-1], w)
    assert all(mode.growth == sigma.eval(mode.root) / (mode.root * rho.diff().eval(mode.root)) for mode in found)
    assert st.stability(scheme).is_zero_stable == all(abs(r) <= 1 for r in roots)


@given(hyp.one_of(tableaus(), multistep().map(lambda case: case[0])))
@LAW
def test_a_file_gives_back_the_scheme(tmp_path_factory, scheme):
    path = tmp_path_factory.mktemp("laws") / "it.toml"
    st.save(scheme, path)
    assert st.load(path) == scheme


@given(tableaus(stages=(2, 3)))
@LAW
def test_latex_shows_every_coefficient_once_per_place(scheme):
    shown = scheme._repr_latex_()
    cells = [cell.strip() for line in shown.split("\\\\") for cell in line.split("&")]
    written = [c for row in scheme.A for c in row if c != 0] + list(scheme.b)
    for value in set(written):
        assert sum(sympy.latex(value) == cell or f"{sympy.latex(value)}" in cell for cell in cells) >= written.count(
            value
        )


@pytest.mark.parametrize("h", [0, 1e-300, -0.25, 1e8])
@pytest.mark.parametrize("name", ["rk4", "heun3", "ssprk33"])
def test_any_finite_step_size_gives_the_polynomial(name, h):
    """h = 0, tiny, negative, huge: the value of R at the argument, to rounding."""
    scheme = st.get(name)
    x = np.array(1.0)
    R = sympy.Poly(st.stability(scheme).function(z), z)
    assert np.isclose(
        st.to_stepper(scheme)(lambda u: -u, x, h),
        float(R.eval(Rational(*(-h).as_integer_ratio() if isinstance(h, float) else (-h, 1)))),
        rtol=1e-12,
    )


def test_a_complex_step_is_taken_where_it_makes_sense():
    value = st.to_stepper(st.rk4)(lambda u: u, np.array(1.0 + 0j), 0.1j)
    assert abs(value - complex(st.stability(st.rk4).function(Rational(1, 10) * sympy.I))) < 1e-15


@pytest.mark.parametrize(
    "k", [Rational(-1), Rational(-999, 1000), Rational(999, 1000), Rational(1), Rational(1001, 1000)]
)
def test_lm_at_and_beyond_the_edges_of_zero_stability(k):
    """(w - 1)(w + k): zero-stable for -1 < k <= 1."""
    assert st.stability(st.lm(k)).is_zero_stable == (-1 < k <= 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_states_that_are_not_finite_stay_so(value):
    """Nothing is made up: a step from nan or inf is not finite."""
    x = torch.tensor([value, 1.0], dtype=torch.float64)
    y = st.to_block(st.rk4)(torch.nn.Identity(), h=0.1)(x)
    assert not torch.isfinite(y[0]) and torch.isfinite(y[1])


def test_an_empty_batch_gives_an_empty_batch():
    for name in ("rk4", "implicit_midpoint"):
        assert st.to_block(st.get(name))(torch.nn.Linear(3, 3), h=0.1)(torch.zeros(0, 3)).shape == (0, 3)


def test_a_tableau_of_fifty_stages_is_taken_or_refused_in_a_sentence():
    """The chain of 50 Euler steps: order 1, R = (1 + z/50)^50."""
    scheme = st.steps(st.euler, 50)
    assert st.order(scheme) == 1 and scheme.stages == 50
    assert st.stability(scheme).function(Symbol("z")).subs(z, -50) == 0


def test_coefficients_of_four_hundred_digits_stay_exact():
    near = Rational(1, 2) + Rational(1, 10**400)
    scheme = st.RungeKutta([[0, 0], [near, 0]], [0, 1])
    assert scheme.A[1][0] == near and st.order(scheme) == 1 and st.order(st.midpoint) == 2
