"""What an analysis does not answer it refuses in one sentence that says what came and what would do."""

import pytest
import sympy
from sympy import Symbol

import schemetools as st
from schemetools.errors import SchemeError

u, p, q, h, k = sympy.symbols("u p q h k")
FIELDS = st.AdditiveRungeKutta({"F": st.euler, "G": st.euler})
NO_LIMIT = st.RungeKutta([[], [1]], [1, -1])
SYSTEM = st.modified_equation(st.get("acoustics_upwind"))
ADVECTION = "lines(rk4, -c*upwind(1, 3) + D*laplacian())"
UPWIND_F, BURGERS = (st.modified_equation("upwind", order=2, flux=f) for f in ("F", "u^2/2"))
FREE = st.modified_equation(st.get(ADVECTION), order=2, flux="u^2/2")
LEAPFROG = st.modified_equation("wave_leapfrog")

MODIFIED = [
    (
        lambda: st.modified_equation(st.trapezoid).hamiltonian(p**2 / 2 + q**4, p, q, h),
        "conjugate to the implicit midpoint",
    ),
    (lambda: st.modified_equation(st.rk4).hamiltonian(p**2 / 2 + q**2, p, q, h), "is not symplectic"),
    (lambda: st.modified_equation(st.rk4).spurious_multiplier(), "has no momentum form"),
    (lambda: UPWIND_F[3], "goes from 1 to 2"),
    (lambda: UPWIND_F[1.5], "no number of derivatives"),
    (lambda: st.modified_equation("upwind", order=13, flux="F"), "integer from 1 to 12"),
    (lambda: UPWIND_F.solver(0.1, 0.5), "a flux that is a formula"),
    (lambda: BURGERS.solver(0, 0.5), "must be positive"),
    (lambda: BURGERS.solver(0.1, -1), "must be positive"),
    (lambda: FREE.solver(0.1, 0.5), "needs a value for mu"),
    (lambda: LEAPFROG.amplification_error(), "u_tt is not read"),
    (lambda: SYSTEM[7], "no derivative of this system"),
    (lambda: st.modified_equation(st.get("acoustics_upwind"), order=0), "integer from 1 to"),
    (lambda: st.modifying_integrator("stochastic_depth(1/2)"), "no modifying integrator"),
    (lambda: st.modifying_integrator(NO_LIMIT), "the limit is u' = 0"),
    (lambda: st.modifying_integrator(st.rk4).with_time(), "add t' = 1"),
    (lambda: st.modified_equation(st.get("variable_bdf2")), "steps on a grid whose steps change by a ratio"),
    (lambda: st.modified_equation(NO_LIMIT).remainder_estimate(0.1), "follows u' = 0"),
]
PROPERTIES = [
    (lambda: st.order(st.rk4, kinetic="cubic"), "'quadratic', for T"),
    (lambda: st.order("stochastic_depth(1/2)"), "weak one"),
    (lambda: st.order(st.lm(), report=True), "a report holds numbers"),
    (lambda: st.order(NO_LIMIT), "follows u' = 0"),
    (lambda: st.error_constant(st.rk4), "one residual|no single error constant"),
    (lambda: st.stage_order("etdrk2"), "stiff_order"),
    (lambda: st.stage_order("ros2"), "contain J"),
    (lambda: st.stiff_order(st.rk4), "is no exponential method"),
    (lambda: st.certify(st.lm()), "certify takes numbers"),
    (lambda: st.order_conditions(st.get("variable_bdf2"), 2), "steps on a grid whose steps change by a ratio"),
    (lambda: st.conjugate_order(st.stoermer_verlet), "schemes with one field"),
    (lambda: st.energy_order(st.stoermer_verlet), "schemes with one field"),
]
SERIES = [
    (lambda: st.kernel_from_moments({(1,): 1}, (0,)), "one size per axis"),
]
TREES = [
    (lambda: st.Tree("[.", "."), "the text of a tree holds its colours"),
    (lambda: st.Tree.from_level_sequence(5), "level sequence is a sequence of integers"),
    (lambda: st.Tree.from_level_sequence((1, 2), 3), "colours are labels"),
    (lambda: st.Tree("[.,.]]"), "is no tree: write"),
    (lambda: st.Tree("[.,,.]"), "is no tree: write"),
    (lambda: st.Tree("[F.,.]"), "is no tree: write"),
]
STABILITY = [
    (lambda: st.stability(st.lmm2(k, Symbol("a"))).real_interval, "one free symbol"),
    (lambda: st.stability("ros2", shares={"F": 1}), "one field, so that there are no shares"),
    (lambda: st.stability("etdrk2", normalized=True), "both numbers"),
    (lambda: st.stability(FIELDS, shares=3), "shares map fields to numbers"),
    (lambda: st.stability("upwind", normalized=True), "schemes of u' = f"),
    (lambda: st.stability(st.rk4).periodicity_interval, "does not step a pair"),
    (
        lambda: st.stability(st.RungeKutta([[], [Symbol("a")]], [1 - k, k])).ssp_coefficient,
        "the SSP coefficient needs numbers",
    ),
    (lambda: st.stability("stochastic_depth(1/2)").ssp_coefficient, "needs numbers"),
    (lambda: st.stability("upwind_2d").amplification(Symbol("theta")), "two levels in one dimension"),
    (lambda: st.stability("leapfrog_advection").amplification(Symbol("theta")), "two levels in one dimension"),
    (lambda: st.stability("upwind").contains(nu="sqrt(2)"), "no rational number"),
    (lambda: st.stability(NO_LIMIT, normalized=True), "only the raw region"),
    (lambda: st.stability(st.rk4).oscillation_matrix(1), "does not step a pair"),
]


@pytest.mark.parametrize(("ask", "reason"), MODIFIED + PROPERTIES + SERIES + TREES + STABILITY)
def test_the_sentence(ask, reason):
    with pytest.raises(SchemeError, match=reason):
        ask()
