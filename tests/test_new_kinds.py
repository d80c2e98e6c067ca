"""Every public verb over Rosenbrock and exponential methods: an answer, or one clear sentence that names the kind."""

import numpy as np
import pytest
import torch

import schemetools as st
from schemetools.errors import SchemeError

NET = torch.nn.Linear(2, 2)
ANSWERED = {
    "order": st.order,
    "order report": lambda s: st.order(s, report=True),
    "is_consistent": st.is_consistent,
    "order_conditions": lambda s: st.order_conditions(s, 3),
    "principal_error": st.principal_error,
    "modified_equation": lambda s: str(st.modified_equation(s, 3)),
    "latex of it": lambda s: st.modified_equation(s, 3)._repr_latex_(),
    "is_symplectic": st.is_symplectic,
    "is_symmetric": st.is_symmetric,
    "certify": st.certify,
    "cost": st.cost,
    "stability": st.stability,
    "embedded": st.embedded,
    "reference": st.reference,
    "series": lambda s: st.BSeries.of(s, 3),
    "numpy": lambda s: st.to_source(s, "numpy"),
    "torch": lambda s: st.to_source(s, "torch"),
    "to_stepper": st.to_stepper,
    "to_block": st.to_block,
    "latex": lambda s: s._repr_latex_(),
    "text": str,
    "recover": st.recover,
    "subs": lambda s: s.subs({}),
}
ONLY = {
    "ros3p": {
        "solve": lambda s: st.solve(s, lambda u: -u, (0, 1), [1.0], 0.1),
        "energy_order": st.energy_order,
        "to_stack": lambda s: st.to_stack(s, [NET, NET])(torch.ones(2)),
        "checkpoint": lambda s: st.to_stack(s, [NET, NET], memory="checkpoint")(torch.ones(2)),
        "to_scipy": st.to_scipy,
        "plot_stability": st.plot_stability,
        "plot_order_star": st.plot_order_star,
        "to_float": st.to_float,
        "f(t, u)": lambda s: st.modified_equation(s, 3, nonautonomous=True),
    },
    "etdrk2": {
        "solve": lambda s: st.solve(s, {"L": -1.0, "N": np.sin}, (0, 1), [1.0], 0.1),
        "stiff_order": st.stiff_order,
    },
}
REFUSED = {
    "adjoint": st.adjoint,
    "compose": lambda s: st.compose(s, s),
    "nest": lambda s: st.nest(s, s),
    "picard": lambda s: st.picard(s, 2),
    "rescale": st.rescale,
    "steps": lambda s: st.steps(s, 2),
    "modifying_integrator": st.modifying_integrator,
    "stage_order": st.stage_order,
    "error_constant": st.error_constant,
    "conjugate_order": st.conjugate_order,
    "second_order_limit": st.second_order_limit,
    "c": lambda s: st.to_source(s, "c"),
    "julia": lambda s: st.to_source(s, "julia"),
    "reversible": lambda s: st.to_stack(s, [NET, NET], memory="reversible"),
    "inspect": lambda s: st.inspect(st.to_stack(s, [NET, NET]), torch.ones(1, 2)),
    "retrofit": lambda s: st.retrofit(st.to_stack("rk4", [NET, NET]), scheme=s),
    "method_of_lines": lambda s: st.method_of_lines(s, st.Operator({"D": st.stencils.laplacian()})),
    "predictor_corrector": lambda s: st.predictor_corrector(s, "adams_moulton(1)"),
    "extrapolation": lambda s: st.extrapolation(s, [1, 2]),
    "deferred_correction": lambda s: st.deferred_correction(s, 2),
    "lawson": st.schemes.lawson,
}
REFUSED_BY_ONE = {
    "etdrk2": {
        "to_stack": REFUSED["reversible"],
        "to_scipy": st.to_scipy,
        "plot_stability": st.plot_stability,
        "plot_locus": st.plot_locus,
        "plot_relative_stability": st.plot_relative_stability,
        "normalized": lambda s: st.stability(s, normalized=True),
        "energy_order": st.energy_order,
        "to_float": st.to_float,
        "f(t, u)": lambda s: st.modified_equation(s, 3, nonautonomous=True),
    },
    "ros3p": {"stiff_order": st.stiff_order, "shares": lambda s: st.stability(s, shares={"f": 1})},
}
KIND = {"ros3p": "ros3p|[Rr]osenbrock", "etdrk2": "etdrk2|[Ee]xponential"}


@pytest.mark.parametrize("name", ANSWERED)
@pytest.mark.parametrize("scheme", ONLY)
def test_it_answers(scheme, name):
    assert ANSWERED[name](st.get(scheme)) is not None


@pytest.mark.parametrize(("scheme", "name"), [(s, name) for s, verbs in ONLY.items() for name in verbs])
def test_one_kind_answers(scheme, name):
    assert ONLY[scheme][name](st.get(scheme)) is not None


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("scheme", ONLY)
def test_it_is_refused_by_name(scheme, name):
    with pytest.raises(SchemeError, match=KIND[scheme]):
        REFUSED[name](st.get(scheme))


@pytest.mark.parametrize(("scheme", "name"), [(s, name) for s, verbs in REFUSED_BY_ONE.items() for name in verbs])
def test_one_kind_is_refused_by_name(scheme, name):
    with pytest.raises(SchemeError, match=KIND[scheme]):
        REFUSED_BY_ONE[scheme][name](st.get(scheme))


def test_a_scipy_solver_takes_steps_that_stability_does_not_limit():
    """An explicit method would need some 80,000 steps here."""
    from scipy.integrate import solve_ivp

    stiff = lambda t, y: np.array([-1e5 * (y[0] - np.cos(t)), y[0] - y[1]])  # noqa: E731
    matrix = lambda t, y: np.array([[-1e5, 0.0], [1.0, -1.0]])  # noqa: E731
    found = solve_ivp(stiff, (0, 2), [0.0, 0.0], method=st.to_scipy("rodas4"), rtol=1e-6, atol=1e-8, jac=matrix)
    exact = solve_ivp(stiff, (0, 2), [0.0, 0.0], method="Radau", rtol=1e-10, atol=1e-12)
    assert found.success and found.t.size < 150
    assert np.allclose(found.y[:, -1], exact.y[:, -1], atol=1e-7)
