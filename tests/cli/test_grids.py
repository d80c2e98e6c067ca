"""Difference schemes on the command line: listed, shown, cited, with their modified equations."""

import pytest

import schemetools as st


def test_list_difference_lists_that_kind(schemetools):
    lines = schemetools("list", "difference").out.splitlines()[1:]
    assert {line.split()[0].split("(")[0] for line in lines} >= set(st.names("difference"))
    assert not any(line.startswith("rk4 ") for line in lines)


@pytest.mark.parametrize("name", ["lax_wendroff", "lines(rk4, -c*upwind(1,3))", "yee", "dufort_frankel"])
def test_the_modified_equation_is_the_librarys(schemetools, name):
    result = schemetools("modified-equation", name)
    assert result.code == 0 and result.out == f"{st.modified_equation(st.get(name))}\n"


def test_show_writes_the_scheme_and_says_what_is_known(schemetools):
    out = schemetools("show", "upwind").out
    assert "u_i^(n+1) = nu u_(i-1)^n + (1 - nu) u_i^n" in out
    assert "c dx/2 (1 - nu) u_xx" in out and "Courant" in out


@pytest.mark.parametrize("name", ["yee_2d", "rk4_pade4", "wave_leapfrog", "theta_heat"])
def test_show_knows_every_kind(schemetools, name):
    assert schemetools("show", name).code == 0


def test_a_file_with_a_scheme_of_ones_own(schemetools, tmp_path):
    st.save(st.fromm, tmp_path / "mine.toml")
    assert "fromm" in schemetools("modified-equation", "mine.toml").out


@pytest.mark.parametrize("command", ["code"])
def test_what_a_difference_scheme_has_not_is_one_line(schemetools, command):
    result = schemetools(command, "upwind")
    assert result.code == 2 and "partial differential equation" in result.err
    assert len(result.err.splitlines()) == 1


def test_a_wrong_stencil_is_one_line(schemetools):
    result = schemetools("modified-equation", "lines(rk4, -c*upwnd(1))")
    assert result.code == 2 and "no stencil" in result.err
