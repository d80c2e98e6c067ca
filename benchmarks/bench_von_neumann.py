"""What exact von Neumann sets cost: python benchmarks/bench_von_neumann.py

Processor time, each set once, nothing cached; the catalog itself is made before.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import schemetools as st

ONE_NUMBER = (
    "upwind", "ftcs_advection", "lax_friedrichs", "lax_wendroff", "beam_warming", "btcs_advection",
    "crank_nicolson_advection", "box", "leapfrog_advection", "ab3_centred", "rk2_upwind3", "rk3_upwind3",
    "rk4_centred2", "rk4_pade4", "ftcs_heat", "crank_nicolson_heat", "dufort_frankel", "bdf2_heat", "saulyev",
    "leapfrog_dispersion",
)  # fmt: skip
BOUNDS = {"one-number sets of the reference together": 1.0, "rk4 with fifth-order upwind": 3.0, "slowest plane": 1.0}


def seconds(work: Callable[[], Any]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measured() -> dict[str, float]:
    """The times by what they are of."""
    schemes = [st.get(name) for name in ONE_NUMBER]
    planes = [s for name in st.names(kind="difference") if len((s := st.get(name)).numbers) == 2 and s.dimension == 1]
    upwind5 = st.method_of_lines(st.rk4, st.Operator({"-c": st.stencils.upwind(1, order=5)}))
    str(st.stability(st.get("fromm")).condition)  # the first use of sympy is not counted
    return {
        "one-number sets of the reference together": seconds(lambda: [st.stability(s).condition for s in schemes]),
        "rk4 with fifth-order upwind": seconds(lambda: st.stability(upwind5).condition),
        "slowest plane": max(seconds(lambda s=s: st.stability(s).condition) for s in planes),
    }


if __name__ == "__main__":
    found = measured()
    print(json.dumps({name: round(value, 3) for name, value in found.items()}, indent=2))
    slow = [name for name, value in found.items() if value > BOUNDS[name]]
    raise SystemExit(f"slower than the bound: {', '.join(slow)}" if slow else 0)
