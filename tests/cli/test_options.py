"""What every command has: JSON, LaTeX, help with an example, a version; and a table that keeps to a terminal."""

import json

import matplotlib.pyplot as plt
import pytest

import schemetools as st
from schemetools.cli.app import app
from schemetools.cli.output import table_lines

COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands]


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_an_example_that_names_it(schemetools, command):
    out = schemetools(command, "--help").out
    assert f"Example: schemetools {command}" in " ".join(out.split())


def test_version(schemetools):
    assert schemetools("--version").out == f"schemetools {st.__version__}\n"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("list", "adams"), lambda found: found[0]["name"]),
        (("show", "rk4"), lambda found: found["order"] == "4"),
        (("cite", "rk4"), lambda found: found["bibtex"].startswith("@")),
        (("modified-equation", "rk4"), lambda found: found["coefficients"]["[.,.,.,.]"] == "1/120"),
        (("order-conditions", "midpoint", "--order", "3"), lambda found: found["[[.]]"] == "-1/6"),
        (("code", "rk4"), lambda found: "class RK4" in found["source"]),
        (("stability", "rk4"), lambda found: found[0]["order"] == 4),
        (("doctor",), lambda found: found["versions"]["schemetools"] == st.__version__ and found["complete"]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_json_of_every_reading_command(schemetools, words, part):
    result = schemetools(*words, "--json")
    assert (result.code, result.err) == (0, "")
    assert part(json.loads(result.out))


@pytest.mark.parametrize("name", ["rk4", "alexander3", "bdf:3", "ars222", "etdrk2", "lm:k=-1", "upwind"])
def test_json_of_show_holds_a_scheme_that_is_read_back_and_its_order(schemetools, name):
    found = json.loads(schemetools("show", name, "--json").out)
    data = found["data"]
    scheme = st.get(name)
    if isinstance(scheme, st.RungeKutta):
        assert st.RungeKutta(data["A"], data["b"], c=data["c"]) == scheme
    if isinstance(scheme, st.LinearMultistep):
        assert st.LinearMultistep(data["alpha"], data["beta"]) == scheme
    assert data["kind"] == type(scheme).__name__
    unknown = name in ("lm:k=-1", "upwind")
    assert found["order_number"] == (None if unknown else st.order(scheme))


def test_latex(schemetools):
    assert schemetools("show", "midpoint", "--latex").out.strip() == st.latex("midpoint")
    assert schemetools("stability", "euler", "--latex").out == "R(z) = z + 1\n"
    assert r"\Phi(w, z)" in schemetools("stability", "bdf:2", "--latex").out
    assert "f''" in schemetools("modified-equation", "rk4", "--latex").out
    assert r"\sum_{i,j} b_{i} a_{ij} c_{j} = \frac{1}{6}" in schemetools("order-conditions", "rk4", "--latex").out


def test_the_options_of_a_picture(schemetools, tmp_path):
    words = ["stability", "rk4", "euler", "--xlim", "-4:1", "--ylim", "-3:3", "--labels", "Kutta,Euler"]
    result = schemetools(*words, "--eigenvalues", "-1,-2+1j", "--normalized", "--dpi", 50, "-o", "p.png")
    assert (result.code, result.err) == (0, "")
    assert plt.gca().get_xlim() == (-4, 1) and plt.gca().get_ylim() == (-3, 3)
    assert [t.get_text() for t in plt.gca().get_legend().get_texts()][:2] == ["Kutta", "Euler"]
    assert plt.imread(tmp_path / "p.png").shape[1] < 700
    for option in ("--relative", "--imex"):
        assert schemetools("stability", "ars222" if option == "--imex" else "ab:3", option, "-o", "q.png").code == 0


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_table_keeps_to_the_width_and_breaks_no_number(width):
    rows, _ = st.present.stability_table([st.get(n) for n in ("rk4", "bdf(4)", "dopri5", "lm(k=3/10)")])
    lines = table_lines(st.present.HEADER, rows, width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert all(cell in text for row in rows for cell in row)


def test_difference_schemes_say_their_stable_set_and_draw_the_plane_of_two_numbers(schemetools, tmp_path):
    assert "upwind: stable for (nu >= 0) & (nu <= 1)" in schemetools("stability", "upwind").out
    [record] = json.loads(schemetools("stability", "ftcs_advection_diffusion", "--json").out)
    assert record["numbers"] == ["mu", "nu"] and record["stable"] == "(mu <= 1/2) & (nu**2 <= 2*mu)"
    picture = tmp_path / "plane.svg"
    assert f"wrote {picture}" in schemetools("stability", "ftcs_advection_diffusion", "-o", picture).out
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["upwind", "-o", "x.png"], "a plane has two numbers; upwind has nu"),
        (["upwind", "rk4"], "ask for them in calls of their own"),
        (["upwind", "--xlim", "-4:1"], "no region of h lambda; leave the options of regions out"),
    ],
)
def test_what_difference_schemes_have_no_picture_of_is_refused(schemetools, words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = schemetools("stability", *words)
    assert told.code == 2 and said in told.err
    assert list(tmp_path.iterdir()) == []
