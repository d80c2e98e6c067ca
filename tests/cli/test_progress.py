"""What a command shows while it works, on a terminal, and how Ctrl-C ends it."""

import os
import pty
import re
import signal
import subprocess
import sys
import time

from sympy import Symbol

import schemetools as st
from schemetools.progress import listening, tell

PATIENCE = 120


def started(*arguments, **options):
    """A command as a process of its own, which says that it began."""
    loaded = "import signal, sys, schemetools.present; from schemetools.cli import main"
    # What a shell starts in the background ignores Ctrl-C, and so do the processes of tests that run there.
    heard = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{loaded}; {heard}; print('begun', flush=True); main(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, **options
    )
    assert process.stdout.readline() == "begun\n"
    return process


def read_until(terminal, pattern):
    """What a terminal shows until the pattern is there, or its process has ended."""
    shown, start = "", time.monotonic()
    while not re.search(pattern, shown) and time.monotonic() - start < PATIENCE:
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:  # the other end is closed
            break
    return shown


def test_nobody_listens_and_nothing_is_said():
    tell("cell", 1, 2)
    heard = []
    with listening(lambda *said: heard.append(said)):
        tell("cell", 1, 2)
        tell("trees of order", 3)
    tell("cell", 2, 2)
    assert heard == [("cell", 1, 2), ("trees of order", 3, None)]


def test_verdicts_say_how_far_they_are():
    """Of a family: cell after cell. Of a tableau without simplifying assumptions: order after order."""
    heard = []
    scheme = st.RungeKutta([[0, 0, 0], ["1/3", 0, 0], [Symbol("k") / 7, "1/5", 0]], ["1/7", "2/7", "4/7"])
    with listening(lambda *said: heard.append(said)):
        assert st.stability(scheme).real_interval.free_symbols
        assert st.order(st.RungeKutta([[0, 0, 0], ["3/8", 0, 0], [0, "2/3", 0]], ["2/9", "16/45", "19/45"])) >= 1
        st.modified_equation("heun3", 5)
    cells = [(i, n) for what, i, n in heard if what == "cell"]
    assert cells and all(1 <= i <= n for i, n in cells)
    assert [i for what, i, n in heard if (what, n) == ("trees of order", 5)] == [1, 2, 3, 4, 5]


def test_a_terminal_shows_a_bar_and_ctrl_c_ends_it_in_one_line():
    ours, theirs = pty.openpty()
    process = started("modified-equation", "dopri8", "--order", "12", stderr=theirs)
    os.close(theirs)
    shown = read_until(ours, r"trees of order \d+ of 12")
    assert re.search(r"modified equation: trees of order \d+ of 12", shown)
    process.send_signal(signal.SIGINT)
    last = read_until(ours, "interrupted")
    assert process.wait(PATIENCE) == 130
    assert last.rstrip().endswith("schemetools: interrupted") and "Traceback" not in last
    said, _ = process.communicate(timeout=PATIENCE)
    os.close(ours)
    assert said == ""


def test_elsewhere_nothing_is_shown_and_ctrl_c_ends_it_in_one_line():
    process = started("list", "--stability", "L", stderr=subprocess.PIPE)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (130, "schemetools: interrupted\n")
