"""What a scheme with a history starts from, the times of its stages, and what has no start or no times."""

import numpy as np
import pytest
import sympy
from sympy import Integer, Rational, Symbol

import schemetools as st
from schemetools.codegen import execute, lower
from schemetools.codegen.printers.names import expression
from schemetools.codegen.starting import input_names, pattern_scheme, stage_times, start_pattern, times_of, with_history
from schemetools.errors import SchemeError, UnsupportedError

DIMSIM = st.dimsim([0, 1], [[0, 0], [2, 0]], ["1/2", "1/2"])
TWO = st.LinearMultistep(["-1/2", "-1/2", 1], [0, "3/2", 0])


def test_values_that_are_neither_states_nor_increments_have_no_start():
    """The second value is twice the state: no step has made it when the state alone is given."""
    twice = st.GeneralLinear([[0]], [[1, 0]], [[1], [2]], [[1, 0], [2, 0]])
    assert twice.q == (1, 2)
    with pytest.raises(UnsupportedError, match="neither earlier states nor earlier h f"):
        start_pattern(twice)
    assert "call it with a history" in st.to_source(twice, "torch")


@pytest.mark.parametrize("c", [2, -1, Rational(1, 2)])
def test_a_multiple_of_an_increment_does_not_start_as_the_increment(c):
    """Adams and Bashforth's two steps carrying c h f; from h f the first step would be u + (3/2 - 1/(2 c)) h f."""
    scheme = st.GeneralLinear([[0]], [[1, 0]], [["3/2"], [c]], [[1, -1 / (2 * Integer(1) * c)], [0, 0]])
    assert st.order(scheme) == 2
    with pytest.raises(UnsupportedError, match="neither earlier states nor earlier h f"):
        start_pattern(scheme)


def test_a_sum_of_increments_that_is_one_starts_as_one():
    """The carried value is the mean of two stages: along a smooth solution h f once."""
    mean = st.GeneralLinear([[0, 0], [1, 0]], [[1, 0]] * 2, [["3/4", "3/4"], ["1/2", "1/2"]], [[1, "-1/2"], [0, 0]])
    assert start_pattern(mean) == ("x", "start")


def test_the_full_pattern_is_the_scheme_itself():
    assert pattern_scheme(TWO, input_names(TWO.normal_form())) is TWO


def test_a_value_that_two_fields_have_made_has_no_start():
    """x = (u, h F, h G, sum of the earlier two): an earlier h F or h G may be repeated, their sum is none of either."""

    def form(last):
        V = [[1, 0, 0, "1/2"], [0] * 4, [0] * 4, last]
        return st.GeneralLinear([[0, 0]] * 2, [[1, 0, 0, 0]] * 2, [["1/2"] * 2, [1, 0], [0, 1], [0, 0]], V, ["F", "G"])

    pattern = start_pattern(form([0, 1, 0, 0]))
    assert pattern == ("x", "start", "start", "start")
    first = execute(lower(form([0, 1, 0, 0]), pattern), {"F": lambda u: 3 * u, "G": lambda u: 5 * u}, [1], Integer(1))
    assert list(first) == [1 + (3 + 5 + 3) * Rational(1, 2), 3, 5, 3]
    with pytest.raises(UnsupportedError, match="no increment of one field; give its history"):
        lower(form([0, 1, 1, 0]), pattern)


def test_a_start_takes_a_one_step_scheme_and_values_that_it_can_make():
    ab, rk4 = st.get("adams_bashforth(2)").normal_form(), st.rk4.normal_form()
    with pytest.raises(UnsupportedError, match="a start is a one-step scheme, such as rk4"):
        with_history(ab, ab)
    with pytest.raises(UnsupportedError, match="start it with 'repeat'"):
        with_history(rk4, DIMSIM.normal_form())


def test_times_are_where_the_scheme_takes_t_itself():
    """u' = 1 makes the state its own clock: the argument of each evaluation is the time of its stage."""
    for name in ("rk4", "adams_bashforth(3)", "bdf(2)", "lm(k=3/10)", "peer"):
        scheme = st.peer(["1/2", 1], B=[[0, 1], [0, 1]]) if name == "peer" else st.get(name)
        form, seen = scheme.frame(), []
        times, h = times_of(scheme), Symbol("h")
        if not lower(scheme).is_explicit or form.values > 1:
            assert len(times) == form.stages
            continue
        execute(lower(scheme), lambda u, seen=seen: seen.append(u) or Integer(1), [Integer(0)], h)
        assert [sympy.expand(u / h) for u in seen] == list(times)
    assert times_of(st.get("bdf(2)")) == (1,) and times_of(st.get("adams_bashforth(2)")) == (0,)
    assert times_of(st.stoermer) == st.stoermer.c


def test_values_that_no_time_fits_have_no_stage_times():
    """Both values are kept and equal to the state, and grow by h f and by 2 h f: no time w solves w = w + 1."""
    drifting = st.GeneralLinear([[0]], [["1/2", "1/2"]], [[1], [2]], [[1, 0], [0, 1]])
    with pytest.raises(UnsupportedError, match="no times of their own"):
        stage_times(drifting)
    assert "t + " not in st.to_source(drifting, "julia")


def test_a_formula_that_is_a_power_of_a_product_gets_parentheses():
    a, b = Symbol("a"), Symbol("b")
    value = (a * b) ** 2 / (a * (b + 1))
    text = expression(value, {a: "a", b: "b"})
    assert eval(text, {"a": 3.0, "b": 0.5}) == pytest.approx(float(value.subs({a: 3, b: Rational(1, 2)})))


def test_fields_are_given_by_name_or_in_order():
    pair = st.AdditiveRungeKutta({"E": st.euler, "I": st.euler})
    step = st.to_stepper(pair)
    by_name = step({"E": np.sin, "I": np.cos}, np.array([0.5]), 0.1)
    assert np.array_equal(step([np.sin, np.cos], np.array([0.5]), 0.1), by_name)
    for wrong in (np.sin, [np.sin]):
        with pytest.raises(SchemeError, match="this scheme has 2 fields"):
            step(wrong, np.array([0.5]), 0.1)
