"""Plain values against a shape: what fits, and the first thing that does not, by its place."""

import math

import pytest

from schemetools.plain import misfit

SHAPE = {"title": str, "runs": [{"error": float, "seed": (int, None)}], "k": {str: float}}
GOOD = {"title": "t", "runs": [{"error": 1, "seed": 3}, {"error": 2.5, "seed": None}], "k": {}, "more": object()}


def test_what_fits():
    assert misfit(GOOD, SHAPE) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": 3}, "title is 3, an int, and not text"),
        ({"runs": {}}, "runs is a dict and not a list"),
        ({"runs": [{"seed": 1}]}, r"runs\[0\] has no error"),
        ({"runs": [{"error": math.nan, "seed": 1}]}, r"runs\[0\].error is nan, a float, and not a finite number"),
        ({"runs": [{"error": True, "seed": 1}]}, "not a finite number"),
        ({"runs": [{"error": 10**400, "seed": 1}]}, "not a finite number"),
        ({"runs": [{"error": 1.0, "seed": True}]}, r"runs\[0\].seed is True, a bool, and not an integer"),
        ({"k": {"a": "b"}}, "k.a is 'b', a str, and not a finite number"),
        ({"k": {1: 2.0}}, "k is a dict and not a mapping with names"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(change, said):
    with pytest.raises(ValueError, match=said):
        raise ValueError(misfit(GOOD | change, SHAPE))


def test_a_pair_is_of_two():
    assert misfit([1.0, "x"], [float, str]) is None
    assert misfit([1.0], [float, str], "pair") == "pair has 1 entries and not 2"
    assert misfit([1.0, 2.0], [float, str], "pair") == "pair[1] is 2.0, a float, and not text"


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_no_mapping_at_all(value):
    assert "and not a mapping" in misfit(value, SHAPE)
