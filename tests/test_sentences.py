"""What the program says to common mistakes, word by word: what came, what was expected, how to mend it."""

import matplotlib

matplotlib.use("agg")
import pytest
import torch

import schemetools as st

LINEAR = torch.nn.Linear(3, 3)
NO_SCHEME = (
    "3, an int, is not a scheme: give a RungeKutta, a LinearMultistep, a catalog entry or its name as text, or an object "
    "of another library that holds a tableau, such as scipy.integrate.RK45"
)
ORDER = "came; give the number of nodes of the largest trees, a positive integer such as 4"
LIMITS = "came; give two numbers, the lower one first, as in"

SENTENCES = {
    "RungeKutta without rows": (lambda: st.RungeKutta(None, [1]), "A must be a list of rows; None came"),
    "RungeKutta of numbers": (lambda: st.RungeKutta(1, 1), "b must be a list of coefficients; 1, an int, came"),
    "RungeKutta of other sizes": (
        lambda: st.RungeKutta([[0, 0], [1, 0]], [1]),
        "A has 2 rows of length 2 and b has 1 weights; a tableau of s stages has A (s, s) and b (s,)",
    ),
    "RungeKutta with another c": (
        lambda: st.RungeKutta([[0, 0], [1, 0]], [0.5, 0.5], [0, 0.5]),
        "row 1 of A sums to 1 but c[1] is 1/2; correct one of them, leave c out, or say c_is_declared=True where it is "
        "another c on purpose",
    ),
    "RungeKutta with NaN": (
        lambda: st.RungeKutta([[0]], [float("nan")]),
        "b[0]: nan is not finite; coefficients are real numbers",
    ),
    "LinearMultistep of other lengths": (
        lambda: st.LinearMultistep([1, 2], [1]),
        "alpha has 2 entries and beta 1; k steps need k + 1 of each, k >= 1",
    ),
    "LinearMultistep that forgets constants": (
        lambda: st.LinearMultistep([1, 1], [1, 0]),
        "rho(1) = sum(alpha) = 2; it must be 0, or constants are not kept",
    ),
    "AdditiveRungeKutta of text": (
        lambda: st.AdditiveRungeKutta("rk4"),
        '\'rk4\', a str, came; give one tableau per field: AdditiveRungeKutta({"F": euler, "G": theta(1)})',
    ),
    "get of a number": (lambda: st.get(3), "3 is not a scheme's name; write rk4, bdf(4) or lm(k=3/10)"),
    "Tree": (
        lambda: st.Tree("[."),
        "'[.' is no tree: write . for a node, its children in brackets, as in [[.],.], and for a tree with colours a "
        "colour at every node, as in F[G,F]",
    ),
    "Tree of levels": (
        lambda: st.Tree((1, 3)),
        "(1, 3) is not a level sequence: it starts with 1, and every later level is between 2 and one more than the "
        "level before it, such as (1, 2, 3, 2)",
    ),
    "a tree that is not there": (
        lambda: st.modified_equation("rk4")["[[[[[.]]]]]"],
        "[[[[[.]]]]] is none of the trees here: they have 1 to 5 nodes, without colours; ask for a higher order",
    ),
    "rooted_trees": (lambda: st.rooted_trees(0), f"order=0 {ORDER}"),
    "modified_equation": (lambda: st.modified_equation("rk4", "four"), f"order='four' {ORDER}"),
    "modified_equation of a symbol": (
        lambda: st.modified_equation("rk4", k=3),
        "rk4 has no free symbol 'k'; its free symbols: none",
    ),
    "order_conditions": (lambda: st.order_conditions("rk4", "3"), f"order='3' {ORDER}"),
    "stability how": (
        lambda: st.stability("rk4").how("colour"),
        "a Stability has no 'colour'; ask for a verdict or number such as 'is_a_stable' or 'area'",
    ),
    "stability shares": (
        lambda: st.stability("ars222", shares={"X": 1}),
        "shares came for ['X']; the scheme's fields are ['F', 'G']: give one share for each",
    ),
    "stability at NaN": (
        lambda: st.stability("rk4").contains(float("nan")),
        "contains(z) got NaN or infinity; every point h*lambda must be finite",
    ),
    "subs": (lambda: st.lm().subs({"q": 1}), "lm(k) has no free symbol 'q'; its free symbols: k"),
    "to_source": (
        lambda: st.to_source("rk4", "fortran"),
        "there is no printer for 'fortran'; the targets are numpy, torch, c, julia",
    ),
    "solve backwards": (
        lambda: st.solve("rk4", lambda u: u, (0, 1), [1.0], -0.1),
        "a solution goes from one time to another in steps of size h > 0; (0, 1), h=-0.1 came",
    ),
    "convergence": (
        lambda: st.convergence("rk4", steps=()),
        "steps is empty; give numbers of steps such as (8, 16, 32)",
    ),
    "to_block gates": (
        lambda: st.to_block("rk4", gates="x"),
        "gates='x' came; a random coefficient is drawn per sample or per batch",
    ),
    "a block of text": (lambda: st.to_block("rk4")("f"), "a branch is a module or a function f(u); 'f' came"),
    "a block of two branches": (
        lambda: st.to_block("rk4")([LINEAR, LINEAR]),
        "2 branches came for f, evaluated 4 times in a step: give 4, or one",
    ),
    "a block called with a number": (
        lambda: st.to_block("rk4")(LINEAR)(3),
        "a state is a tensor, or a tuple or dict of tensors; an int came",
    ),
    "to_stack": (lambda: st.to_stack("rk4", []), "a stack needs at least one branch: one per layer"),
    "convert": (
        lambda: st.convert(3, "rk4"),
        "a network, an nn.Module, comes first: convert(model, scheme); an int came",
    ),
    "inspect": (
        lambda: st.inspect(3, torch.ones(1)),
        "a network, an nn.Module, comes first: inspect(net, x); an int came",
    ),
    "retrofit": (
        lambda: st.retrofit(LINEAR, scheme="rk4"),
        "this Linear has no stack in it; build it with to_stack, models.build or convert",
    ),
    "plot_stability of nothing": (
        lambda: st.plot_stability([]),
        "there is no scheme to draw: give a scheme or a list of schemes, such as [rk4, lm(k=0.3)]",
    ),
    "plot_stability limits": (lambda: st.plot_stability("rk4", xlim=3), f"xlim=3 {LIMITS} xlim=(-4, 1)"),
    "plot_stability eigenvalues": (
        lambda: st.plot_stability("rk4", eigenvalues="abc"),
        "eigenvalues are complex numbers or a square matrix; 'abc', a str, came",
    ),
    "plot_sweep": (
        lambda: st.plot_sweep("rk4", [1]),
        "a sweep needs one free symbol of rk4, whose free symbols are: none",
    ),
    "plot_imex": (
        lambda: st.plot_imex("rk4"),
        "this picture is of a scheme with two fields, such as ars222; rk4 has 1",
    ),
    "load": (lambda: st.load(3), "load takes the path of a TOML file; 3 came"),
    "steps": (lambda: st.steps("rk4", 0), "steps(scheme, n) takes a number n >= 1 of steps; 0 came"),
    "embedded": (lambda: st.embedded("rk4"), "rk4 has no embedded result; give its tableau with b_hat"),
    "certify": (lambda: st.certify("lm"), "lm(k) has symbols; certify takes numbers"),
    "Stencil": (
        lambda: st.Stencil({}),
        "a stencil must map offsets to coefficients, such as {-1: -1, 0: 1}; {} came",
    ),
    "predictor_corrector": (
        lambda: st.predictor_corrector("ab:2", "am:2", mode="X"),
        "mode is PECE, PEC, PECECE or P(EC)^2E, for 1 to 100 corrections; 'X' came",
    ),
    "low_storage": (lambda: st.low_storage("9N", A=[0], B=[1]), "low_storage knows the forms 2N, 2C, 3S*; '9N' came"),
    "to_scipy": (lambda: st.to_scipy("lm"), "lm(k) has coefficients without a value: give k one"),
    "random_symbol": (
        lambda: st.random_symbol("x", "Cauchy", 1),
        "'Cauchy' is no known distribution; known are bernoulli, uniform, normal, rademacher",
    ),
}


