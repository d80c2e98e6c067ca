"""Printed source: golden files, literals, names that cannot break out, and a NumPy stepper that converges."""

import ast
import math
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as draw
from sympy import Rational, Symbol, together

import schemetools as st
from schemetools.codegen import lower
from schemetools.codegen.printers.names import class_name, expression, identifier
from schemetools.errors import SchemeError

GOLDEN = ["rk4", "lm", "leapfrog", "adams_bashforth(3)", "dopri5", "bdf(2)", "gauss(2)", "trbdf2", "adams_moulton(2)"]


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("name", GOLDEN)
def test_source_is_the_golden_one(golden, name, target):
    golden(f"{target}/{name.replace('(', '_').replace(')', '')}.py", st.to_source(st.get(name), target))


@pytest.mark.parametrize("name", [n for n in st.names("general linear") if not st.get(n).random_symbols])
@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_source_is_straight_line_python_without_zero_terms(name, target):
    tree = ast.parse(st.to_source(st.get(name), target))
    steps = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name in ("step", "forward", "start")]
    assert steps
    for node in (inner for step in steps for inner in ast.walk(step)):
        assert not isinstance(node, ast.For | ast.While | ast.ListComp)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Add):
            sides = [side.value for side in (node.left, node.right) if isinstance(side, ast.Constant)]
            assert 0 not in sides
            assert not (isinstance(node.op, ast.Mult) and 1 in sides)


def test_every_coefficient_is_the_nearest_double():
    tree = ast.parse(st.to_source(st.get("gauss(2)"), "torch"))
    literals = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    # sqrt(3)/6 - 1/4 to 30 digits is 0.0386751345948128822545743902509...
    assert {0.25, 0.5, 0.0386751345948128822545743902509} <= literals


def test_source_runs_alone_with_torch_only(tmp_path):
    pytest.importorskip("torch")
    path = tmp_path / "block.py"
    use = "block = RK4Block(torch.nn.Linear(2, 2))\nassert block(torch.ones(1, 2)).shape == (1, 2)\n"
    check = "import sys\nassert not any(m.startswith('schemetools') for m in sys.modules)\n"
    path.write_text(st.to_source(st.rk4, "torch") + use + check)
    subprocess.run([sys.executable, str(path)], check=True, cwd=tmp_path, timeout=120)


@pytest.mark.parametrize("target", ["numpy", "torch", "c", "julia"])
def test_the_first_line_says_whether_the_coefficients_are_rounded(target):
    kutta = [[], ["1/2"], [-1, 2]], ["1/6", "2/3", "1/6"]
    rounded = [[], ["0.5"], [-1, 2]], ["0.1666667", "0.6666667", "0.1666666"]
    exact, known = (
        " ".join(st.to_source(s, target).split()) for s in (st.RungeKutta(*kutta), st.RungeKutta(*rounded, digits=7))
    )
    assert "from the exact scheme" in exact and "decimals" not in exact
    assert "from coefficients known to 7 decimals" in known and "exact" not in known.partition("decimals")[0]


def test_blocks_of_equal_schemes_known_to_other_digits_say_their_own():
    pytest.importorskip("torch")
    weights = ["0.1666667", "0.6666667", "0.1666666"]
    blocks = [st.to_block(st.RungeKutta([[], ["0.5"], [-1, 2]], weights, digits=n)) for n in (6, 7)]
    assert [f"{n} decimals" in " ".join(block.source.split()) for n, block in zip((6, 7), blocks, strict=True)] == [
        True,
        True,
    ]


def test_numpy_source_runs_alone(tmp_path):
    path = tmp_path / "step.py"
    use = "y, = step(lambda u: -u, (np.array([1.0]),), 0.5)\nassert abs(y[0] - 0.6) < 1e-12\n"
    path.write_text(st.to_source(st.get("trapezoid"), "numpy") + use)
    subprocess.run([sys.executable, str(path)], check=True, cwd=tmp_path, timeout=120)


def test_names_and_references_cannot_break_out_of_the_source():
    A, b = [[0]], [1]
    scheme = st.RungeKutta(A, b, name='x"""; import os; """', reference='"""\\')
    for target in ("numpy", "torch"):
        tree = ast.parse(st.to_source(scheme, target))
        imports = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
        assert "os" not in imports


@pytest.mark.parametrize("symbol", ["lambda", "k1", "y", "forward", "half", "T", "branch", "u1", "d_1", "error"])
def test_any_symbol_name_gives_code_that_runs(symbol):
    s = Symbol(symbol)
    scheme = st.LinearMultistep([-s, s - 1, 1], [0, 1, 0])
    step = st.to_stepper(scheme)
    attribute = identifier(symbol, {"k1", "y", "u1", "forward", "half", "T", "branch"})
    source = st.to_source(scheme, "torch")
    compile(source, "generated", "exec")
    assert f"self.{attribute}" in source
    keyword = next(p for p in ast.parse(step.source).body[-1].args.args[3:]).arg
    u, previous = step(lambda u: -u, (np.array(1.0), np.array(2.0)), 0.5, **{keyword: 0.25})
    assert (u, previous) == (0.75 + 0.5 - 0.5, 1.0)


