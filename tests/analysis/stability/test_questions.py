"""One table of questions; every kind of stability answers all of them, or says why not."""

import inspect

import pytest

import schemetools as st
from schemetools.analysis.stability.base import Stability, undefined
from schemetools.analysis.stability.linear import LinearStability
from schemetools.analysis.stability.questions import QUESTIONS, Kind
from schemetools.analysis.stability.record import stability_record
from schemetools.errors import UnsupportedError
from schemetools.present.verdicts import HEADER

NAMES = [question.name for question in QUESTIONS]


def test_the_table_lists_every_public_question_once():
    public = {name for name in vars(Stability) if not name.startswith("_")} - {
        "how",
        "plane",
        "normalized",
        "shares",
        "latex",
    }
    assert len(NAMES) == len(set(NAMES))
    assert set(NAMES) == public


def test_a_kind_that_forgets_an_answer_cannot_be_made():
    answers = {name: undefined("it is a test") for name in Stability.__abstractmethods__}
    type("Complete", (Stability,), answers)
    for forgotten in sorted(answers):
        with pytest.raises(TypeError, match=f"does not answer {forgotten}"):
            type("Incomplete", (Stability,), {name: a for name, a in answers.items() if name != forgotten})


def test_a_kind_is_a_stability():
    for scheme, kind in ((st.rk4, LinearStability), (st.stochastic_depth("1/2"), st.MeanSquareStability)):
        found = st.stability(scheme)
        assert type(found) is kind and isinstance(found, st.Stability)
    assert not isinstance(st.stability(st.rk4), st.MeanSquareStability)


@pytest.mark.parametrize("name", ["__init__", "_key", "how", "__class__", "scheme", "plane", "", "is_b_stable", None])
def test_how_answers_questions_alone(name):
    for scheme in (st.rk4, st.stochastic_depth("1/2")):
        with pytest.raises(st.SchemeError, match="ask for a verdict or number"):
            st.stability(scheme).how(name)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"second_moment"}))
def test_how_is_known_where_there_is_an_answer(name):
    assert st.stability(st.rk4).how(name).startswith(("exact", "numerical"))


@pytest.mark.parametrize("name", ["dominance", "locus", "zeros_and_poles", "polynomial", "function"])
def test_what_is_random_is_refused_with_the_reason(name):
    """No sentence here may ask for numbers in place of xi: `subs` cannot give them."""
    found = st.stability(st.get("stochastic_depth(1/2)"))
    arguments = [0] * (len(inspect.signature(getattr(Stability, name)).parameters) - 1)
    with pytest.raises(UnsupportedError, match="random") as refusal:
        getattr(found, name)(*arguments)
    assert "subs" not in str(refusal.value)


def test_relative_stability_of_a_random_scheme_is_refused_with_the_reason():
    with pytest.raises(st.SchemeError, match="random"):
        st.plot_relative_stability(st.get("stochastic_depth(1/2)"))


def test_nothing_random_has_no_second_moment():
    with pytest.raises(UnsupportedError, match="nothing is random"):
        st.stability(st.rk4).second_moment(0, 0)
    with pytest.raises(UnsupportedError, match="nothing is random"):
        st.stability(st.rk4).how("second_moment")


def test_record_and_table_ask_the_same_questions():
    wanted = [question.name for question in QUESTIONS if question.kind in (Kind.VERDICT, Kind.NUMBER)]
    assert sorted(stability_record(st.rk4)) == sorted(wanted)
    assert HEADER[2:] == tuple(question.column for question in QUESTIONS if question.column)


@pytest.mark.parametrize("steps", [3, 4, 5, 6])
def test_what_is_no_more_than_a_alpha_stable_is_told_by_its_angle(steps):
    """The angles of BDF, Hairer and Wanner II, table V.2.1: 86.03, 73.35, 51.84, 17.84 degrees."""
    angle = {3: "86.03", 4: "73.35", 5: "51.84", 6: "17.84"}[steps]
    assert f"A-stable              A({angle} deg)" in str(st.stability(st.bdf(steps))).splitlines()
    assert "A-stable              no" in str(st.stability(st.rk4)).splitlines()
    assert "A-stable              yes" in str(st.stability(st.bdf(2))).splitlines()


def test_a_long_number_is_told_to_five_digits_with_its_equation():
    """The real root of z^3 - 4 z^2 + 12 z - 24 is 2.785293563."""
    assert "real interval         2.7853 [z^3 - 4 z^2 + 12 z - 24 = 0]" in str(st.stability(st.rk4)).splitlines()
