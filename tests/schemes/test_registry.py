"""Names: both spellings, aliases, families, and errors that help."""

import pkgutil

import pytest
from sympy import Rational, Symbol

import schemetools as st
from schemetools import schemes
from schemetools.errors import SchemeError, UnknownNameError
from schemetools.schemes import registry


@pytest.mark.parametrize(
    "text", ["lm(k=0.3)", "lm(k = 3/10)", "lm:k=0.3", "lm(0.3)", " lm ( k=.3 ) ", "lm:3/10", "lm:k=3e-1"]
)
def test_both_spellings_mean_the_same(text):
    assert st.get(text) == st.lm(k=0.3) and st.get(text).name == "lm(k=3/10)"


def test_a_family_named_bare_is_its_default_instance():
    assert st.get("lm") == st.lm() == st.lm.scheme and st.lm().free_symbols == {Symbol("k")}
    assert st.get("lm(k=a)") == st.lm(Symbol("a"))


@pytest.mark.parametrize("name", registry.names())
def test_every_entry_builds_carries_its_name_and_is_found_by_it(name):
    scheme = st.get(name)
    assert scheme.reference and st.get(scheme.name) == scheme
    found = getattr(st, name)
    assert (found() if callable(found) else found) == scheme
    assert getattr(st.schemes, name) is found


@pytest.mark.parametrize(
    ("name", "entry"), [("rk4", "rk4"), ("bdf(3)", "bdf"), ("lm(k=3/10)", "lm"), ("theta(1/3)", "theta")]
)
def test_a_member_knows_the_entry_that_it_comes_from_by_its_name_and_source(name, entry):
    scheme = st.get(name)
    assert registry.entry_of(scheme).name == entry
    assert registry.entry_of(st.RungeKutta([[0]], [1], name=name)) is None
    assert registry.entry_of(st.RungeKutta([[0]], [1])) is None


def test_aliases_are_the_same_scheme():
    assert st.rk4_tableau is st.rk4
    for alias, name in registry.aliases().items():
        assert st.get(alias) == st.get(name)


def test_learned_values_are_binary_and_named_as_decimals():
    learned = st.lm(k=0.1 + 0.2)
    assert (
        not learned.exact
        and -learned.alpha[0] == Rational(*(0.1 + 0.2).as_integer_ratio())
        and learned.name == "lm(k=0.300000)"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rk5x", "no scheme 'rk5x'"),
        ("rk44x", "did you mean"),
        ("rk4(3)", "no parameter of rk4"),
        ("lm(q=2)", r"no parameter of lm\(k=k\)"),
        ("lm(k=1, k=2)", "twice"),
        ("lm(1, 2)", "no parameter"),
        ("lm(k=h)", "reserved"),
        ("lm(k=__import__)", "not a symbol's name"),
        ("lm(k=1/0)", "zero"),
        ("lm(k=1e400)", "exponent"),
        ("lm(k=0.3", "not a scheme's name"),
        ("../etc/passwd", "not a scheme's name"),
        ("", "not a scheme's name"),
        (3, "not a scheme's name"),
        ("bdf(1/2)", "must be an integer"),
        ("bdf(0)", "1 to 40 steps; 0 was asked"),
    ],
)
def test_a_wrong_name_says_what_was_expected(text, reason):
    with pytest.raises(SchemeError, match=reason):
        st.get(text)


def test_unknown_attributes_are_attribute_errors():
    with pytest.raises(AttributeError, match="no scheme 'nonsense'"):
        st.nonsense  # noqa: B018
    with pytest.raises(UnknownNameError):
        registry.resolve("nonsense")
    assert "rk4" in dir(st) and "rk4" in dir(st.schemes) and "rk4" in st.names()


def test_a_catalog_entry_must_be_complete():
    with pytest.raises(TypeError, match="reference"):
        registry.entry(reference="")(lambda: st.euler)

    def rk4():
        """A second rk4."""

    with pytest.raises(TypeError, match="twice"):
        registry.entry(reference="nobody")(rk4)


def test_names_are_picked_by_kind():
    assert "rk4" in st.names("general linear")
    assert {name for kind in registry.kinds() for name in st.names(kind)} == set(st.names())
    with pytest.raises(st.SchemeError, match="no kind of scheme in the catalog; its kinds: "):
        st.names("stencils of a kind")


def test_no_name_of_the_catalog_is_a_module_beside_it():
    """Importing such a module would put it in the place of the scheme: `st.schemes.nystrom`."""
    modules = {module.name for module in pkgutil.iter_modules(schemes.__path__)}
    assert not modules & {*st.names(), *registry.aliases()}
    assert isinstance(st.nystrom, registry.Family) and isinstance(st.schemes.nystrom, registry.Family)


def test_a_kind_that_the_catalog_keeps_under_another_is_pointed_to():
    with pytest.raises(SchemeError, match="Runge-Kutta, linear multistep and additive schemes are general linear ones"):
        st.names("Runge-Kutta")
    for scheme in (st.rk4, st.bdf(2), st.get("ars222")):
        assert scheme.name.partition("(")[0] in st.names("general linear")


def test_a_ragged_tableau_is_told_the_length_of_every_row():
    with pytest.raises(SchemeError, match="A is ragged: its rows have 1, 1, 1 entries; give 3 entries in every row"):
        st.RungeKutta([[0], [1], [1]], [1, 0, 0])
