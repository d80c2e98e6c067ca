"""The gallery: a card for every scheme, with what the package derives, and the published angles of stiff families."""

import pytest

import schemetools as st
from schemetools.schemes import registry
from tests.documentation import extension

pytest.importorskip("sphinx", reason="the documentation's tools are not installed")


@pytest.fixture(scope="module")
def gallery():
    return extension("gallery")


def card(gallery, name):
    return "\n".join(gallery.card(registry.family(name)))


@pytest.mark.parametrize("name", ["rk4", "bdf", "strang", "lm", "upwind", "dropout_output", "etdrk2", "rkn4"])
def test_a_card_says_what_is_known_of_a_scheme(gallery, name):
    text = card(gallery, name)
    for part in (f"## {name}\n", "<math", "Modified equation", "Stability", "Publication", ">kind<"):
        assert part in text
    assert ('class="plane"' in text) == (name not in ("dropout_output", "etdrk2", "rkn4"))
    assert ("<summary>Program" in text) == (name != "upwind")


def test_a_family_with_a_symbol_is_drawn_as_its_members(gallery):
    assert card(gallery, "lm").count('class="swatch"') == gallery.MEMBERS


def test_a_page_for_each_file_of_the_catalog_with_each_of_its_names(gallery, monkeypatch):
    monkeypatch.setattr(gallery, "card", lambda entry: [f"## {entry.name}"])
    monkeypatch.setattr(gallery, "_thumbnail", lambda entry: None)
    monkeypatch.setattr(gallery, "figures", lambda: "")
    cards = [
        line[3:] for name, text in gallery.pages() if name != "index" for line in text.splitlines() if line[:2] == "##"
    ]
    assert sorted(cards) == sorted(registry.names())


@pytest.mark.parametrize(
    ("name", "k", "angle"),
    [("ebdf", 4, 87.61), ("ebdf", 5, 80.21), ("mebdf", 4, 88.36), ("mebdf", 5, 83.07)],
)
def test_the_angles_are_those_of_cash(name, k, angle):
    shown = extension("stiff_families")._row(k, name, getattr(st, name)(k)).split("|")
    assert shown[3].strip() == str(k + 1) and float(shown[4]) == pytest.approx(angle, abs=0.006)


def test_the_numerical_differentiation_formulas_have_the_angles_of_their_paper():
    families = extension("stiff_families")
    angles = [float(families._row(k, "", families.ndf(k)).split("|")[4]) for k in families.KAPPA]
    assert angles == pytest.approx([90, 90, 80.4154, 66.1818], abs=1e-4)
