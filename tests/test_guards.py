"""What a user types never becomes code: a walk over the package's syntax trees, and hostile names in generated source."""

import ast
import keyword
import re
from pathlib import Path

import numpy as np
import pytest
import sympy
import torch

import schemetools as st

PACKAGE = Path(st.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "parse_expr", "literal_eval"}
READS_CODE = {("pickle", "load"), ("pickle", "loads"), ("yaml", "load"), ("os", "system"), ("marshal", "loads")}


def called(node: ast.Call) -> str | tuple[str, str] | None:
    """The name that a call names, or (module, name)."""
    match node.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return module, name
    return None


def calls() -> list[tuple[str, str, ast.Call]]:
    return [
        (str(path.relative_to(PACKAGE)), name if isinstance(name, str) else ".".join(name), node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and (name := called(node))
    ]


def test_source_text_is_run_in_one_place_only():
    found = {(file, name) for file, name, _ in calls() if name.removeprefix("builtins.") in RUNS_TEXT}
    assert found == {("codegen/source.py", "exec"), ("codegen/source.py", "compile")}


class EvaluatedError(Exception):
    """Text reached sympy's own reader, which evaluates it."""


@pytest.fixture
def no_reading(monkeypatch):
    def refuse(text, *_, **__):
        raise EvaluatedError(text)

    monkeypatch.setattr("sympy.parsing.sympy_parser.parse_expr", refuse)
    monkeypatch.setattr("sympy.parsing.sympy_parser.eval_expr", refuse)


TEXT = "len('harmless')"
u, h, k = sympy.symbols("u h k")
TAKES_FORMULAS = {
    "function": lambda: st.stability(st.rk4).function(TEXT),
    "polynomial": lambda: st.stability(st.get("bdf(2)")).polynomial(TEXT, TEXT),
    "contains": lambda: st.stability(st.rk4).contains(TEXT),
    "field": lambda: st.modified_equation(st.rk4, 4).vector_field((TEXT,), (u,), h),
    "bare field": lambda: st.modified_equation(st.rk4, 4).vector_field(TEXT, u, h),
    "variable": lambda: st.modified_equation(st.rk4, 4).vector_field((u,), (TEXT,), h),
    "step": lambda: st.modified_equation(st.rk4, 4).vector_field((u,), (u,), TEXT),
    "time": lambda: st.modified_equation(st.rk4, 4).vector_field((u,), (u,), h, TEXT),
    "drift": lambda: st.modified_equation(st.get("stochastic_depth(1/2)")).drift((TEXT,), (u,), h),
    "substitution": lambda: st.get("lm").subs({"k": TEXT}),
    "parameter": lambda: st.lm(TEXT),
    "name": lambda: st.get(f"lm(k={TEXT})"),
    "coefficient": lambda: st.RungeKutta([[TEXT]], [1]),
    "flux": lambda: st.modified_equation(st.lax_wendroff, flux=TEXT),
    "number": lambda: st.stability(st.lax_wendroff).contains(nu=TEXT),
    "path": lambda: st.second_order_limit(st.get("lm"), {"k": TEXT}),
    "hamiltonian": lambda: st.modified_equation(st.stoermer_verlet, 2).hamiltonian(TEXT, (u,), (k,), h),
    "linear field": lambda: st.modified_equation(st.get("stochastic_depth(1/2)")).moments(TEXT, 1, 1),
}


@pytest.mark.parametrize("call", TAKES_FORMULAS)
def test_text_in_place_of_a_formula_is_refused_and_never_evaluated(call, no_reading):
    with pytest.raises((st.SchemeError, TypeError, ValueError)):
        TAKES_FORMULAS[call]()


def test_plain_text_is_a_formula_by_our_own_grammar(no_reading):
    z = sympy.Symbol("z")
    assert st.stability(st.midpoint).function("z") == st.stability(st.midpoint).function(z)
    assert st.stability(st.midpoint).function("1/2") == sympy.Rational(13, 8)
    field = st.modified_equation(st.euler, 2).vector_field(["u*(1 - u)"], ["u"], "h")
    assert field == st.modified_equation(st.euler, 2).vector_field((u * (1 - u),), (u,), h)


def test_no_file_is_read_as_code():
    risky = {".".join(pair) for pair in READS_CODE}
    assert [(file, name) for file, name, _ in calls() if name in risky] == []


def test_torch_loads_tensors_only():
    """`torch.load` runs what a pickle says unless weights_only is set."""
    for file, name, node in calls():
        if name == "torch.load":
            given = {k.arg: k.value for k in node.keywords}
            assert isinstance(given.get("weights_only"), ast.Constant) and given["weights_only"].value is True, file


HOSTILE = [
    "import os",
    "__class__",
    "self",
    "lambda",
    "None",
    "f",
    "x; y",
    "a.b",
    "print('no')",
    "ｋ",
    "к",
    "a\nb",
    "k" * 300,
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_every_identifier_of_generated_code_is_the_printers_own(name, target):
    """A symbol of any name is refused in a sentence, or its code has plain ASCII identifiers and no statement of its own."""
    k = sympy.Symbol(name)
    try:
        scheme = st.RungeKutta([[0, 0], [k, 0]], [0, 1])
        source = st.to_source(scheme, target)
    except st.SchemeError as problem:
        assert "\n" not in str(problem)
        return
    tree = ast.parse(source)
    honest = ast.parse(st.to_source(st.RungeKutta([[0, 0], [sympy.Symbol("k"), 0]], [0, 1]), target))
    assert [type(node) for node in ast.walk(tree)] == [type(node) for node in ast.walk(honest)]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", n) and not keyword.iskeyword(n) for n in names)


@pytest.mark.parametrize("name", ['"""\nraise SystemExit\n"""', "#", "\\", "'; 1/0 #", "name with spaces", "\u202egnp"])
def test_the_name_of_a_scheme_stays_text(name):
    """What is one printable line may be a name, and the step is the same; anything else is refused."""
    if not name.isprintable():
        with pytest.raises(st.SchemeError, match="name must be one line of text"):
            st.RungeKutta(st.rk4.A, st.rk4.b, name=name)
        return
    plain, named = (st.RungeKutta(st.rk4.A, st.rk4.b, name=n, reference=n) for n in (None, name))
    x = np.array([1.0, -2.0])
    f = lambda u: u * u  # noqa: E731
    assert np.array_equal(st.to_stepper(named)(f, x, 0.1), st.to_stepper(plain)(f, x, 0.1))
    block = st.to_block(named)(torch.nn.Tanh(), h=0.1)
    assert torch.equal(block(torch.ones(2)), st.to_block(plain)(torch.nn.Tanh(), h=0.1)(torch.ones(2)))
