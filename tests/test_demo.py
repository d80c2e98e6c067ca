"""The demo, as `make demo` runs it."""

import re
from pathlib import Path

import pytest

import schemetools as st
from schemetools import demo
from schemetools.cli import main

README = Path(__file__).parent.parent / "README.md"


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_:
        main(["demo", *(str(a) for a in arguments)])
    return (exit_.value.code, *capsys.readouterr())


def accuracy(out):
    return float(re.search(r"^test accuracy: ([\d.]+) %$", out, re.MULTILINE)[1])


def test_the_demo_derives_draws_trains_and_reads_back(capsys, tmp_path):
    code, out, err = run(capsys, "--epochs", 1, "--out", tmp_path)
    assert (code, err) == (0, "")
    assert "(1+k) u' + (1-k)/2 h u''" in out
    assert "13/10 u' + 7/20 h u''" in out
    assert (tmp_path / "stability.png").read_bytes().startswith(b"\x89PNG")
    assert accuracy(out) > 90
    layers = re.split(r"^layer ", out, flags=re.MULTILINE)[1:]
    assert len(layers) == 6
    for layer in (" ".join(layer.split()) for layer in layers[1:]):  # lines fold
        k = float(re.search(r"lm\(k=([-\d.]+)\)", layer)[1])
        limit, momentum, centre, real, imaginary = (
            float(re.search(pattern, layer)[1])
            for pattern in (
                r"u' = ([\d.]+) f",
                r"-k = ([-\d.]+)",
                r"centre ([-\d.]+)",
                r"axes ([\d.]+)",
                r"\), ([\d.]+)",
            )
        )
        expected = (1 / (1 + k), -k, k - 1, 1 - k, 1 + k)
        assert (limit, momentum, centre, real, imaginary) == pytest.approx(expected, rel=1e-4)


NUMBER = re.compile(r"-?\d+\.\d+")


@pytest.mark.slow
def test_the_demo_prints_what_README_shows(capsys, tmp_path, monkeypatch):
    """The words are equal and the numbers near: another processor rounds otherwise, and training carries that on."""
    monkeypatch.setattr(demo, "LEAST", 1e6)
    out = run(capsys, "--out", tmp_path)[1]
    [shown] = re.findall(r"^```demo\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    first, layer = shown.split("...\n", 1)
    printed = re.search(r"^layer 2 .*?(?=^layer 3)", out, re.MULTILINE | re.DOTALL)[0]
    assert NUMBER.sub("#", layer) == NUMBER.sub("#", printed)
    numbers = [[float(x) for x in NUMBER.findall(text)] for text in (layer, printed)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.1)
    assert accuracy(out) == pytest.approx(accuracy(first), abs=1) and accuracy(out) >= 97


@pytest.mark.slow
@pytest.mark.parametrize(
    "scheme", ["rk4", "bdf:2", "gauss:2", "midpoint", "adams_bashforth:2", "lm:k=-0.1", "stochastic_depth:4/5"]
)
def test_another_scheme_is_one_word(capsys, tmp_path, scheme):
    code, out, _ = run(capsys, "--scheme", scheme, "--epochs", 2, "--out", tmp_path)
    assert code == 0
    assert accuracy(out) > 80


def test_training_ends_in_time_and_says_that_it_did(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "LONGEST", 0.0)
    monkeypatch.setattr(demo, "LEAST", 0.0)
    code, out, _ = run(capsys, "--scheme", "bdf:2", "--out", tmp_path)
    assert code == 0 and "cut short after 1 of" in out


def test_an_implicit_scheme_gets_fewer_epochs():
    assert demo._epochs(st.lm()) == demo._epochs(st.rk4) == 8
    assert 1 <= demo._epochs(st.gauss(3)) <= demo._epochs(st.get("bdf(2)")) < 8


@pytest.mark.parametrize(
    ("scheme", "hint"), [("rk5", "rk4"), ("symplectic_euler", "fields"), ("rk22", "a=1/2"), ("lm:k=1/0", "zero")]
)
def test_a_scheme_that_cannot_be_trained_is_one_line(capsys, tmp_path, scheme, hint):
    code, out, err = run(capsys, "--scheme", scheme, "--out", tmp_path / "new")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert hint in err
    assert not (tmp_path / "new").exists()
