"""Modified PDEs against coefficients found elsewhere, term by term: as levels, from the catalog, with their parasites."""

import json
from pathlib import Path

import pytest
import sympy
from sympy import Rational, cancel

import schemetools as st
from schemetools.exact import parse

CASES = json.loads((Path(__file__).parent / "pde_cases.json").read_text(encoding="utf-8"))


def formulas(texts, numbers):
    return {tuple(map(int, key.split(","))): parse(text, numbers) for key, text in texts.items()}


def assert_equal(found, expected):
    for index in {*found, *expected}:
        assert cancel(found.get(index, 0) - expected.get(index, 0)) == 0, index


def as_written(case):
    levels = {
        int(m): {tuple(map(int, j.split(","))): text for j, text in row.items()} for m, row in case["levels"].items()
    }
    return st.DifferenceScheme(levels, numbers=case["numbers"])


@pytest.mark.parametrize("name", CASES)
def test_every_coefficient_and_the_catalog_has_the_scheme(name):
    case = CASES[name]
    expected = formulas(case["modified"], case["numbers"])
    for scheme in (as_written(case), st.get(name)):
        equation = st.modified_equation(scheme, order=case["order"])
        assert_equal(equation.in_numbers(), expected)
        assert equation.time == (2 if name == "wave_leapfrog" else 1)


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if "path" in case])
def test_the_paths_on_which_a_scheme_is_consistent(name):
    low, high = CASES[name]["path"]
    found = st.modified_equation(st.get(name), order=4).consistency
    assert found == (Rational(low), None if high is None else Rational(high))


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if "waves" in case])
def test_parasites_and_sawteeth(name):
    case = CASES[name]
    found = {
        (b.root, b.sawtooth): b.in_numbers() for b in st.modified_equation(as_written(case), case["order"]).parasitic
    }
    for root, sawtooth, texts in case["waves"]:
        key = Rational(root), None if sawtooth is None else tuple(sawtooth)
        assert_equal(found[key], formulas(texts, case["numbers"]))


def test_the_parasite_of_dufort_frankel_depends_on_mu():
    mu = sympy.Symbol("mu")
    branches = st.modified_equation(st.dufort_frankel, order=4).parasitic
    wave = next(b for b in branches if b.sawtooth is None)
    assert cancel(wave.root + (1 - 2 * mu) / (1 + 2 * mu)) == 0
    assert cancel(wave.in_numbers()[(2,)] + mu) == 0
