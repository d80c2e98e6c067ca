"""At 80 columns no line is longer and no word, hence no number, is broken; into a pipe nothing is folded."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from schemetools.cli.app import app
from schemetools.cli.screen import fitted
from schemetools.tables import text_table

COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands]
LINES = [
    "list",
    "list difference",
    "reproduce",
    "doctor",
    *(f"show {name}" for name in ("rk4", "dopri5", "alexander3", "ars222", "bdf:6", "lm", "upwind", "etdrk2")),
    "stability rk4",
    "stability rk4 lm:k=0.3 bdf:4 dopri5 theta lm",
    "stability stochastic_depth:4/5 trbdf2",
    "stability ftcs_advection_diffusion",
    *(f"modified-equation {name}" for name in ("rk4", "dopri5", "lm", "ars222", "shake_shake", "lax_wendroff")),
    "order-conditions rk4",
    "order-conditions ars222 --order 3",
]


@pytest.mark.parametrize("line", LINES)
def test_a_screen_of_80_columns_is_kept_and_words_stay_whole(schemetools, monkeypatch, line):
    wide = schemetools(*line.split())
    monkeypatch.setenv("COLUMNS", "80")
    narrow = schemetools(*line.split())
    assert (wide.code, narrow.code) == (0, 0)
    assert max(map(len, narrow.out.splitlines())) <= 80
    words = [{word for word in found.out.split() if word.strip("-+|")} for found in (wide, narrow)]
    assert words[0] == words[1]


def test_no_line_of_the_help_is_cut(schemetools, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = schemetools("--help").out
    assert max(map(len, out.splitlines())) <= 80
    assert not any(line.endswith("...") for line in out.splitlines()[1:])


@pytest.mark.parametrize("command", COMMANDS)
def test_help_keeps_to_80_columns(schemetools, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, schemetools(command, "--help").out.splitlines())) <= 80


def test_a_giant_keeps_to_the_screen_but_for_a_number_that_is_longer(schemetools, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    out = schemetools("show", "dopri8").out
    longest = max((word for word in out.split()), key=len)
    assert max(map(len, out.splitlines())) <= max(60, len(longest))


def test_names_of_layers_fold_at_their_dots_and_numbers_never():
    rows = [("backbone.features.layers.0.residual_block.convolution", "lm(k=-0.0500000)", "0.123", "-0.012+1.234e-05i")]
    lines = text_table(("layer", "scheme", "k", "leading eigenvalue"), rows, 60)
    assert max(map(len, lines)) <= 60
    size = lines[1].index(" ") if lines[1].startswith("-") else lines[2].index(" ")
    assert "".join(line[:size].strip() for line in lines).partition("-")[2].strip("-") == rows[0][0]
    assert all(any(number in line.split() for line in lines) for number in rows[0][1:])


def test_a_cell_of_a_tableau_stays_whole(schemetools, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = schemetools("show", "etdrk4").out
    cells = re.findall(r"phi1\(z\) - 3\*phi2\(z\) \+ 4\*phi3\(z\)|2\*phi2\(z\) - 4\*phi3\(z\)", out)
    assert len(cells) == 3


def test_a_row_of_a_tableau_folds_behind_its_line():
    text = "1/2 | 1/2\n----+----------\n    |   0  1234  5678"
    assert fitted(text, 14) == ["1/2 | 1/2", "----+---------", "    | 0  1234", "    | 5678"]
    assert fitted(text, 100) == text.splitlines()


STABLE = {"euler lm:k=0.5": (80, 100, 130), "rk4 lm:k=0.3 bdf:4": (100, 130)}


@pytest.mark.parametrize(("names", "columns"), [(names, w) for names, widths in STABLE.items() for w in widths])
def test_a_table_that_fits_is_not_folded(schemetools, monkeypatch, names, columns):
    wide = schemetools("stability", *names.split()).out
    monkeypatch.setenv("COLUMNS", str(columns))
    assert schemetools("stability", *names.split()).out == wide


def test_a_table_of_many_columns_that_does_not_fit_is_a_list_per_row(schemetools, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = schemetools("stability", "rk4", "lm:k=0.3", "bdf:4").out.splitlines()
    assert [line for line in lines if line.startswith("imaginary")] == [
        f"imaginary    {value}" for value in ("2 sqrt(2)", "0", "0")
    ]
    assert lines[-2:] == ["", "* lm(k=3/10): relative to u' = (10/13) f"]


def test_on_a_terminal_a_table_that_fits_is_not_folded():
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-c", "from schemetools.cli import main; main(['stability', 'euler', 'lm:k=0.5'])"]
    outside = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen(command, stdout=slave, stderr=subprocess.PIPE, env=outside) as process:
        os.close(slave)
        process.wait()
        shown = re.sub(r"\x1b\[\d*m", "", os.read(master, 4096).decode())
    os.close(master)
    assert shown.splitlines()[0].split()[-2:] == ["real", "imaginary"]
    assert [line.split()[-2:] for line in shown.splitlines()[1:3]] == [["2", "0"], ["1", "0"]]
