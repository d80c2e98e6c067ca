"""Of a sample of all sentences, read as a newcomer would, those that said too little: word by word as they are now."""

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.codegen.exponential import checked_linear
from schemetools.schemes.flux import FluxForm

x, k = sympy.symbols("x k")
WALK = st.Diffusion.of("stochastic_depth(4/5)", sympy.sin(x), x, h=0.1)


def from_file(tmp_path, text):
    (tmp_path / "mine.toml").write_text(text)
    return st.load(tmp_path / "mine.toml")


SENTENCES = {
    "an explicit part at the new value": (
        lambda _: st.ImexMultistep([-1, 1], [0, 1], [0, 1]),
        "the last entry of beta, the explicit part, is 0, as F is not evaluated at the new value; 1 came",
    ),
    "an implicit part that is none": (
        lambda _: st.ImexMultistep([-1, 1], [1, 0], [1, 0]),
        "the last entries of alpha and of gamma, the implicit part, belong to the new value and are not 0; 1 and 0 came",
    ),
    "parameters that are no dict": (
        lambda _: st.objective(WALK, x**2, 0.3, mu=0, grid=(-2, 2, 41), t=1),
        "theta is a dict of parameters and their values, such as {'k': 0.3}; 0.3, a float, came",
    ),
    "a stiff part with nan": (
        lambda _: checked_linear(st.etd1, np.array([1.0, np.nan, np.inf]), 3),
        "linear has 2 of 3 entries that are not finite, the first nan",
    ),
    "two registers that begin with something": (
        lambda _: st.low_storage("2N", A=["1/2", "-1/3"], B=["1/2", 1]),
        "A of the form 2N begins with 1/2; it multiplies what came before the first stage, so begin it with 0 or leave that "
        "entry out",
    ),
    "a number above all doubles": (
        lambda _: st.exact.to_float(sympy.Integer(10) ** 400),
        "a coefficient of size 1e400 came, and the largest double is 1.8e308: rescale the scheme",
    ),
    "a loss with another symbol": (
        lambda _: st.value_function(WALK, k * x, grid=(-1, 1, 50), t=1),
        "the loss has the symbol k, which is no variable of the diffusion; these are x, so give it a number",
    ),
    "a loss with a pole": (
        lambda _: st.value_function(WALK, 1 / x, grid=(-1, 1, 51), t=1),
        "the loss is not finite at x = 0, where it is inf; choose a grid on which it is",
    ),
    "points that are words": (
        lambda _: st.stability("rk4").contains("here"),
        "contains(z) takes complex numbers z = h lambda, one or an array of any shape; 'here', a str, came",
    ),
    "the spectrum of another kind": (
        lambda _: st.plot_spectrum("upwind", {"nu": 1}),
        "upwind is not what plot_spectrum draws, a method of lines in one dimension with one operator, such as rk4_centred2; "
        "plot_dispersion draws the waves of a difference scheme",
    ),
    "nodes that are declared and not given": (
        lambda _: st.RungeKutta([[0]], [1], c_is_declared=True),
        "c_is_declared=True says that c is another than the row sums of A, and no c came; give it",
    ),
    "a name that is taken": (
        lambda folder: from_file(folder, 'A = [["0"]]\nb = ["sqrt"]\n[symbols]\nsqrt = "a symbol"\n'),
        "the name 'sqrt' is taken by a function of coefficients; choose another",
    ),
    "fluxes that do not cancel": (
        lambda _: FluxForm([({0: {0: 1}}, {0: {0: 1, 1: 1}})]),
        "the weights of the fluxes of stage 1 of a flux form sum to 2; they must sum to 0, or constants are not kept",
    ),
    "parareal of a multistep scheme": (
        lambda _: st.parareal("euler", "ab(2)", 2, 1),
        "parareal takes two Runge-Kutta schemes; adams_bashforth(2), a LinearMultistep, came",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_mistake_is_answered_with_this_sentence(name, tmp_path):
    make, sentence = SENTENCES[name]
    with pytest.raises(st.SchemeError) as error:
        make(tmp_path)
    assert " ".join(str(error.value).split()).endswith(sentence)