@pytest.mark.parametrize("mistake", SENTENCES)
def test_a_common_mistake_is_answered_with_this_sentence(mistake):
    call, sentence = SENTENCES[mistake]
    with pytest.raises(st.SchemeError) as raised:
        call()
    assert str(raised.value) == sentence


VERBS = [
    "order", "is_consistent", "stage_order", "error_constant", "principal_error", "is_symplectic", "is_symmetric",
    "energy_order", "conjugate_order", "certify", "recover", "cost", "stability", "modified_equation", "adjoint",
    "embedded", "rescale", "reference", "to_source", "to_stepper", "to_block", "to_scipy", "plot_stability", "plot_locus",
    "plot_order_star", "plot_relative_stability", "plot_imex",
]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_the_same_of_what_is_no_scheme_and_of_a_misspelt_name(verb):
    for value, sentence in ((3, NO_SCHEME), ("rk4x", "the catalog has no scheme 'rk4x'; did you mean rk4")):
        with pytest.raises(st.SchemeError) as raised:
            getattr(st, verb)(value)
        assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize("verb", [v for v in VERBS if v not in ("embedded", "to_block", "recover", "error_constant")])
def test_every_verb_takes_a_name(verb):
    getattr(st, verb)("ars222" if verb == "plot_imex" else "midpoint")


def test_names_are_taken_where_a_scheme_is_one_of_several_arguments():
    assert st.to_stack("midpoint", [LINEAR]).schemes == (st.midpoint,)
    assert st.order_conditions("midpoint", 2) == st.order_conditions(st.midpoint, 2)
    assert st.order(st.compose("midpoint", "euler")) == st.order(st.compose(st.midpoint, st.euler))
    assert st.order(st.steps("midpoint", 2)) == 2 and st.order(st.embedded("dopri5")) == 4
