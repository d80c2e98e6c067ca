"""Exponential methods: the linear part of u' = L u + N(u) exactly."""

from schemetools.schemes.base import Scheme
from schemetools.schemes.exponential import Exponential, lawson_method
from schemetools.schemes.registry import entry
from schemetools.schemes.runge_kutta import RungeKutta

EXPONENTIAL = "exponential"
EULER = RungeKutta([[0]], [1], name="euler")
COX_MATTHEWS = [
    "phi1(z) - 3*phi2(z) + 4*phi3(z)",
    "2*phi2(z) - 4*phi3(z)",
    "2*phi2(z) - 4*phi3(z)",
    "-phi2(z) + 4*phi3(z)",
]


@entry(reference="hochbruck2010, section 2", aliases=("exponential_euler",), kind=EXPONENTIAL)
def etd1() -> Exponential:
    """Exponential Euler, or ETD1: e^z u + h phi_1(z) N(u), of order one, stiff order one."""
    return Exponential([[0]], ["phi1(z)"])


@entry(reference="cox2002, section 2.2", kind=EXPONENTIAL)
def etdrk2() -> Exponential:
    """The two-stage ETD Runge-Kutta method of Cox and Matthews, of order two, stiff order two; b_hat is etd1."""
    return Exponential([[], ["phi1(z)"]], ["phi1(z) - phi2(z)", "phi2(z)"], b_hat=["phi1(z)", 0])


@entry(reference="cox2002, section 2.2; hochbruck2005, section 5.2", kind=EXPONENTIAL)
def etdrk4() -> Exponential:
    """The four-stage ETD Runge-Kutta method of Cox and Matthews, of order four, stiff order two."""
    half = "phi1(z/2)/2"
    return Exponential([[], [half], [0, half], ["phi1(z) - phi1(z/2)", 0, "phi1(z/2)"]], COX_MATTHEWS)


@entry(reference="krogstad2005; hochbruck2005, section 5.2", kind=EXPONENTIAL)
def krogstad4() -> Exponential:
    """ETDRK4-B of Krogstad, of order four, stiff order three."""
    third, fourth = ["phi1(z/2)/2 - phi2(z/2)", "phi2(z/2)"], ["phi1(z) - 2*phi2(z)", 0, "2*phi2(z)"]
    return Exponential([[], ["phi1(z/2)/2"], third, fourth], COX_MATTHEWS)


@entry(reference="hochbruck2005, section 5.3", kind=EXPONENTIAL)
def hochbruck_ostermann4() -> Exponential:
    """The five-stage method of Hochbruck and Ostermann, of order four, stiff order four."""
    inner = "(phi2(z/2)/2 - phi3(z) + phi2(z)/4 - phi3(z/2)/2)"
    last = f"(phi2(z/2)/4 - {inner})"
    rows = [
        [],
        ["phi1(z/2)/2"],
        ["phi1(z/2)/2 - phi2(z/2)", "phi2(z/2)"],
        ["phi1(z) - 2*phi2(z)", "phi2(z)", "phi2(z)"],
        [f"phi1(z/2)/2 - 2*{inner} - {last}", inner, inner, last],
    ]
    return Exponential(rows, [COX_MATTHEWS[0], 0, 0, COX_MATTHEWS[3], "4*phi2(z) - 8*phi3(z)"])


@entry(reference="lawson1967; hochbruck2010, section 2", kind=EXPONENTIAL)
def lawson(scheme: Scheme = EULER) -> Exponential:
    """The Lawson (integrating factor) method of an explicit Runge-Kutta method, of its order; stiff order at most 1."""
    return lawson_method(scheme)
