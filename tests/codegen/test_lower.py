"""Lowering: what is evaluated, what is combined, what costs nothing."""

import pytest
import sympy
from sympy import Rational, Symbol

import schemetools as st
from schemetools.codegen import Combine, Eval, Solve, execute, lower
from schemetools.codegen.starting import input_names, next_pattern, pattern_scheme, start_pattern, with_history


@pytest.mark.parametrize(
    ("name", "evaluations", "with_error"),
    [("euler", 1, 1), ("rk4", 4, 4), ("dopri5", 6, 7), ("verner89", 14, 16), ("fehlberg45", 5, 6), ("trapezoid", 2, 2)],
)
def test_evaluations_are_counted_after_dropping_and_merging(name, evaluations, with_error):
    plan = lower(st.get(name))
    assert (plan.evaluations, plan.all_evaluations) == (evaluations, with_error)


def test_dead_and_equal_stages_are_not_evaluated():
    # The second stage repeats the first, the third is used by nobody.
    A = [[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], ["1/4", "1/4", 0, 0]]
    scheme = st.RungeKutta(A, [0, 0, 0, 1])
    assert scheme.stages == 4
    assert [step for step in lower(scheme).steps if isinstance(step, Combine)] == [
        step for step in lower(st.midpoint).steps if isinstance(step, Combine)
    ]
    assert lower(scheme).evaluations == 2


def test_equal_implicit_stages_are_solved_once():
    doubled = st.RungeKutta([["1/4", "1/4"], ["1/2", 0]], ["1/2", "1/2"])
    [solve] = [s for s in lower(doubled).steps if isinstance(s, Solve)]
    assert solve.matrix == ((Rational(1, 2),),)
    assert lower(doubled) == lower(st.implicit_midpoint)


def test_stages_run_in_the_order_of_dependence_not_of_writing():
    swapped = st.RungeKutta([[0, "1/2"], [0, 0]], [1, 0])
    plan = lower(swapped)
    assert plan.is_explicit
    assert [step.argument for step in plan.steps if isinstance(step, Eval)] == ["x", "y2"]
    assert plan.evaluations == 2


def test_diagonally_implicit_stages_are_solved_one_by_one_and_full_ones_together():
    sizes = [len(s.outs) for s in lower(st.get("crouzeix3")).steps if isinstance(s, Solve)]
    assert sizes == [1, 1]
    assert [len(s.outs) for s in lower(st.get("gauss(3)")).steps if isinstance(s, Solve)] == [3]


def test_there_are_no_zero_terms_and_shifts_cost_nothing():
    for name in ("lm", "bdf(3)", "adams_bashforth(4)", "dopri5", "verner89"):
        assert all(c != 0 for c in lower(st.get(name)).coefficients())
    plan = lower(st.get("lm"))
    assert plan.outputs == ("y", "x")
    assert [type(s) for s in plan.steps] == [Eval, Combine]


def test_a_last_stage_that_is_the_result_is_combined_once():
    plan = lower(st.get("dopri5"))
    last = [s for s in plan.error_steps if isinstance(s, Eval)]
    assert [s.argument for s in last] == ["y"]


def test_the_first_step_of_lm_is_eulers():
    form = st.lm().normal_form()
    pattern = start_pattern(form)
    assert pattern == ("x", "x")
    assert not any(c.free_symbols for c in lower(form, pattern).coefficients())
    assert pattern_scheme(st.lm(), pattern) == st.euler


def test_patterns_reach_the_full_history():
    form = st.get("adams_bashforth(4)").normal_form()
    pattern = start_pattern(form)
    seen = [pattern]
    while pattern != input_names(form):
        pattern = next_pattern(form, pattern)
        seen.append(pattern)
    assert len(seen) == 4
    assert [len(set(p) - {"start"}) for p in seen] == [1, 2, 3, 4]
    assert all(lower(form, p).evaluations == 1 for p in seen)


def test_second_step_of_ab3_adds_the_weights_of_equal_values():
    form = st.get("adams_bashforth(3)").normal_form()
    pattern = next_pattern(form, start_pattern(form))
    second = pattern_scheme(form, pattern).normal_form()
    assert second.B[0] == (Rational(23, 12),)
    assert second.V[0] == (1, Rational(-11, 12))


@pytest.mark.parametrize("name", ["lm", "adams_bashforth(3)", "bdf(2)", "adams_moulton(2)", "milne_simpson(2)"])
def test_a_starter_carries_the_history_of_the_scheme_that_it_starts(name):
    form = st.get(name).normal_form()
    carried = with_history(st.rk4.normal_form(), form)
    assert carried.q == form.q
    # On u' = 1 from t = 0 every carried increment is h, every carried state an earlier time.
    plan = lower(carried)
    out = execute(plan, lambda u: sympy.Integer(1), [sympy.Integer(0)] * form.values, Symbol("h"))
    assert out[0] == Symbol("h")
    newest = next((i for i, kind in enumerate(form.q) if kind == 0), None)
    if newest is not None:
        assert out[newest] == Symbol("h")
