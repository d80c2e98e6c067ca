"""What a modified PDE prints is what it holds: every line is read back by a reader of its own and compared."""

import re

import pytest
import sympy
from sympy import I, Rational, Symbol, cancel, expand, symbols

import schemetools as st
from schemetools.analysis.modified.pde_text import derivative_text
from tests.analysis.reading import formula, from_latex

theta, dt, dx = symbols("theta dt dx")
TWO_PARAMETERS = st.DifferenceScheme(
    {1: {0: "(1+p)*(1+q)"}, 0: {0: "-(1+p)*(1+q)", 1: "nu/2", -1: "-nu/2"}},
    numbers={"nu": "c*dt/dx", "p": None, "q": None},
)
SHIFT = st.DifferenceScheme({1: {0: 1}, 0: {-1: -1}}, numbers={})
STILL = st.DifferenceScheme({1: {0: 1}, 0: {0: -1}}, numbers={})
WIDE = st.DifferenceScheme({1: {0: 1}, 0: {0: "sqrt(2)*nu - 1", -1: "-sqrt(2)*nu"}}, numbers={"nu": "c*dt/dx"})
SCHEMES = [
    *("upwind", "lax_wendroff", "leapfrog_advection", "ftcs_heat", "ftcs_heat_2d", "upwind_3d", "lm_centred"),
    *("dufort_frankel", "wave_leapfrog_2d", "leapfrog_dispersion", "crandall", "quick", "ab3_centred", "theta_heat"),
    *(
        "lines(euler, -c*upwind() + sigma*identity())",
        "lines(lm, -c*upwind())",
        "cnab2",
        TWO_PARAMETERS,
        SHIFT,
        STILL,
        WIDE,
    ),
]


def equation_of(scheme, order=None):
    return st.modified_equation(st.get(scheme) if isinstance(scheme, str) else scheme, order=order)


def meanings(eq):
    """What the numbers stand for, rates of reactions too."""
    return {Symbol(name): value for name, value in eq.numbers if value is not None}


def in_steps_of(eq, text):
    return expand(formula(text).subs(meanings(eq), simultaneous=True))


def line(eq, name):
    return re.search(rf"^{name} +(.*)$", str(eq), re.MULTILINE)[1]


@pytest.mark.parametrize(
    ("scheme", "order"), [*((s, 4) for s in SCHEMES), ("ftcs_heat_2d", 6), ("crandall", 6), ("rk3_upwind5", 7)], ids=str
)
def test_the_printed_equation_is_the_equation(scheme, order):
    """The limit and the first errors in text and in LaTeX: each coefficient, and none missing below the last one shown."""
    eq = equation_of(scheme, order)
    left, text = re.fullmatch(r"(u_t+) = (.*) \+ \.\.\.", line(eq, "modified")).groups()
    assert not re.search(r"\( | \)|/[^ (]+/", text)  # no blanks inside parentheses, no quotient of a quotient
    display = re.fullmatch(r"\$\$ u_\{(t+)\} = (.*) \+ \\cdots \$\$", eq.latex()).groups()
    assert left == f"u_{display[0]}" == "u_" + "t" * eq.time
    expected = {Symbol(derivative_text(i)): value for i, value in eq.in_steps().items()}
    for body in (text, from_latex(display[1])):
        found = in_steps_of(eq, body)
        shown = [mark for mark in expected if sympy.sympify(formula(body)).has(mark)]
        for mark in shown:
            assert cancel(found.coeff(mark) - expected[mark]) == 0, mark
        last = max((sum(i) for i in eq.coefficients if Symbol(derivative_text(i)) in shown), default=0)
        assert {Symbol(derivative_text(i)) for i in eq.coefficients if sum(i) <= last} == set(shown)


@pytest.mark.parametrize(
    "scheme", ["upwind", "ftcs_heat", "lax_wendroff", "ftcs_advection", "quick", "crandall", TWO_PARAMETERS], ids=str
)
def test_the_line_of_diffusion_says_which_sign_damps(scheme):
    """|exp(w (i theta)^n)| < 1 for the printed w where the line says so; w is the first even term beyond the limit."""
    eq = equation_of(scheme)
    body, mark, sign = re.fullmatch(
        r"(?:none of second order; )?(.*) for (u_\w+)[;,] damps where (positive|negative)", line(eq, "diffusion")
    ).groups()
    index = min(eq.diffusion, key=sum)
    assert mark == derivative_text(index)
    limit = eq.limit.get(index, 0)
    assert cancel(in_steps_of(eq, body) - (eq.in_steps()[index] - limit)) == 0
    damping = (I ** sum(index)).is_negative
    assert sign == ("positive" if damping else "negative")


