"""What exact von Neumann sets cost: each once, nothing cached; the catalog itself is made before."""

from timing import processor

import schemetools as st

ONE_NUMBER = (
    "upwind", "ftcs_advection", "lax_friedrichs", "lax_wendroff", "beam_warming", "btcs_advection",
    "crank_nicolson_advection", "box", "leapfrog_advection", "ab3_centred", "rk2_upwind3", "rk3_upwind3",
    "rk4_centred2", "rk4_pade4", "ftcs_heat", "crank_nicolson_heat", "dufort_frankel", "bdf2_heat", "saulyev",
    "leapfrog_dispersion",
)  # fmt: skip


def test_exact_sets_within_their_bars(measured):
    schemes = [st.get(name) for name in ONE_NUMBER]
    planes = [s for name in st.names(kind="difference") if len((s := st.get(name)).numbers) == 2 and s.dimension == 1]
    upwind5 = st.method_of_lines(st.rk4, st.Operator({"-c": st.stencils.upwind(1, order=5)}))
    str(st.stability(st.get("fromm")).condition)  # the first use of sympy is not counted
    together = processor(lambda: [st.stability(s).condition for s in schemes])
    measured(f"von Neumann sets of {len(schemes)} schemes with one number, s", together, bar=1)
    measured(
        "von Neumann set of rk4 with fifth-order upwind, s", processor(lambda: st.stability(upwind5).condition), bar=3
    )
    slowest = max(processor(lambda s=s: st.stability(s).condition) for s in planes)
    measured(f"von Neumann sets in the plane, the slowest of {len(planes)}, s", slowest, bar=1)
