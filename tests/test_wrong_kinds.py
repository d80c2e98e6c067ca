"""What is of a wrong kind is refused in one sentence, by every public verb: no bare error of Python or NumPy."""

import inspect

import matplotlib

matplotlib.use("agg")
import numpy as np
import pytest
from sympy import symbols

import schemetools as st

x, k = symbols("x k")
PROCESS = st.Diffusion(-k * x, 0, x)


def decay(u):
    return -u


def objective(**changed):
    given = {"theta": {k: 1}, "mu": [[1.0]], "grid": (-2, 2, 41), "t": 1, "steps": 20} | changed
    return st.objective(given.pop("diffusion", PROCESS), given.pop("loss", x**2), given.pop("theta"), **given)


NOT_FINITE = "u0 has nan or infinity in it; a solution starts from finite numbers"
AXES = "ax is the axes of a matplotlib figure, or left out for new ones; 5, an int, came"
SENTENCES = {
    "solve from nan": (lambda: st.solve("rk4", decay, (0, 1), float("nan"), 0.5), NOT_FINITE),
    "solve from infinity": (lambda: st.solve("gauss(2)", decay, (0, 1), [1, float("inf")], 0.5), NOT_FINITE),
    "an exponential step from nan": (
        lambda: st.solve("etdrk2", {"L": -1.0, "N": decay}, (0, 1), float("nan"), 0.5),
        NOT_FINITE,
    ),
    "solve from rows of two lengths": (
        lambda: st.solve("rk4", decay, (0, 1), [[1, 2], [3]], 0.5),
        "u0 is an array of numbers; [[1, 2], [3]] came",
    ),
    "convergence of one step size": (
        lambda: st.convergence("rk4", steps=[10]),
        "one number of steps, 10, has no slope; give two or more, such as (8, 16, 32)",
    ),
    "convergence of a number": (
        lambda: st.convergence("rk4", steps=5),
        "steps are numbers of steps such as (8, 16, 32); 5, an int, came",
    ),
    "order of a random scheme": (
        lambda: st.order("stochastic_depth"),
        "stochastic_depth(p=1/2) has random coefficients, so that its order is the weak one, "
        "modified_equation(s).weak_order",
    ),
    "report of a family": (
        lambda: st.order("lm", report=True),
        "a report holds numbers, and lm(k) has free symbols, k: give them values with subs, or ask order(s) alone, "
        "which holds for all but some of them",
    ),
    "objective of a number": (
        lambda: objective(diffusion=5),
        "a diffusion comes first, st.Diffusion(drift, covariance, x); 5, an int, came",
    ),
    "objective with a number for a parameter": (
        lambda: objective(theta={1: 2}),
        "theta names its parameters by text or sympy symbols; [1] came",
    ),
    "objective with an imaginary parameter": (
        lambda: objective(theta={k: st.exact.coefficient("1/2") * 1j}),
        "theta has the value 0.5*I for k, which is no finite number; give one",
    ),
    "objective of an imaginary cost": (
        lambda: objective(running=1j),
        "the running cost is a real expression in the parameters; 1.0*I came",
    ),
    "objective from no points": (lambda: objective(mu=[]), "points of the shape (0,) came; (m, 1) is expected, m >= 1"),
    "objective from words": (lambda: objective(mu=["a"]), "a set of points consists of real numbers; a list came"),
    "objective with another boundary": (
        lambda: objective(boundary=np.zeros(1)),
        "boundary = array([0.]) came; it is 'clipped' or 'periodic', one word or one per axis",
    ),
    "kernel_from_moments of a scheme": (
        lambda: st.kernel_from_moments(st.rk4),
        "moments map derivatives to factors, such as {(2, 0): 1, (0, 2): 1}, all of one dimension; a RungeKutta came",
    ),
    "kernel_from_moments in a shape": (
        lambda: st.kernel_from_moments({2: 1}, "33"),
        "the shape of a kernel is one size per axis, such as (3, 3); ('33',) came",
    ),
    "plot_layers of a scheme": (
        lambda: st.plot_layers("rk4"),
        "plot_layers draws a report, st.inspect(net, x); 'rk4', a str, came",
    ),
    "plot_coefficients of a number": (
        lambda: st.plot_coefficients(5),
        "a training is its folder, its run.json, its records, one per epoch, or the network; 5, an int, came",
    ),
    "plot_table of a number": (
        lambda: st.plot_table(5),
        "plot_table draws the record of a table, st.nn.tables.reproduce(...); 5, an int, came",
    ),
    "plot_locus on a number": (lambda: st.plot_locus("rk4", 5), AXES),
    "plot_convergence on a number": (lambda: st.plot_convergence("rk4", 5, steps=(4, 8)), AXES),
    "plot_order_star without ends": (
        lambda: st.plot_order_star("rk4", xlim=5),
        "xlim=5 came; give two numbers, the lower one first, as in xlim=(-4, 1)",
    ),
    "shares of a number": (
        lambda: st.stability("ars222", shares=5),
        "shares map fields to numbers, such as {'F': '1/2', 'G': '1/2'}; 5, an int, came",
    ),
    "FluxForm of a number": (
        lambda: st.FluxForm(5),
        "a flux form has a pair (V, W) per stage, each {earlier stage: {offset: coefficient}}, such as "
        "({0: {0: 1}}, {0: {0: -1, -1: 1}}); 5, an int, came",
    ),
    "splitting of a number": (lambda: st.splitting(5, [1]), "kicks must be a list of coefficients; 5, an int, came"),
    "save to a number": (
        lambda: st.save("rk4", 5),
        "save takes a scheme and the path of a TOML file; 5, an int, came",
    ),
    "rooted_trees in a number": (
        lambda: st.rooted_trees(3, 5),
        "colours are labels such as ('F', 'G'); 5, an int, came",
    ),
    "BSeries of a number": (
        lambda: st.BSeries(1, 5),
        "the coefficients of a B-series map trees to numbers; an int came",
    ),
    "to_source for a list": (
        lambda: st.to_source("rk4", ["c"]),
        "there is no printer for ['c']; the targets are numpy, torch, c, julia",
    ),
    "to_block under a number": (
        lambda: st.to_block("rk4", constrain=5),
        "constrain is a list of conditions such as ['consistent', 'order>=2']; 5, an int, came",
    ),
    "extrapolation in bytes": (
        lambda: st.extrapolation("euler", b"rk4"),
        "an extrapolation sequence has different numbers of steps, such as (1, 2, 3); b'rk4' came",
    ),
}


