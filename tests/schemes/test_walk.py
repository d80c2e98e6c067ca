"""Every public verb over methods for second order, on growing steps, and of two registers: an answer or a SchemeError."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sympy import Symbol

import schemetools as st

torch = pytest.importorskip("torch")

SCHEMES = {
    "stoermer": st.stoermer,
    "rkn4_velocity": st.rkn4_velocity,
    "dprkn4": st.dprkn4,
    "implicit": st.RungeKuttaNystrom([["1/24"]], ["1/2"], [1], ["1/2"], name="implicit"),
    "family": st.RungeKuttaNystrom([[0, 0], [Symbol("a"), 0]], ["1/2", 0], ["1/2", "1/2"], [0, 1], name="family"),
    "variable_bdf2": st.variable_bdf2(),
    "variable_ab2": st.variable_ab2(2),
    "carpenter_kennedy4": st.carpenter_kennedy4,
    "mclachlan_atela4": st.mclachlan_atela4,
    "suzuki4": st.suzuki4,
}
VERBS = [
    "adjoint",
    "compose",
    "embedded",
    "picard",
    "rescale",
    "to_float",
    "nest",
    "randomise",
    "steps",
    "low_storage_form",
    "nystrom_form",
    "reference",
    "order",
    "is_consistent",
    "stage_order",
    "error_constant",
    "principal_error",
    "order_conditions",
    "is_symplectic",
    "is_symmetric",
    "energy_order",
    "conjugate_order",
    "cost",
    "recover",
    "certify",
    "modified_equation",
    "modifying_integrator",
    "second_order_limit",
    "stability",
    "to_source",
    "to_stepper",
    "to_block",
    "to_scipy",
    "as_scheme",
    "plot_stability",
    "plot_locus",
    "plot_order_star",
    "plot_relative_stability",
    "plot_eigenvalues",
]
MORE = {"picard": (2,), "steps": (2,), "order_conditions": (3,), "plot_eigenvalues": ([0.1],), "nest": (st.euler,)}
MORE |= {"randomise": (st.random_symbol("xi", "bernoulli", "1/2"),)}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", SCHEMES)
def test_a_verb_answers_or_says_why_not(name, verb):
    try:
        answer = getattr(st, verb)(SCHEMES[name], *MORE.get(verb, ()))
    except st.SchemeError as error:
        assert 10 < len(str(error)) < 600
    else:
        assert answer is not None
        str(answer)
    finally:
        plt.close("all")


@pytest.mark.parametrize("target", ["numpy", "torch", "c", "julia"])
@pytest.mark.parametrize("name", SCHEMES)
def test_every_program_is_printed_or_refused(name, target):
    try:
        assert st.to_source(SCHEMES[name], target)
    except st.SchemeError as error:
        assert "f(q, q')" in str(error)


@pytest.mark.parametrize("name", SCHEMES)
def test_every_question_of_stability_has_an_answer(name):
    known = st.stability(SCHEMES[name])
    for question in ("is_zero_stable", "is_a_stable", "is_l_stable", "angle", "real_interval", "imaginary_interval"):
        try:
            getattr(known, question)
        except st.SchemeError as error:
            assert len(str(error)) > 10
    if not SCHEMES[name].free_symbols:
        assert known.contains(np.array([-0.1, 0.1j])).shape == (2,)


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("memory", ["store", "checkpoint", "reversible"])
def test_stacks_run_with_every_memory_or_refuse(name, memory):
    scheme = SCHEMES[name]
    if scheme.free_symbols:
        scheme = scheme.subs(dict.fromkeys(map(str, scheme.free_symbols), "1/2"))
    branch = torch.nn.Linear(2, 2).double()
    field = (lambda q, p: branch(q)) if name == "rkn4_velocity" else branch
    parts = isinstance(scheme, (st.RungeKuttaNystrom, st.AdditiveRungeKutta))
    x = torch.randn(3, 2, dtype=torch.double, requires_grad=True)
    state = (x, x) if parts else x
    given = {"F": branch, "G": branch} if isinstance(scheme, st.AdditiveRungeKutta) else field
    try:
        y = st.to_stack(scheme, [given] * 3, h=0.1, memory=memory)(state)
    except st.SchemeError as error:
        assert len(str(error)) > 20
        return
    total = sum(part.sum() for part in y) if parts else y.sum()
    total.backward()
    assert torch.isfinite(x.grad).all()
