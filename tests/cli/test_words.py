"""list, show, cite, modified-equation, code: what they print is what the library says."""

import numpy as np
import pytest

import schemetools as st
from schemetools.schemes import registry


def test_list_has_every_scheme_and_every_alias_on_a_line_of_its_own(schemetools):
    result = schemetools("list")
    assert result.code == 0
    first_words = {line.split()[0].split("(")[0] for line in result.out.splitlines()[1:]}
    assert first_words == {*st.names(), *registry.aliases()}
    assert len(result.out.splitlines()) == 1 + len(first_words)


def test_a_pipe_gets_neither_colours_nor_cut_lines(schemetools):
    out = schemetools("list").out
    descriptions = [" ".join(registry.family(n).__doc__.split("\n\n")[0].split()) for n in st.names()]
    assert max(map(len, descriptions)) > 80
    assert all(text in out for text in descriptions)
    assert "\x1b" not in out
    assert not any(line != line.rstrip() for line in out.splitlines())


def test_list_with_a_word_keeps_the_schemes_that_have_it(schemetools):
    out = schemetools("list", "Adams").out
    assert "adams_bashforth" in out
    assert "rk4" not in out


@pytest.mark.parametrize("name", ["rk4", "lm", "lm:k=0.3", "bdf:3", "dopri5", "alexander3", "symplectic_euler"])
def test_show_prints_the_coefficients_the_facts_and_the_source(schemetools, name, golden):
    result = schemetools("show", name)
    assert result.code == 0
    golden(f"cli/show_{name.replace(':', '_')}.txt", result.out)


@pytest.mark.slow
@pytest.mark.parametrize("name", st.names())
def test_show_knows_every_scheme(schemetools, name):
    result = schemetools("show", name)
    assert result.code == 0
    assert result.out.startswith(str(st.get(name)))


def test_cite_is_bibtex_with_the_authors(schemetools):
    out = schemetools("cite", "lm").out
    assert out.startswith("@")
    assert all(person in out for person in ("Lu", "Zhong", "Li", "Dong", "2018"))


@pytest.mark.parametrize("name", ["lm(k=0.3)", "lm:k=0.3"])
def test_both_spellings_give_the_modified_equation(schemetools, name):
    out = schemetools("modified-equation", name).out
    assert out == f"{st.modified_equation(st.lm(k='3/10'))}\n"
    assert "13/10 u' + 7/20 h u''" in out


def test_the_order_of_the_modified_equation_is_an_option(schemetools):
    assert "1/2880 f''''(f,f,f,f)" in schemetools("modified-equation", "rk4", "--order", 5).out
    assert "1/2880 f''''(f,f,f,f)" in schemetools("modified-equation", "rk4").out
    assert "2880" not in schemetools("modified-equation", "rk4", "--order", 4).out


def test_without_an_order_the_equation_is_the_librarys(schemetools):
    shown = schemetools("modified-equation", "stochastic_depth:4/5").out
    assert shown == f"{st.modified_equation(st.get('stochastic_depth(4/5)'))}\n"
    assert "dB" in shown


def test_the_printed_numpy_program_takes_the_step(schemetools):
    out = schemetools("code", "rk4", "--target", "numpy").out
    names: dict = {}
    exec(out, names)  # noqa: S102  (the program that was printed)
    rng = np.random.default_rng(0)
    A, u = rng.normal(size=(3, 3)), rng.normal(size=3)
    (stepped,) = names["step"](lambda x: A @ x, (u,), 0.1)
    np.testing.assert_allclose(stepped, st.to_stepper(st.rk4)(lambda x: A @ x, u, 0.1), rtol=1e-15)


def test_torch_code_is_the_default_and_is_what_the_library_generates(schemetools):
    assert schemetools("code", "rk4").out.strip() == st.to_source(st.rk4, "torch").strip()


def test_a_scheme_from_a_file_goes_through_every_command(schemetools, tmp_path):
    st.save(st.ralston2, tmp_path / "mine.toml")
    text = (tmp_path / "mine.toml").read_text()
    (tmp_path / "mine.toml").write_text("\n".join(line for line in text.splitlines() if not line.startswith("name")))
    for command in ("show", "modified-equation", "code"):
        result = schemetools(command, "mine.toml")
        assert result.code == 0
        assert "mine" in result.out


def test_without_a_command_the_help_is_shown(schemetools):
    assert schemetools().out == schemetools("--help").out
    assert "modified-equation" in schemetools().out
