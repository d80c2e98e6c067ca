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
    scheme = st.get(name)
    assert result.code == 0
    assert result.out.startswith(f"{scheme}\n")  # its name; below it stands what print(scheme) says, lines folded
    assert {word for word in str(scheme).split() if any(map(str.isalnum, word))} <= set(result.out.split())


def test_show_says_which_row_advances_and_what_else_has_the_name(schemetools):
    shown = " ".join(schemetools("show", "fehlberg45").out.split())
    assert "b, of order 4; b_hat, of order 5, estimates the error" in shown and "5F" in shown
    assert "also called rkf45" in shown
    for name, word in (("butcher5", "BuRK65"), ("dopri5", "1951/21600"), ("sdirk2", "sdirk2_stiff")):
        assert word in schemetools("show", name).out.split("note  ")[-1]
    shown = " ".join(schemetools("show", "dopri5").out.split())  # 3.99e-4: Dormand and Prince (1980)
    assert "first same as last" in shown and "stage order 1" in shown and "principal error 0.00039908" in shown
    assert "SSP coefficient 6" in " ".join(schemetools("show", "ssprk104").out.split())
    assert "error constant 5/12" in " ".join(schemetools("show", "adams_bashforth").out.split())


@pytest.mark.slow
def test_show_names_misprints_of_others(schemetools):
    assert "7827059040719" in schemetools("show", "kencarp5").out


@pytest.mark.slow
def test_list_is_filtered_by_kind_order_and_stability(schemetools):
    def listed(*options):
        return {line.split()[0].split("(")[0] for line in schemetools("list", *options).out.splitlines()[1:]}

    stable = listed("--kind", "implicit runge-kutta", "--order", "4", "--stability", "L")
    assert {"sdirk4", "esdirk4", "kvaerno4", "cash_sdirk"} <= stable and not stable & {"gauss", "rk4", "kvaerno3"}
    assert listed("--kind", "linear multistep", "--order", "4") == {"milne_simpson"}
    assert "cnab" in listed("--kind", "implicit-explicit") and "rk4" not in listed("--kind", "implicit-explicit")
    refused = schemetools("list", "--stability", "B2")
    assert refused.code == 2 and "zero, A, L, algebraic" in refused.err
    assert schemetools("list", "--kind", "linear multistep", "--order", "17").code == 2


def test_cite_a_file_is_bibtex_too(schemetools, tmp_path):
    (tmp_path / "mine.toml").write_text('reference = "kutta1901, p. 443"\nA = [["0"]]\nb = ["1"]\n')
    assert schemetools("cite", "mine.toml").out.startswith("@article{kutta1901,")
    (tmp_path / "mine.toml").write_text('reference = "My notes, 2020"\nA = [["0"]]\nb = ["1"]\n')
    assert "note = {My notes, 2020}" in schemetools("cite", "mine.toml").out


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


def test_a_symbol_of_a_file_gets_its_value_behind_the_name(schemetools, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'A = [["0", "0"], ["a", "0"]]\nb = ["1 - 1/(2*a)", "1/(2*a)"]\n[symbols]\na = "the second node"\n'
    )
    for name in ("mine.toml:a=2/3", "./mine.toml:a=2/3"):
        assert schemetools("show", name, "--latex").out.strip() == st.latex("ralston2")
    assert "mine[a=2/3]" in schemetools("stability", "mine.toml:a=2/3").out


@pytest.mark.parametrize(("written", "meant"), [("RK4", "rk4"), ("BDF(3)", "bdf(3)"), ("Lm:k=0.3", "lm:k=0.3")])
def test_names_are_read_in_any_case(schemetools, written, meant):
    assert schemetools("show", written, "--latex") == schemetools("show", meant, "--latex")


def test_a_target_is_read_in_any_case(schemetools):
    assert schemetools("code", "rk4", "--target", "C") == schemetools("code", "rk4", "--target", "c")


def test_without_a_command_the_help_is_shown(schemetools):
    assert schemetools().out == schemetools("--help").out
    assert "modified-equation" in schemetools().out
