"""Rosenbrock methods as nouns: what is refused, files, labels, and the catalog."""

import pytest
from sympy import Rational, Symbol, sqrt

import schemetools as st
from schemetools.errors import SchemeError, TableauError, UnsupportedError
from schemetools.present.facts import scheme_facts
from schemetools.schemes.rosenbrock import Rosenbrock, from_transformed
from schemetools.schemes.text import scheme_text

GAMMA = Symbol("gamma")


@pytest.mark.parametrize(
    ("A", "Gamma", "b", "message"),
    [
        ([[0, 1], [1, 0]], [[1, 0], [0, 1]], [1, 0], r"A\[0\]\[1\] = 1 came; A of a Rosenbrock method is strictly"),
        ([[1, 0], [1, 0]], [[1, 0], [0, 1]], [1, 0], r"A\[0\]\[0\] = 1 came; A of a Rosenbrock method is strictly"),
        ([[0, 0], [1, 0]], [[1, "1/2"], [0, 1]], [1, 0], r"Gamma\[0\]\[1\] = 1/2 came; Gamma .* lower triangular"),
        ([[0, 0], [1, 0]], [[1]], [1, 0], "Gamma has 1 rows; 2 stages need 2"),
    ],
)
def test_other_shapes_are_refused(A, Gamma, b, message):
    with pytest.raises(TableauError, match=message):
        st.Rosenbrock(A, Gamma, b)


def test_embedded_weights_and_the_kind_of_j_are_checked():
    with pytest.raises(TableauError, match="b_hat has 1 entries; 2 stages need 2"):
        st.Rosenbrock([[0, 0], [1, 0]], [[1, 0], [0, 1]], [1, 0], b_hat=[1])
    with pytest.raises(TableauError, match="w_method is True"):
        st.Rosenbrock([[0]], [[1]], [1], w_method="yes")


def test_different_gammas_are_taken():
    assert st.order(st.Rosenbrock([[0, 0], [1, 0]], [[1, 0], ["-1/2", "1/2"]], ["1/2", "1/2"])) == 1


@pytest.mark.parametrize("name", st.names("rosenbrock"))
def test_a_file_gives_the_scheme_back(name, tmp_path):
    scheme = st.get(name)
    st.save(scheme, tmp_path / "s.toml")
    assert st.load(tmp_path / "s.toml") == scheme
    assert st.load(tmp_path / "s.toml").w_method is scheme.w_method


def test_a_wrong_file_names_its_key(tmp_path):
    (tmp_path / "s.toml").write_text('kind = "Rosenbrock"\nA = [["0"]]\nGamma = [["1"]]\nb = ["1"]\nw_method = 3\n')
    with pytest.raises(SchemeError, match="w_method"):
        st.load(tmp_path / "s.toml")


def test_symbols_equality_and_latex():
    family = st.get("ros2(gamma=gamma)")
    assert family.free_symbols == {GAMMA}
    assert family.subs({"gamma": "1/2"}) == st.get("ros2(1/2)") != st.get("ros2")
    assert "|" in family._repr_latex_() and r"\gamma" in family._repr_latex_()
    assert st.embedded("ros2").b == (1, 0)
    assert "J may be any matrix" in repr(st.get("ros2"))


def test_it_is_shown():
    facts = dict(scheme_facts(st.get("ros2(gamma=gamma)")))
    assert facts["kind"].startswith("linearly implicit Rosenbrock-W method")
    assert facts["order"] == "2"
    assert facts["L-stable"] == "gamma = 1 - sqrt(2)/2 or gamma = sqrt(2)/2 + 1"
    assert facts["A-stable"] == "gamma >= 1/4"
    assert scheme_text(st.get("ros2(gamma=gamma)")).splitlines()[-2].split() == ["1/2", "1/2", "|"]


def test_the_form_that_programs_use_is_converted_exactly():
    """For ROS2: a21 = 1/gamma, C21 = -2/gamma, m = (3/(2 gamma), 1/(2 gamma))."""
    g = GAMMA
    found = from_transformed([g, g], [[0, 0], [1 / g, 0]], [[0, 0], [-2 / g, 0]], [3 / (2 * g), 1 / (2 * g)])
    assert found == Rosenbrock([[0, 0], [1, 0]], [[g, 0], [-2 * g, g]], ["1/2", "1/2"])


def test_ros2_is_l_stable_for_two_values():
    verdict = st.stability(st.get("ros2(gamma=gamma)")).is_l_stable
    for gamma, expected in [(1 - sqrt(2) / 2, True), (1 + sqrt(2) / 2, True), (Rational(1, 2), False)]:
        assert bool(verdict.subs(GAMMA, gamma)) is expected
        assert st.stability(st.ros2(gamma)).is_l_stable is expected


def test_the_general_linear_form_is_refused_by_name():
    with pytest.raises(UnsupportedError, match="ros2.* is a Rosenbrock method"):
        st.get("ros2").normal_form()
