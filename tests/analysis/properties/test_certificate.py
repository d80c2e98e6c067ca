"""Certificates and recovered schemes, against the exact schemes of the catalog and exact order conditions."""

import pytest
from sympy import Rational

import schemetools as st
from schemetools.analysis.properties import certificate
from schemetools.analysis.properties import recover as recover_module
from schemetools.errors import UnsupportedError
from schemetools.exact.recognise import recognised, short_fraction
from schemetools.schemes.base import labelled
from tests.schemes.published import TABLES, as_floats

PUBLISHED = ("dopri5", "dopri8", "gauss(2)", "gauss(3)", "rk4", "heun3", "merson4", "trbdf2", "alexander3")


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.flint
def test_rounded_schemes_of_the_catalog_are_certified_and_recovered(name):
    exact = st.get(name)
    rounded = st.to_float(exact)
    found = st.certify(rounded)
    assert found.is_certified and found.order == st.order(exact) and found.exact == exact == st.recover(rounded)
    assert found.radius < 3e-15
    assert exact.b_hat is None or found.order_hat == st.order(st.embedded(exact))
    fifty = found.digits(50)
    assert st.order(fifty, report=True).holds_to < 1e-45
    assert all(abs((a - b).evalf(60)) < 1e-49 for a, b in zip(fifty.coefficients, exact.coefficients, strict=True))


@pytest.mark.flint
def test_tsit5_is_certified_as_a_pair_by_ball_arithmetic():
    found = st.certify(st.tsit5)
    assert (found.order, found.order_hat) == (5, 4) and found.radius < 1e-13 and "D(1)" in str(found)
    report = st.order(found.digits(80), report=True)
    assert report.order == 5 and report.holds_to < 1e-75
    balls = found.enclosure
    assert len(balls) == len(st.tsit5.coefficients) and all(float(b.rad()) < 1e-45 for b in balls)
    mids = [float(b.mid()) for b in balls]
    assert (
        max(abs(m - float(c)) for m, c in zip(mids, st.tsit5.coefficients, strict=True)) <= found.radius + 2e-15
    )  # of float(c), c up to 13


NEARBY = {
    "sundials ARKODE_ARK548L2SAb_ERK_8_4_5": (5, 4),
    "sundials ARKODE_CASH_5_2_4": (4, 2),
    "irksome WSODIRK(4, 3, 2)": (3, None),
    "ordinarydiffeq-sdirk SFSDIRK6": (4, None),
    "diffrax Kvaerno3": (3, 2),
}


@pytest.mark.parametrize("name", NEARBY)
@pytest.mark.flint
def test_published_digits_have_an_exact_scheme_nearby(name):
    found = st.certify(as_floats(TABLES[name], c=False))
    assert (found.order, found.order_hat) == NEARBY[name] and found.radius < 1e-9
    assert st.order(found.digits(40), report=True).holds_to < 1e-36


def test_what_is_not_proven_says_so_with_the_residuals():
    gauss6 = st.RungeKutta([[1 / 2 + 1e-9]], [1.0])
    assert st.certify(gauss6).is_certified
    order_one = st.certify(st.GeneralLinear([[0]], [[1]], [[1 / 3]], [[1]]))
    assert not order_one.is_certified and "not certified" in str(order_one)
    with pytest.raises(UnsupportedError, match="not certified"):
        order_one.digits(3)


def test_an_exact_scheme_is_its_own_certificate():
    found = st.certify(st.rk4)
    assert (found.order, found.radius, found.exact) == (4, 0, st.rk4)


def test_an_irrational_field_is_recovered_from_digits():
    gamma = "0.2928932188134524756"  # 1 - sqrt(2)/2
    other = "0.7071067811865475244"
    found = st.recover(st.RungeKutta([[gamma, 0], [other, gamma]], [other, gamma]))
    root = "sqrt(2)/2"
    assert found == st.RungeKutta([[f"1-{root}", 0], [root, f"1-{root}"]], [root, f"1-{root}"]) and found.exact
    with pytest.raises(UnsupportedError, match="no exact scheme"):
        st.recover(as_floats(TABLES["irksome PEPRK(7, 4, 6)"]))


def test_short_fractions_are_recognised_only_where_digits_are_left_over():
    assert short_fraction(Rational("0.0978835978835979"), 1e-15, 15) == Rational(37, 378)
    assert short_fraction(Rational("-0.3333333333333333"), 1e-15, 15) == Rational(-1, 3)
    assert short_fraction(Rational("0.7864271955972288"), 1e-16, 15) is None
    assert recognised([Rational("1.4142135623730951"), Rational("0.5")], 1e-15, 15)[1] == Rational(1, 2)


DOP853_B = (
    "104257/1920240", 0, 0, 0, 0, "3399327/763840", "66578432/35198415", "-1674902723/288716400",
    "54980371265625/176692375811392", "-734375/4826304", "171414593/851261400", "137909/3084480", 0,
)  # fmt: skip


def test_dop853_is_recovered_in_the_field_of_its_nodes():
    scheme = as_floats(TABLES["scipy DOP853-E3"])
    found = st.certify(scheme)
    assert (found.order, found.order_hat) == (8, 3) and found.radius < 1e-12
    assert found.exact.b == st.RungeKutta(found.exact.A, DOP853_B).b and st.order(found.exact) == 8
    assert st.recover(scheme) == found.exact


def test_the_catalog_is_not_built_for_its_own_rounded_entries(monkeypatch):
    def built():
        raise AssertionError("the whole catalog was built")

    for kept in (recover_module._recovered, recover_module._catalog):
        kept.cache_clear()
    monkeypatch.setattr(recover_module, "_fixed", built)
    assert st.is_symplectic(st.get("carpenter_kennedy4")) is False
    with pytest.raises(st.SchemeError, match="no exact scheme of order 4"):
        st.recover("rdpk3sp49")
    with pytest.raises(AssertionError, match="whole catalog"):
        st.recover(st.RungeKutta([[], [2 / 3]], [0.25, 0.75]))


@pytest.mark.parametrize("name", ["tsit5", "kencarp3"])
def test_a_scheme_that_the_catalog_holds_rounded_is_named(name):
    entry = st.get(name)
    coarse = st.to_float(entry)
    for scheme in (entry, labelled(coarse, name="mine"), labelled(coarse, name=None)):
        with pytest.raises(st.SchemeError, match=f"these are the digits of {name}, which the catalog has in digits"):
            st.recover(scheme)
    with pytest.raises(st.SchemeError, match="it is not in the catalog"):
        st.recover(st.RungeKutta([[], [0.123456789012345], [0.3217, 0.1]], [0.21, 0.123456789812, 0.666543210188]))


def test_without_ball_arithmetic_the_remedy_is_said(monkeypatch):
    """What is recovered in closed form is certified all the same."""
    for module in ("certificate", "proof"):
        monkeypatch.setattr(f"schemetools.analysis.properties.{module}.HAS_BALLS", False)
    monkeypatch.setattr("schemetools.analysis.algebra.balls.HAS_BALLS", False)
    certificate._certificate.cache_clear()
    try:
        found = st.certify("ssprk54")
        assert not found.is_certified and "not certified without ball arithmetic (pip install python-flint)" in str(
            found
        )
        with pytest.raises(UnsupportedError, match="pip install python-flint"):
            found.enclosure()
        assert st.certify(st.RungeKutta([[1 / 2 + 1e-9]], [1.0])).is_certified
        with pytest.raises(UnsupportedError, match="install python-flint"):
            st.certify(st.RungeKutta([[1 / 2 + 1e-9]], [1.0])).enclosure()
    finally:
        certificate._certificate.cache_clear()
