"""The page about schemes as a document: what is on it, what it says it lacks, and that a name stays a name."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from matplotlib.path import Path as Polygon
from sympy import Rational, Symbol

import schemetools as st
from schemetools.present.page.mathml import math
from schemetools.present.page.plane import Frame
from schemetools.schemes.text import number

VOID = {"meta", "input", "br"}
SECTIONS = ["Scheme", "Facts", "Modified equation", "Trees", "Programs", "Publication"]


class Document(HTMLParser):
    """Elements opened and closed in order, their attributes, and the text of each section by its heading."""

    def __init__(self, html):
        super().__init__()
        self.open, self.attributes, self.tags, self.sections, self.heading = [], [], [], {}, None
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"h2", "h3"} & set(self.open):
            self.heading = data
        elif self.heading and not {"script", "style"} & set(self.open):
            self.sections[self.heading] = self.sections.get(self.heading, "") + data


def frames_of(html):
    return [json.loads(found) for found in re.findall(r'class="frames">(.*?)</script>', html)]


KINDS = {
    "rk4": "",
    "ars222": "",
    "ros2": "printed for numpy and torch, not for c",
    "rkn4": "whose test equation is q'' = -w^2 q",
    "etd1": "a region in one number",
    "dropout_output": "draws a mask per unit",
    "stochastic_depth": "coefficients are not random",
    "lax_wendroff": "trees belong to schemes for u' = f",
    "stoermer_verlet": "",
    "ssprk:10,4": "",
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_its_sections_or_says_what_it_lacks(name):
    document = Document(st.report(name).html)
    assert [h for h in SECTIONS if h not in document.sections] == []
    assert all(text.strip() or h in ("Scheme", "Modified equation") for h, text in document.sections.items())
    assert KINDS[name] in " ".join(document.sections.values())
    assert ("Not here" in " ".join(document.sections.values())) == bool(KINDS[name])
    assert "latex" not in dict(document.attributes).get("class", "")


def test_rounded_coefficients_are_called_so():
    rough = st.RungeKutta([[0, 0], [0.3333333333333333, 0]], [-0.5, 1.5], exact=False, name="rounded")
    assert "approximate" in Document(st.report(rough).html).sections["Facts"]


def test_the_file_asks_the_network_for_nothing():
    document = Document(st.report(["lm(k=0.3)", "bdf(4)"]).html)
    attributes = document.attributes
    assert not {"link", "img", "iframe", "object", "base"} & set(document.tags)
    assert [v for k, v in attributes if k in ("src", "href", "action") and not v.startswith("#")] == []
    assert any("default-src 'none'" in (value or "") for _, value in attributes)


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"


def test_a_hostile_name_stays_a_name():
    scheme = st.RungeKutta([[0]], [1], name=HOSTILE, reference=HOSTILE)
    page = st.report([scheme, "euler"])
    document = Document(page.html)
    assert document.tags.count("script") == 1 and "img" not in document.tags
    assert HOSTILE in "".join(document.sections.values())
    assert not any(key.startswith("on") for key, _ in document.attributes)
    family = st.RungeKutta([[0]], [Symbol("k")], name=HOSTILE)
    assert Document(st.report(family, sweep={"k": [1, 2]}).html).tags.count("script") == 2


@pytest.mark.parametrize("text", [r"\text{<b>x</b>} a", r"\text{</mtext></math><img src=x>}", r"\frac{1", "\x00 & <"])
def test_what_is_no_mathematics_never_becomes_markup(text):
    shown = math(text)
    assert "<b>" not in shown and "<img" not in shown and "\x00" not in shown
    Document(f"<html>{shown}</html>")


def test_half_of_a_surrogate_pair_does_not_stop_the_file(tmp_path):
    page = st.present.page.document.Page("\ud800", st.present.page.markup.element("p", "\ud800\x00"))
    assert page.save(tmp_path / "page.html").read_text(encoding="utf-8").count("\ufffd") == 3


def test_the_equation_on_the_page_has_every_fraction_of_the_equation():
    shown = Document(st.report("lm(k=0.3)").html).sections["Modified equation"]
    for fraction in ("1310", "720", "350", "2197", "47750", "1113879", "formal\xa0series", "momentum\xa0coefficient"):
        assert fraction in shown


def test_a_long_equation_is_cut_at_its_signs_and_nothing_is_lost():
    found = st.modified_equation("rk4")._repr_latex_()
    shown = Document(f"<html><h3>x</h3>{math(found)}</html>").sections["x"]
    assert shown.count("f") == re.sub(r"\\(frac|left)", "", found.split(r"\\")[1]).count("f")
    assert shown.count("[") == shown.count("]") == 1


def points(path, frame):
    """The numbers of a path, back from pixels."""
    pixels = np.array(re.findall(r"([-\d.]+) ([-\d.]+)", path), dtype=float)
    return (pixels[:, 0] - 52) / frame.scale + frame.xlim[0] + 1j * (frame.ylim[1] - (pixels[:, 1] - 10) / frame.scale)


def test_along_the_slider_the_outline_is_the_ellipse_of_each_k():
    """lm(k) is stable within the ellipse with centre k - 1 and half axes 1 - k and 1 + k, divided as below.

    With w = e^(i theta): z = (w^2 - (1-k) w - k)/w = w - k/w - (1-k): centre -(1-k), half axes 1-k and 1+k.
    """
    [frames] = frames_of(st.report("lm(k=0.3)").html)
    frame = Frame.around(st.present.page.family.family_of(st.get("lm(k=0.3)")).window())
    values = [float(st.exact.parse(f["label"].partition("= ")[2])) for f in frames]
    assert values == sorted(values) and values[0] > -1 and values[-1] == 1 and 0.3 in values
    for k, shown in zip(values, frames, strict=True):
        if k == 1:  # a segment
            continue
        z = points(shown["line"], frame)
        assert np.abs(np.hypot((z.real + 1 - k) / (1 - k), z.imag / (1 + k)) - 1).max() < 1.5 / frame.scale / min(
            1 - k, 1 + k
        )


@pytest.mark.parametrize("name", ["rk4", "bdf:4", "trapezoid", "stochastic_depth", "ros2"])
def test_what_is_filled_is_the_region(name):
    s = st.stability(name)
    frame = Frame.around(s.window)
    rings = [np.array(re.findall(r"([-\d.]+) ([-\d.]+)", ring), float) for ring in frame.filled(s).split("Z")[:-1]]
    rng = np.random.default_rng(0)
    z = rng.uniform(*frame.xlim, 2000) + 1j * rng.uniform(*frame.ylim, 2000)
    inside = np.zeros(2000, int)
    for ring in rings:
        inside += Polygon(ring).contains_points(frame.place(z))
    clear = np.abs(s.growth(z)) > 0.05
    assert clear.sum() > 500
    assert np.array_equal(inside[clear] % 2 == 1, s.contains(z)[clear])


def test_a_wave_is_stable_where_the_page_says_so():
    [frames] = frames_of(st.report("lax_wendroff").html)
    for shown in frames:  # stable for |nu| <= 1: Lax and Wendroff (1960)
        value, _, said = shown["label"].partition("= ")[2].partition(": ")
        assert (said == "stable") == (float(value) <= 1)


def test_verdict_growth_and_equation_of_a_difference_scheme_move_with_its_number():
    """Upwind: |G|^2 = 1 - 4 nu (1 - nu) sin^2(theta/2), and u_xx has the coefficient nu (1 - nu)/2 dx^2/dt."""
    [frames] = frames_of(st.report("upwind").html)
    for i, shown in enumerate(frames):
        nu = Rational(i, 20)
        text = re.sub(r"<[^>]+>", "", shown["beside"])
        grown = float(re.search(r"\|G\(θ\)\|</th><td>([\d.]+)<", shown["beside"])[1])
        assert grown == pytest.approx(max(1, abs(1 - 2 * float(nu))), rel=1e-4)
        assert text.startswith("stableyes") == (nu <= 1)
        damping = abs(nu * (1 - nu) / 2)
        part = f"<mn>{damping.p}</mn></mrow><mrow><mn>{damping.q}</mn>"
        assert (part in shown["beside"]) == (damping != 0)
        assert (f"−</mo><mfrac><mrow>{part}" in shown["beside"]) == (nu > 1)


def test_two_schemes_stand_side_by_side():
    document = Document(st.report(["rk4", "euler"]).html)
    assert document.attributes.count(("scope", "col")) >= 3 and ("class", "side") in document.attributes
    assert "Facts" not in document.sections


def test_trees_are_drawn_with_their_numbers():
    html = st.report("euler").html
    eq = st.modified_equation("euler")
    trees = Document(html).sections["Trees"]
    assert html.count('<svg xmlns="http://www.w3.org/2000/svg"') == len(eq.coefficients)
    assert all(str(tree) in trees for tree in eq.coefficients)
    assert number(eq["[.]"]) == "-1/2"


def test_a_network_is_a_table_its_spectra_and_its_certificate():
    torch.manual_seed(0)
    stack = st.to_stack(st.lm(), [torch.nn.Linear(3, 3) for _ in range(4)], h=0.2, init={"k": 0.1})
    found = st.inspect(stack, torch.randn(2, 3))
    html = st.report(found).html
    sections = Document(html).sections
    assert all(cell in sections["Layers"] for row in found.table()[1] for cell in row)
    assert found.below()[-1] in sections["Layers"]
    assert found.certificate().sentence in sections["Certificate"]
    assert html.count("<figure>") == 4
    drawn = len(re.findall(r'class="dot', html))
    assert drawn == sum(len(layer.eigenvalues) for layer in found.layers) > 0
    outside = len(re.findall(r'<circle[^>]*class="dot out"|class="dot far"', html))
    assert outside <= sum(len(layer.eigenvalues) for layer in found.outside)
    with pytest.raises(st.SchemeError, match="a sweep came with a network"):
        st.report(found, sweep={"k": [0, 1]})


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: st.report([]), "there is no scheme to report on"),
        (lambda: st.report(["rk4"] * 13), "13 schemes came; a page holds at most 12"),
        (lambda: st.report("rk4", sweep={"k": [1, 2]}), "a sweep along 'k' came; rk4 has no such symbol"),
        (lambda: st.report("lm", sweep={"k": [1], "m": [2]}), "a sweep along 'm' came"),
        (lambda: st.report("two_stage", sweep={"a": [0, 1], "w1": [0, 1]}), "one symbol"),
        (lambda: st.report(3), "scheme"),
        (lambda: st.report("euler").save("page.txt"), "end it with .html"),
        (lambda: st.report("euler").save("/nowhere/page.html"), "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence(ask, said):
    with pytest.raises(st.SchemeError, match=re.escape(said)) as caught:
        ask()
    assert "\n" not in str(caught.value)


def test_a_parameter_with_a_reserved_name_has_a_slider():
    page = st.report("theta(1/4)").html
    assert "t = 1/4" in page and page.count('class="frames"') == 1