def test_class_names():
    names = {n: class_name(st.get(n)) for n in ("rk4", "lm", "dopri5", "adams_bashforth(2)", "trbdf2")}
    assert names == {
        "rk4": "RK4",
        "lm": "LM",
        "dopri5": "Dopri5",
        "adams_bashforth(2)": "AdamsBashforth",
        "trbdf2": "TRBDF2",
    }
    assert class_name(st.RungeKutta([[0]], [1])) == "RungeKutta"


K, W = Symbol("k"), Symbol("w")
FORMULAS = draw.recursive(
    draw.sampled_from([K, W, *map(Rational, ("2", "-3", "1/3", "-5/7"))]),
    lambda inner: draw.one_of(
        draw.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        draw.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        draw.tuples(inner, inner).map(lambda p: p[0] / p[1] if p[1] != 0 else p[0]),
        draw.tuples(inner, draw.integers(-3, 3)).map(lambda p: p[0] ** p[1] if p[0] != 0 else p[0]),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(FORMULAS)
@example(1 / (2 * W))
@example((2 * K - 1) / (2 * K))
@example(-K * W / (3 * K * W))
@example(K / (-W) ** 3)
def test_formulas_print_as_python_that_evaluates_to_them(formula):
    exact = formula.subs({K: Rational(3, 10), W: Rational(7, 10)})
    assume(exact.is_finite)
    for written in (formula, together(formula)):
        text = expression(written, {K: "k", W: "w"})
        value = eval(f"2 * {text} * 3 / 5", {"k": 0.3, "w": 0.7})  # as a factor
        assert value == pytest.approx(float(exact * 6 / 5), rel=1e-9, abs=1e-9 * (1 + sum(map(abs, _sizes(formula)))))


def _sizes(formula):
    """The terms of a sum, which may cancel."""
    return [float(abs(t.subs({K: 0.3, W: 0.7}))) for t in formula.as_ordered_terms()]


FAMILIES = [n for n in st.names("general linear") if st.get(n).free_symbols and not st.get(n).random_symbols]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_steps_like_its_member(name):
    scheme = st.get(name)
    values = {str(s): f"{3 + 2 * i}/10" for i, s in enumerate(sorted(scheme.free_symbols, key=str))}
    form, member = scheme.normal_form(), scheme.subs(values)
    field = np.sin if len(form.fields) == 1 else [np.sin] * len(form.fields)
    history = tuple(np.linspace(0.1, 1, 4) + i for i in range(form.values))
    names = {key: float(Rational(v)) for key, v in values.items()}
    for a, b in zip(
        st.to_stepper(scheme)(field, history, 0.1, **names), st.to_stepper(member)(field, history, 0.1), strict=True
    ):
        assert np.abs(a - b).max() < 1e-12


def pendulum(u):
    return np.array([u[1], -np.sin(u[0])])


def slope(scheme, order):
    """The rate at which the global error falls, between two step sizes, against a fine Runge-Kutta solution."""
    step, fine, errors = st.to_stepper(scheme), st.to_stepper(st.get("dopri5")), []
    start = np.array([1.0, 0.5])
    reference = start
    for _ in range(400):
        reference = fine(pendulum, reference, 1 / 400)
    counts = (10, 20) if order > 3 else (40, 80)
    for n in counts:
        h = 1 / n
        values = [start]
        for _ in range(10):  # the history, from a fine solution backwards in time
            y = values[-1]
            for _ in range(10):
                y = fine(pendulum, y, -h / 10)
            values.append(y)
        form = scheme.normal_form()
        history, states, slopes = [start], 0, 0
        ahead = 0 if scheme.is_explicit else -1
        for kind in form.q[1:]:
            if kind == 1:
                states += 1
                history.append(values[states])
            else:
                slopes += 1
                history.append(h * pendulum(values[slopes + ahead]))
        for _ in range(n):
            result = step(pendulum, tuple(history), h)
            history = list(result)
        errors.append(np.abs(history[0] - reference).max())
    return math.log2(errors[0] / errors[1])


@pytest.mark.parametrize(
    ("name", "order"),
    [("rk4", 4), ("heun3", 3), ("adams_bashforth(2)", 2), ("adams_bashforth(4)", 4), ("bdf(2)", 2), ("leapfrog", 2),
     ("adams_moulton(2)", 3), ("gauss(2)", 4), ("trapezoid", 2), ("trbdf2", 2), ("milne_simpson(2)", 4)],
)  # fmt: skip
def test_the_stepper_converges_at_the_order(name, order):
    assert slope(st.get(name), order) == pytest.approx(order, abs=0.25)


def test_a_stepper_started_with_the_state_alone_repeats_it():
    step = st.to_stepper(st.lm(k=0.3))
    first = step(lambda u: -u, np.array(1.0), 0.1)
    assert [float(v) for v in first] == [pytest.approx(0.9), 1.0]
    ab = st.to_stepper(st.get("adams_bashforth(2)"))
    assert [float(v) for v in ab(lambda u: -u, (np.array(1.0),), 0.1)] == [pytest.approx(0.9), pytest.approx(-0.1)]


def test_additive_schemes_take_one_field_each():
    pair = st.AdditiveRungeKutta({"E": st.euler, "I": st.backward_euler})
    step = st.to_stepper(pair)
    y = step({"E": lambda u: 0 * u + 2.0, "I": lambda u: -u}, np.array([1.0]), 0.5)
    assert y == pytest.approx(np.array([1 + 0.5 * (2 - 1 / 1.5)]))
    with pytest.raises(SchemeError, match="fields E, I"):
        step({"E": lambda u: u}, np.array([1.0]), 0.5)
    assert lower(pair).fields == ("E", "I")


def test_a_pair_estimates_its_error():
    pair, field = st.get("dopri5"), lambda u: np.array([u[1], -np.sin(u[0])])
    y, error = st.to_stepper(pair)(field, np.array([1.0, 0.5]), 0.3, error=True)
    other = st.to_stepper(st.RungeKutta(pair.A, pair.b_hat))(field, np.array([1.0, 0.5]), 0.3)
    assert np.abs(error - (y - other)).max() < 1e-15 < np.abs(error).max()
    assert np.array_equal(y, st.to_stepper(pair)(field, np.array([1.0, 0.5]), 0.3))
    (inside,), same = st.to_stepper(pair)(field, (np.array([1.0, 0.5]),), 0.3, error=True)
    assert np.array_equal(inside, y)
    assert np.array_equal(same, error)
    with pytest.raises(SchemeError, match="no embedded result"):
        st.to_stepper(st.rk4)(field, np.array([1.0, 0.5]), 0.3, error=True)


@pytest.mark.parametrize("field", [lambda u: 1 + u * u, lambda u: u])
def test_stages_without_a_solution_are_said_to_have_none(field):
    with pytest.raises(SchemeError, match="backward_euler: .*did not converge"):
        st.to_stepper(st.backward_euler)(field, np.ones(2), 1)


@pytest.mark.parametrize("name", ["rk4", "adams_bashforth(3)", "gauss(2)"])
def test_a_field_may_return_one_array_again_and_again_and_change_its_argument(name):
    scheme, kept, pure = st.get(name), np.zeros(2), lambda u: np.array([u[1], -np.sin(u[0])])

    def reused(u):
        kept[:] = pure(u)
        u[:] = np.nan
        return kept

    steps = []
    for f in (pure, reused):
        state = np.array([1.0, 0.5])
        for _ in range(4):
            state = st.to_stepper(scheme)(f, state, 0.1)
        steps.append(state)
    assert np.array_equal(*steps)


def test_a_program_of_few_registers_refuses_a_field_that_changes_its_argument():
    state, step = np.array([1.0, 0.5]), st.to_stepper("carpenter_kennedy4")
    assert np.array_equal(step(lambda u: u.copy(), state, 0.1), step(lambda u: u, state, 0.1))
    with pytest.raises(SchemeError, match="f changed its argument"):
        step(lambda u: np.multiply(u, 2, out=u), state, 0.1)


def test_an_error_in_the_field_stays_what_it_is():
    def fails(u):
        raise np.linalg.LinAlgError("of the field")

    with pytest.raises(np.linalg.LinAlgError, match="of the field"):
        st.to_stepper(st.backward_euler)(fails, np.ones(2), 1)


@pytest.mark.parametrize("name", GOLDEN)
def test_docstrings_cite_readably_within_100_columns(name):
    for target in ("numpy", "torch"):
        lines = st.to_source(st.get(name), target).splitlines()
        within, opened = [], False
        for line in lines:
            within += [line] * (opened or '"""' in line)
            opened ^= line.count('"""') == 1
        assert max(map(len, within)) <= 100
        assert any(re.search(r"\(\d{4}\)", line) for line in within)


def test_the_torch_text_of_an_implicit_scheme_says_what_it_needs():
    head = ast.get_docstring(ast.parse(st.to_source(st.get("gauss(2)"), "torch")))
    assert "schemetools.nn.implicit" in head
    assert "schemetools.nn" not in st.to_source(st.rk4, "torch") + st.to_source(st.get("gauss(2)"), "numpy")


def test_wrong_targets_and_histories_are_refused():
    with pytest.raises(SchemeError, match="numpy, torch"):
        st.to_source(st.rk4, "fortran")
    with pytest.raises(SchemeError, match="carries 3"):
        st.to_stepper(st.get("adams_bashforth(3)"))(lambda u: u, (1.0, 2.0), 0.1)


def test_symbols_of_a_stepper_are_given_by_keyword():
    step = st.to_stepper(st.lm())
    with pytest.raises(SchemeError, match="needs \\['k'\\]"):
        step(np.sin, (1.0, 1.0), 0.1)
    u, _ = step(np.sin, (1.0, 2.0), 0.1, k=0.5)
    assert u == pytest.approx(1.5 + 0.1 * np.sin(1.0))
