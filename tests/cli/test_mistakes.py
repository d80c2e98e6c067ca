"""A user's mistake: exit code 2, one line on stderr, nothing on stdout, nothing left behind."""

import os
import subprocess
import sys

import pytest
from sympy import Symbol

import schemetools as st

A = Symbol("a")

MISTAKES = {
    "unknown name": (("show", "rk5"), "rk4"),
    "unknown parameter": (("show", "lm:q=1"), "lm(k=k)"),
    "not a number": (("show", "lm:k=1/0"), "divides by zero"),
    "not an integer": (("show", "bdf:1/2"), "integer"),
    "empty name": (("show", ""), "rk4"),
    "a whole program": (("show", "__import__('os').system('true')"), "no scheme"),
    "unknown command": (("frobnicate",), "schemetools --help"),
    "unknown option": (("show", "rk4", "--frobnicate"), "schemetools show --help"),
    "missing name": (("show",), "NAME"),
    "order too low": (("modified-equation", "rk4", "--order", "0"), "--order"),
    "order too high": (("modified-equation", "rk4", "--order", "99"), "--order"),
    "order no number": (("modified-equation", "rk4", "--order", "four"), "'four' is no whole number from 1 to 12"),
    "order of a list no number": (("list", "--order", "four"), "no whole number of at least 1"),
    "a question that is no command": (("order", "rk4"), "schemetools show NAME says the order"),
    "help as a command": (("help",), "schemetools --help, or"),
    "version as a command": (("version",), "schemetools --version"),
    "a number of the problem": (("show", "upwind:nu=0.5"), "nu = c*dt/dx: of upwind all is said for every value"),
    "a value apart from its name": (("stability", "lm", "k=0.3"), "as in lm:k=0.3"),
    "a value as another argument": (("show", "lm", "k=0.3"), "as in lm:k=0.3"),
    "a limit without an equation": (("modified-equation", "lm:k=-1"), "in Python st.second_order_limit(scheme) says"),
    "another symbol of a file": (("show", "family.toml:b=1"), "its free symbols: a"),
    "a symbol of a file without a value": (("show", "family.toml:a"), "mine.toml:a=2/3"),
    "a symbol of a file twice": (("show", "family.toml:a=1,a=2"), "one value for each symbol"),
    "a value at which a file does not exist": (("show", "family.toml:a=0"), "does not exist at a = 0"),
    "unknown target": (("code", "rk4", "--target", "fortran"), "numpy"),
    "no such word": (("list", "zebra"), "zebra"),
    "no such file": (("show", "nothing.toml"), "nothing.toml"),
    "a folder as file": (("show", "./folder.toml"), "folder.toml"),
    "not TOML": (("show", "broken.toml"), "broken.toml"),
    "ragged": (("show", "ragged.toml"), "ragged"),
    "no publication": (("cite", "fine.toml"), "reference"),
    "nothing to draw": (("stability",), "rk4"),
    "no ending": (("stability", "rk4", "-o", "picture"), ".png"),
    "unknown ending": (("stability", "rk4", "-o", "picture.doc"), ".png"),
    "no such folder": (("stability", "rk4", "-o", "nowhere/picture.png"), "folder"),
    "a folder as picture": (("stability", "rk4", "-o", "folder.png"), "folder"),
    "a device as picture": (("stability", "rk4", "-o", "device.png"), "regular"),
    "two pictures": (("stability", "rk4", "--locus", "--order-star", "-o", "picture.png"), "one of them"),
    "one picture of two schemes": (("stability", "rk4", "euler", "--locus", "-o", "picture.png"), "one scheme"),
    "a picture without a file": (("stability", "rk4", "--order-star"), "-o"),
    "a sweep of nothing": (("stability", "lm", "--sweep", "k"), "k=-0.9:1:7"),
    "a sweep of too many": (("stability", "lm", "--sweep", "k=0:1:1000"), "50"),
    "a sweep of another symbol": (("stability", "lm", "--sweep", "q=0:1/2:3"), "free symbol"),
    "limits of one number": (("stability", "rk4", "--xlim", "4", "-o", "p.png"), "-4:1"),
    "limits apart": (("stability", "rk4", "--xlim", "-3", "3", "-o", "p.png"), "--xlim -3:3"),
    "limits the wrong way round": (("stability", "rk4", "--ylim", "1:-1", "-o", "p.png"), "lower one first"),
    "eigenvalues that are words": (("stability", "rk4", "--eigenvalues", "x,y", "-o", "p.png"), "-2+3j"),
    "labels for others": (("stability", "rk4", "--labels", "a,b", "-o", "p.png"), "one each"),
    "a window without a picture": (("stability", "rk4", "--xlim", "-4:1"), "-o picture.png"),
    "an imex picture of one field": (("stability", "rk4", "--imex", "-o", "p.png"), "two fields"),
    "no run": (("learned", ".", "-o", "p.png"), "run.json"),
    "a symbol in a picture": (
        ("stability", "lm", "-o", "picture.png"),
        "as in lm:k=0.3, or draw a family with --sweep k=",
    ),
    "one good and one bad": (("stability", "rk4", "rk5", "-o", "picture.png"), "rk5"),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "device.png").symlink_to(os.devnull)
    (tmp_path / "broken.toml").write_text("A = [[")
    (tmp_path / "ragged.toml").write_text('A = [["0", "0"], ["1"]]\nb = ["1/2", "1/2"]\n')
    st.save(st.RungeKutta([[0]], [1]), tmp_path / "fine.toml")
    st.save(st.RungeKutta([[0, 0], [A, 0]], [1 - 1 / (2 * A), 1 / (2 * A)]), tmp_path / "family.toml")
    return tmp_path


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(schemetools, folder, kind):
    arguments, hint = MISTAKES[kind]
    before = sorted(folder.iterdir())
    result = schemetools(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert result.err.startswith("schemetools: ")
    assert hint in result.err
    assert "Traceback" not in result.err
    assert sorted(folder.iterdir()) == before


def test_a_long_mistake_is_a_line_that_can_be_read(schemetools):
    result = schemetools("show", "x" * 100_000)
    assert result.code == 2
    assert len(result.err) < 1_000


def test_a_picture_that_fails_half_way_leaves_the_old_one(schemetools, folder, monkeypatch):
    (folder / "region.png").write_bytes(b"the old picture")

    def fails(*_, **__):
        raise st.SchemeError("the pen broke")

    monkeypatch.setattr(st, "plot_stability", fails, raising=False)
    before = sorted(folder.iterdir())
    assert schemetools("stability", "rk4", "-o", "region.png").code == 2
    assert (folder / "region.png").read_bytes() == b"the old picture"
    assert sorted(folder.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_may_not_be_written_is_a_mistake(schemetools, folder):
    (folder / "locked").mkdir(mode=0o500)
    result = schemetools("stability", "rk4", "-o", "locked/region.png")
    assert result.code == 2
    assert result.err.count("\n") == 1


def test_a_reader_that_leaves_is_no_mistake():
    """`schemetools list | head -1`."""
    code = "from schemetools.cli import main; main(['list'])"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


QUIET = """
import sys, json
from schemetools.cli import main
try:
    main(sys.argv[1:])
except SystemExit as exit:
    heavy = [name for name in ("torch", "matplotlib", "scipy", "sklearn") if name in sys.modules]
    sys.exit(json.dumps(heavy) if heavy else exit.code)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["show", "rk4"], ["cite", "rk4"], ["code", "rk4"]])
def test_words_load_neither_torch_nor_matplotlib(arguments):
    command = [sys.executable, "-c", QUIET, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.filterwarnings("always")
def test_a_warning_is_one_line_without_a_place_in_the_code(schemetools):
    code, out, err = schemetools("stability", "variable_bdf2(3)")
    assert code == 0 and "variable_bdf2(r=3)" in out
    (line,) = err.splitlines()
    assert line.startswith("schemetools: warning: variable_bdf2(r=3) at the step ratio 3 is not zero-stable")


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--kind", "foo"), "no scheme fits kind foo;"), (("--order", "9", "--kind", "foo"), "foo, order 9;")],
)
def test_list_names_what_was_asked_and_nothing_else(schemetools, words, said):
    result = schemetools("list", *words)
    assert result.code == 2
    assert said in result.err and "stability" not in result.err
