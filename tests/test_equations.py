"""Equations in the documentation are MathML, and no page asks another host for anything."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import schemetools as st
from schemetools.present.page.mathml import UNREAD, inline, math

pytest.importorskip("sphinx", reason="the documentation's tools are not installed")
DOCS = Path(__file__).parent.parent / "docs"


def loaded():
    spec = importlib.util.spec_from_file_location("mathml", DOCS / "mathml.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MATHML = loaded()


def test_a_tableau_is_a_table_with_its_two_rules():
    root = ElementTree.fromstring(math(st.rk4._repr_latex_()))
    rows = [["".join(cell.itertext()) for cell in row] for row in root.iter("mtr")]
    assert rows[1] == ["12", "12", "", "", ""] and rows[-1] == ["", "16", "13", "13", "16"]
    classes = [[cell.get("class", "") for cell in row] for row in root.iter("mtr")]
    assert {row[0] for row in classes} == {"bar", "bar rule"} and {row[1] for row in classes} == {"", "rule"}
    assert classes[-2] == ["bar rule", *["rule"] * 4]


@pytest.mark.parametrize(
    "name", ["lm", "rk4", "bdf(4)", "radau_iia(2)", "strang", "shake_shake", "upwind", "ftcs_heat"]
)
def test_what_is_derived_is_converted(name):
    for shown in (st.get(name), st.modified_equation(name)):
        written = math(shown._repr_latex_(), named=True)
        assert "<math" in written and UNREAD not in written


def test_the_row_with_the_name_is_kept_where_it_is_asked_for():
    equation = st.modified_equation("lm")._repr_latex_()
    assert math(equation, named=True).count('class="row"') == math(equation).count('class="row"') + 1


@pytest.mark.parametrize("tex", [r"\nosuchcommand{x}", r"\frac{1}", r"x^{2}_{\nosuch}"])
def test_what_cannot_be_converted_is_shown_as_latex(tex):
    assert UNREAD in inline(tex)


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="//example.org/x.css"/>',
        "<style>@import 'https://example.org/x.css';</style>",
        "<style>@font-face { src: url(https://example.org/x.woff2) }</style>",
    ],
)
def test_a_page_that_needs_the_network_is_found(tag):
    assert len(MATHML.foreign(tag)) == 1
    assert MATHML.foreign('<a href="https://arxiv.org/">arXiv</a><script src="_static/x.js"></script>') == []


def built(tmp_path, text):
    (tmp_path / "index.md").write_text(text)
    settings = (DOCS / "conf.py").read_text().split("\nextensions = ")[1].split("\n", 1)[1]
    conf = f"import sys\nsys.path.insert(0, {str(DOCS)!r})\nextensions = ['myst_nb', 'mathml']\n{settings}"
    (tmp_path / "conf.py").write_text(conf)
    (tmp_path / "_static").mkdir()
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", str(tmp_path), str(tmp_path / "html")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_page_is_built_with_mathml_and_with_nothing_from_elsewhere(tmp_path):
    run = built(tmp_path, "# Page\n\n$$u' = f + \\tfrac{h}{2} f'f$$\n\nand $R(z)$.\n")
    assert run.returncode == 0, run.stderr
    page = (tmp_path / "html" / "index.html").read_text()
    assert page.count("<math") == 2 and MATHML.foreign(page) == []


def test_an_equation_that_cannot_be_converted_is_a_warning(tmp_path):
    run = built(tmp_path, "# Page\n\n$$\\nosuchcommand{x}$$\n")
    assert run.returncode != 0 and "an equation is not MathML" in run.stderr
