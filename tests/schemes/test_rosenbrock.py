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


# The transformed form as OrdinaryDiffEq.jl and KPP have it: gamma, a, C, m, m_hat.
RODAS3 = ("1/2", [[], [0], [2, 0], [2, 0, 1]], [[], [4], [1, -1], [1, -1, "-8/3"]], [2, 0, 1, 1], [2, 0, 1, 0])
INVERSE = 3 - sqrt(3)  # 1/gamma of ROS3P
ROS3P = (
    1 / INVERSE,
    [[], [INVERSE], [INVERSE, 0]],
    [
        [],
        [-(INVERSE**2)],
        [-INVERSE * (1 + INVERSE * (2 - INVERSE / 2)), -INVERSE * (2 - INVERSE / 2)],
    ],
    [
        INVERSE * (1 + INVERSE * (Rational(2, 3) - INVERSE / 6)),
        INVERSE * (Rational(2, 3) - INVERSE / 6),
        INVERSE / 3,
    ],
    None,
)


@pytest.mark.parametrize(("name", "published"), [("rodas3", RODAS3), ("ros3p", ROS3P)])
def test_the_tables_of_two_libraries_are_the_same_method(name, published):
    gamma, a, C, m, m_hat = published
    scheme = st.get(name)
    found = from_transformed([gamma] * scheme.stages, a, C, m, m_hat=m_hat)
    assert (found.A, found.Gamma, found.b) == (scheme.A, scheme.Gamma, scheme.b)
    assert m_hat is None or found.b_hat == scheme.b_hat


ORDERS = {"ros2": (2, 1), "ros3p": (3, 2), "rodas3": (3, 2), "rodas4": (4, 3)}


@pytest.mark.parametrize(("name", "orders"), ORDERS.items())
def test_the_literature_gives_these_orders(name, orders):
    assert (st.order(name), st.order(st.embedded(name))) == orders


def test_rodas4_is_what_its_digits_mean():
    scheme = st.get("rodas4")
    report = st.order(scheme, report=True)
    assert report.order == 4 and report.holds_to < 1e-14 and not scheme.exact
    for found, stated in zip(scheme.c, (0, 0.386, 0.21, 0.63, 1, 1), strict=True):
        assert abs(float(found) - stated) < 1e-14
    for found, stated in zip(scheme.time_weights, (0.25, -0.1043, 0.1035, -0.0362, 0, 0), strict=True):
        assert abs(float(found) - stated) < 1e-14
    stability = st.stability(scheme)
    assert stability.is_stiffly_accurate and stability.is_l_stable
    assert "approximate" in stability.how("is_l_stable")


def test_stiff_accuracy_is_said():
    assert [st.stability(name).is_stiffly_accurate for name in ("ros2", "ros3p", "rodas3")] == [False, False, True]
    assert st.stability("ros3p").is_a_stable and not st.stability("ros3p").is_l_stable


def test_what_nonlinear_stability_means_is_not_made_up():
    for name in ("is_algebraically_stable", "is_an_stable", "ssp_coefficient"):
        with pytest.raises(UnsupportedError, match="one Jacobian per step"):
            getattr(st.stability("ros3p"), name)
