"""What the program says to mistakes with its further kinds of schemes, and with reports."""

import pytest
import torch

import schemetools as st

READ = "give a network of schemes such as euler"
SENTENCES = {
    "Rosenbrock of other sizes": (
        lambda: st.Rosenbrock([[0, 0], [1, 0]], [[1]], [1, 1]),
        "Gamma has 1 rows; 2 stages need 2, each through its diagonal entry",
    ),
    "Rosenbrock above the diagonal": (
        lambda: st.Rosenbrock([[0, 1], [1, 0]], [[1, 0], [0, 1]], ["1/2", "1/2"]),
        "A[0][1] = 1 came; A of a Rosenbrock method is strictly lower triangular, as its stages are solved one after "
        "another",
    ),
    "Nystrom of other sizes": (
        lambda: st.RungeKuttaNystrom([[0]], [1, 2], [1], [0]),
        "b_prime has 1 entries; 2 stages need 2",
    ),
    "a Nystrom region": (
        lambda: st.plot_stability("rkn4"),
        "a region in one complex number does not exist: rkn4 is for q'' = f, whose test equation is q'' = -w^2 q; "
        "st.stability(s).periodicity_interval says for which h w it is periodic",
    ),
    "a Nystrom step that is read": (
        lambda: st.inspect(st.to_block("rkn4")(torch.tanh), torch.ones(1, 3)),
        f"the network is a step of rkn4 for q'' = f(q), on a pair (q, q'); what is read is written for one state: {READ}",
    ),
    "an exponential region": (
        lambda: st.plot_stability("etdrk2"),
        "a region in one number does not exist: etdrk2 has two, x = hλ for what it solves exactly and y = hμ for the "
        "rest; st.stability(s).region(x) is its region in the plane of y",
    ),
    "an exponential step that is read": (
        lambda: st.inspect(st.to_block("etdrk2")(torch.tanh, linear=-1.0), torch.ones(1, 3)),
        "the network is a step of etdrk2, an exponential method for u' = L u + N(u); what is read is written for "
        f"u' = f(u): {READ} or lm",
    ),
    "an exponential step without L": (
        lambda: st.to_block("etdrk2")(torch.tanh),
        "etdrk2 is for u' = L u + N(u): give L as linear=, finite numbers in the shape of a number, a diagonal (n,) or "
        "a matrix (n, n); nothing came",
    ),
    "an implicit predictor": (
        lambda: st.predictor_corrector("bdf(2)", "adams_moulton(1)"),
        "the predictor bdf(2) is implicit; an explicit multistep scheme predicts, such as adams_bashforth(2)",
    ),
    "ebdf": (lambda: st.ebdf(0), "ebdf(k) takes k steps, an integer from 1 to 12; 0 came"),
    "ImexMultistep": (
        lambda: st.ImexMultistep([1, -1], [1], [1, 0]),
        "alpha, beta, gamma have 2, 1, 2 entries; k steps need k + 1 each",
    ),
    "a ratio of steps": (
        lambda: st.get("variable_bdf2(-1)"),
        "variable_bdf2 does not exist at the step ratio r = -1: a coefficient divides by zero there",
    ),
    "extrapolation": (
        lambda: st.extrapolation("euler", ()),
        "an extrapolation sequence has different numbers of steps, such as (1, 2, 3); () came",
    ),
    "deferred_correction": (
        lambda: st.deferred_correction([0, 1], sweeps=-1),
        "deferred_correction takes 0 to 100 sweeps; -1 came",
    ),
    "order of a difference scheme": (
        lambda: st.order("upwind"),
        "upwind is a scheme of a partial differential equation; a scheme of u' = f(u), such as rk4, was expected here. "
        "modified_equation and stability take both",
    ),
    "a region of a difference scheme": (
        lambda: st.plot_stability("upwind"),
        "a region in the plane of h lambda belongs to a scheme of u' = f(u); upwind is one of a partial differential "
        "equation: plot_dissipation, plot_dispersion and plot_plane draw what its waves do",
    ),
    "report of nothing": (
        lambda: st.report([]),
        "there is no scheme to report on: give one, or a list such as [rk4, lm(k=0.3)]",
    ),
    "report along another symbol": (
        lambda: st.report("rk4", sweep={"k": [0, 1]}),
        "a sweep along 'k' came; rk4 has no such symbol or parameter",
    ),
    "report of many": (
        lambda: st.report(["rk4"] * 13),
        "13 schemes came; a page holds at most 12, so make several pages",
    ),
    "a page of another format": (
        lambda: st.report("euler").save("a.pdf"),
        "a.pdf is no name of a page; end it with .html",
    ),
    "a value function of a number": (
        lambda: st.value_function(3, 1, grid=(-1, 1, 11), t=1),
        "a Diffusion or a list of them is expected; Diffusion.of(scheme, f, u, h=h) makes one",
    ),
    "a network that is not known": (
        lambda: st.nn.models.build("resnet21"),
        "there is no network 'resnet21'; did you mean resnet32, resnet20, resnet164?",
    ),
}


@pytest.mark.parametrize("mistake", SENTENCES)
def test_a_mistake_is_answered_with_this_sentence(mistake):
    call, sentence = SENTENCES[mistake]
    with pytest.raises(st.SchemeError) as raised:
        call()
    assert str(raised.value) == sentence
