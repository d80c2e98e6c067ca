"""What goes wrong outside: interrupts, a full disk, a folder that cannot be written, kills, packages that are missing.

`make faults` runs this; it takes minutes. Where the system lets nobody mount a small disk, those tests say so and skip.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import schemetools as st

pytestmark = pytest.mark.slow
START = 120.0
LONG = {
    "an equation of order 17": "st.modified_equation(st.rk4, 17)",
    "an angle": "st.stability(st.extrapolation('backward_euler', (1, 2, 3, 4, 5))).angle",
    "a verdict with long coefficients": "st.stability(st.get('verner98e')).real_interval",
    "a certificate": "st.certify(st.get('verner98e'))",
}


# What a shell starts in the background ignores Ctrl-C, and so do the processes of tests that run there.
HEARD = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"


def python(program: str, **more) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(st.__file__).parent.parent)}
    return subprocess.Popen(
        [sys.executable, "-c", HEARD + program],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


@pytest.mark.parametrize("what", LONG)
def test_an_interrupt_ends_a_long_call_at_once_and_the_next_call_is_right(what):
    """SIGINT while it works: KeyboardInterrupt within seconds, nothing half-cached."""
    process = python(
        "import schemetools as st\n"
        "st.order(st.rk4)\n"
        "print('go', flush=True)\n"
        f"try:\n    {LONG[what]}\n    print('done')\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n"
        "print(st.order(st.rk4), st.stability(st.rk4).is_a_stable, len(st.modified_equation(st.rk4, 6).coefficients))"
    )
    assert process.stdout.readline() == "go\n"
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    asked = time.monotonic()
    out, err = process.communicate(timeout=START)
    assert process.returncode == 0, err
    assert out.split("\n")[0] in ("interrupted", "done") and out.split("\n")[1] == "4 False 37"
    assert time.monotonic() - asked < 30


def test_an_interrupted_command_says_so_in_a_line_and_exits_with_130(tmp_path):
    process = python(
        "import sys\nfrom schemetools.cli import main\nprint('go', flush=True)\nmain(['modified-equation', 'dopri8', '--order', '12'])"
    )
    assert process.stdout.readline() == "go\n"
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=START)
    assert (process.returncode, out, err) in ((130, "", "schemetools: interrupted\n"), (0, out, ""))


@contextlib.contextmanager
def small_disk(folder: Path, *options: str):
    """A disk of 64 KiB in memory."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(("size=64k", *options)), "tmpfs", folder], capture_output=True
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def pictures(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "schemetools", "stability", "rk4", "-o", str(path)], capture_output=True, text=True
    )
    if done.returncode:
        assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, done.stderr
        raise st.SchemeError(done.stderr)


def checkpoints(path: Path) -> None:
    import torch

    from schemetools.nn.training.checkpoints import save_checkpoint

    save_checkpoint(path, {"step": 1, "weights": torch.zeros(64)})


WRITERS = {"it.toml": lambda path: st.save(st.rk4, path), "it.png": pictures, "it.pt": checkpoints}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_sentence_and_the_earlier_file_stays(name, tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        (disk / name).write_bytes(b"earlier")
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        with pytest.raises(st.SchemeError, match="(?i)no space"):
            WRITERS[name](disk / name)
        assert (disk / name).read_bytes() == b"earlier"
        assert sorted(p.name for p in disk.iterdir()) == ["filler", name]


@pytest.mark.parametrize("name", WRITERS)
def test_a_disk_that_is_read_only_is_one_sentence(name, tmp_path):
    with small_disk(tmp_path / "disk", "ro") as disk, pytest.raises(st.SchemeError, match="(?i)read-only"):
        WRITERS[name](disk / name)


def test_two_processes_that_write_one_file_leave_one_of_the_two(tmp_path):
    """A reader sees a whole scheme at every moment."""
    path = tmp_path / "it.toml"
    st.save(st.rk4, path)
    program = "import schemetools as st\nfor _ in range(200): st.save(st.get('{}'), {!r})"
    writers = [python(program.format(name, str(path))) for name in ("rk4", "dopri5")]
    seen = 0
    while any(process.poll() is None for process in writers):
        assert st.load(path) in (st.rk4, st.dopri5)
        seen += 1
    for process in writers:
        process.communicate()
    assert [process.returncode for process in writers] == [0, 0] and seen > 0
    assert [p.name for p in tmp_path.iterdir()] == ["it.toml"]


def test_a_save_killed_at_random_moments_leaves_a_whole_file(tmp_path):
    path, draw = tmp_path / "it.toml", random.Random(0)
    st.save(st.rk4, path)
    program = f"import schemetools as st\nprint('go', flush=True)\nwhile True:\n  for s in (st.rk4, st.dopri5): st.save(s, {str(path)!r})"
    for _ in range(20):
        process = python(program)
        assert process.stdout.readline() == "go\n"
        time.sleep(draw.uniform(0.0, 0.3))
        process.kill()
        process.communicate()
        assert st.load(path) in (st.rk4, st.dopri5)


@pytest.mark.parametrize(
    ("missing", "call", "remedy"),
    [
        ("torch", "st.to_block(st.rk4)", "torch"),
        ("torch", "st.inspect(None, None)", "torch"),
        ("torch", "st.convert(None, 'lm')", "torch"),
        ("torch", "st.nn.models.build('resnet20')", "torch"),
        ("matplotlib", "st.plot_stability(st.rk4)", "matplotlib"),
        ("scipy", "st.to_scipy(st.rk4)", "scipy"),
        ("diffrax", "st.to_diffrax(st.rk4)", "diffrax"),
        ("torchdiffeq", "st.to_torchdiffeq(st.rk4)", "torchdiffeq"),
        ("flint", "st.is_symplectic('gauss(9)')", "python-flint"),
    ],
)
def test_a_missing_package_is_named_with_its_remedy(missing, call, remedy):
    process = python(
        f"import sys\nsys.modules[{missing!r}] = None\nimport schemetools as st\n"
        f"try:\n    {call}\nexcept (st.SchemeError, ImportError) as error:\n    print(type(error).__name__, '|', error)\n"
    )
    out, err = process.communicate(timeout=START)
    assert process.returncode == 0, err
    assert remedy in out and len(out.strip().splitlines()) == 1, out