@pytest.mark.parametrize("scheme", ["upwind", "lax_wendroff", "leapfrog_dispersion", "quick", "rk4_centred2"])
def test_the_line_of_dispersion_is_the_leading_phase_error(scheme):
    """Of g = exp(sum w_n (i theta)^n): Im log g over the limit's, minus 1, in its lowest power of theta."""
    eq = equation_of(scheme)
    body = re.fullmatch(r"relative phase error (.*); waves lag where it is negative", line(eq, "dispersion"))[1]
    phase = sum(w * I ** (n - 1) * theta**n for (n,), w in eq.in_numbers().items() if n % 2)
    n = min(n for (n,) in eq.in_numbers() if n % 2)
    error = cancel(phase / phase.coeff(theta, n) / theta**n - 1)
    lowest = min(sympy.Poly(error, theta).monoms())[0]
    assert cancel(formula(body) - error.coeff(theta, lowest) * theta**lowest) == 0


def test_lines_that_say_how_far_nothing_was_found():
    assert "none through u_xxxx:" in line(equation_of("leapfrog_advection", 4), "diffusion")
    assert "none through u_8x:" in line(equation_of("ftcs_heat", 8), "dispersion")
    assert "none through derivatives of order 6:" in line(equation_of("ftcs_heat_2d", 6), "dispersion")
    assert str(equation_of("crandall", 4)).startswith("crandall: exact through derivatives of order 4")
    assert line(equation_of(STILL, 3), "modified") == "u_t = 0 + ..."


@pytest.mark.parametrize(
    "scheme", ["upwind", "lax_wendroff", "rk3_upwind5", "crandall", "dufort_frankel", "lm_centred"]
)
def test_the_order_is_the_lowest_power_of_the_width_on_the_path(scheme):
    """At a fixed number dt is a power of dx: what u_t differs by from the limit starts with dx^order."""
    eq = equation_of(scheme)
    order, name, meaning = re.search(r"order (\d+) in dx at fixed (\w+) = (.*)$", str(eq).splitlines()[0]).groups()
    assert formula(meaning) == meanings(eq)[Symbol(name)]
    path = sympy.solve(formula(meaning) - Symbol(name), dt)[0]
    errors = [cancel((value - eq.limit.get(i, 0)).subs(dt, path)) for i, value in eq.in_steps().items()]
    powers = [sympy.Poly(sympy.fraction(e)[0], dx).monoms()[-1][0] for e in errors if e != 0]
    assert int(order) == min(powers)


@pytest.mark.parametrize(
    ("scheme", "sizes"),
    [
        ("imex_euler_advection_diffusion", ["dt", "dx^2"]),
        ("btcs_advection", None),
        ("cnlf_advection_diffusion", ["dt^2", "dx^2"]),
        (SHIFT, ["dx/dt"]),
    ],
    ids=str,
)
def test_numbers_that_scale_apart_give_sizes_in_both_steps(scheme, sizes):
    first = str(equation_of(scheme, 5)).splitlines()[0]
    if sizes is None:
        assert " in dx at fixed " in first
        return
    said = re.search(r"errors of order (.*) in derivatives through 5", first)[1].split(", ")
    assert said == sizes


def test_where_a_scheme_is_consistent():
    assert line(equation_of("upwind"), "consistent") == "for every path dt, dx -> 0"
    assert line(equation_of("dufort_frankel"), "consistent") == "for dt ~ dx^r, r > 1"
    assert line(equation_of(SHIFT, 3), "consistent") == "for dt ~ dx^r, r < 1"


@pytest.mark.parametrize(
    "scheme",
    ["leapfrog_advection", "dufort_frankel", "lm_centred", "ftcs_advection", "leapfrog_dispersion", SHIFT],
    ids=str,
)
def test_parasites_are_printed_with_their_roots_teeth_and_envelopes(scheme):
    eq = equation_of(scheme, 4)
    lines = re.findall(
        r"^(?:parasite|sawtooth) +(?:\((\S+)\)\^n )?(?:\((-1)\)\^i )?v(?:,  v_t = (.*) \+ \.\.\.)?$",
        str(eq),
        re.MULTILINE,
    )
    branches = {(cancel(b.root), bool(b.sawtooth)): b for b in eq.parasitic if not b.sawtooth or b.root.is_number}
    assert len(lines) == len(branches) > 0
    for root, tooth, envelope in lines:
        branch = branches[cancel(formula(root) if root else 1), bool(tooth)]
        index = min(branch.in_numbers(), key=sum)
        sizes = Rational(1) * dx ** index[0] / dt
        mark = Symbol(derivative_text(index).replace("u", "v"))
        expected = (branch.in_numbers()[index] * sizes).subs(meanings(eq), simultaneous=True)
        assert cancel(in_steps_of(eq, envelope).coeff(mark) - expected) == 0
