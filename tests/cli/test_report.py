"""`schemetools report`: a page for schemes, for a checkpoint, and one line for what is neither."""

import pytest


def test_a_page_is_written(schemetools, tmp_path):
    result = schemetools("report", "lm:k=0.3", "--sweep", "k=0:1:3", "-o", "mine.html")
    assert (result.code, result.out) == (0, "wrote mine.html\n")
    html = (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>") and '"label":"k = 1/2"' in html


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no scheme was named"),
        (("rk44x",), "no scheme 'rk44x'"),
        (("rk4", "-o", "page.pdf"), "the ending says the format"),
        (("run/checkpoint.pt",), "is a checkpoint; say where its images are"),
        (("rk4", "euler", "--data", "x"), "--data goes with one checkpoint"),
        (("run/checkpoint.pt", "--data", "x"), "checkpoint.pt"),
        (("lm", "--sweep", "k=1"), "write the symbol, both ends and how many"),
        (("rk4", "--sweep", "k=0:1:3"), "no such symbol"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_file(schemetools, tmp_path, arguments, said):
    result = schemetools("report", *arguments)
    assert result.code == 2 and said in result.err and result.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_checkpoint_becomes_a_page(schemetools, images, tmp_path):
    assert schemetools("train", "--data", images, "--scheme", "lm", "--epochs", 1, "--out", "run").code == 0
    result = schemetools("report", "run/checkpoint.pt", "--data", images, "--count", 2, "-o", "net.html")
    assert (result.code, result.err) == (0, "")
    html = (tmp_path / "net.html").read_text(encoding="utf-8")
    assert html.count("<figure>") > 3 and "Certificate" in html and html.count("lm(k=") > 6