@pytest.mark.parametrize("mistake", SENTENCES)
def test_what_is_of_another_kind_is_answered_with_this_sentence(mistake):
    call, sentence = SENTENCES[mistake]
    with pytest.raises(st.SchemeError) as raised:
        call()
    assert str(raised.value) == sentence


def needed(verb):
    """The parameters of a verb that have no default; None where it is no verb."""
    if not callable(verb) or (inspect.isclass(verb) and issubclass(verb, (Exception, Warning))):
        return None
    if inspect.isabstract(verb):
        return None
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in inspect.signature(verb).parameters.values() if p.default is p.empty and p.kind not in kinds]


OF_OTHER_LIBRARIES = ("to_diffrax", "to_torchdiffeq")  # which need not be installed
VERBS = [name for name in st.__all__ if name not in OF_OTHER_LIBRARIES and needed(getattr(st, name))]
WRONG = (5, None, [1], {}, {"a": 1}, b"rk4", object(), 2.5, "", [[1, 2], [3]], float("nan"))


@pytest.mark.parametrize("name", VERBS)
def test_no_verb_answers_a_wrong_kind_with_a_bare_error(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    verb = getattr(st, name)
    for wrong in WRONG:
        given = {p.name: wrong for p in needed(verb) if p.kind is p.KEYWORD_ONLY}
        try:
            verb(*[wrong for p in needed(verb) if p.kind is not p.KEYWORD_ONLY], **given)
        except st.SchemeError as error:
            assert "\n" not in str(error)
