"""Stability regions against NumPy and nodepy, and the time of verdicts."""

import sys
from collections.abc import Callable

import numpy as np
import pytest
import sympy
from timing import fresh, in_turns, interleaved, processor, ratio

import schemetools as st
from schemetools.analysis.stability.record import NUMBERS, VERDICTS

XLIM, YLIM, N = (-6, 4), (-5, 5), 1000
NODEPY = """
import time
import matplotlib
matplotlib.use("Agg")
from nodepy import linear_multistep_method as lm
scheme = lm.{scheme}
start = time.process_time()
scheme.plot_stability_region(N={n})
print(time.process_time() - start)
"""
EXPLICIT = ["euler", "midpoint", "kutta3", "rk4", "dopri5"]
MULTISTEP = {"bdf(4)": "backward_difference_formula(4)", "adams_bashforth(4)": "Adams_Bashforth(4)",
             "bdf(6)": "backward_difference_formula(6)", "adams_moulton(5)": "Adams_Moulton(5)"}  # fmt: skip
MEMBERS = [f"{family}({n})" for family, numbers in {
    "bdf": range(1, 7), "adams_bashforth": range(1, 7), "adams_moulton": range(1, 7), "milne_simpson": range(2, 7),
    "nystrom": range(2, 7), "gauss": range(1, 5), "radau_ia": range(1, 5), "radau_iia": range(1, 5),
    "lobatto_iiia": range(2, 5), "lobatto_iiib": range(2, 5), "lobatto_iiic": range(2, 5)}.items() for n in numbers]  # fmt: skip
ASKED = (*VERDICTS, *NUMBERS)


def grid() -> np.ndarray:
    return np.linspace(*XLIM, N)[None, :] + 1j * np.linspace(*YLIM, N)[:, None]


@pytest.mark.parametrize("name", EXPLICIT)
def test_explicit_region_against_plain_horner(name: str, measured) -> None:
    """At most 0.6 of |R| <= 1 by NumPy's Horner on the same 1000 x 1000 grid; contains at most 1.2."""
    found, points = st.stability(st.get(name)), grid()
    coefficients = horner(found)

    def plain() -> np.ndarray:
        value = np.full_like(points, coefficients[0])
        for c in coefficients[1:]:
            value = value * points + c
        return np.abs(value) <= 1

    assert (found.contains(points) == plain()).mean() > 0.99999
    cases = {"plain": plain, "region": lambda: found.region(XLIM, YLIM, N), "contains": lambda: found.contains(points)}
    times = interleaved(cases, rounds=9)
    for what, bar in (("region", 0.6), ("contains", 1.2)):
        middle, spread = ratio(times, what, "plain")
        measured(f"{what} of {name}, 10^6 points, over NumPy's Horner", middle, spread=spread, bar=bar)


def horner(found: st.Stability) -> list[float]:
    """The coefficients of R, highest first."""
    z = sympy.Symbol("z")
    return [float(c) for c in sympy.Poly(found.function(z), z).all_coeffs()]


@pytest.mark.parametrize("name", MULTISTEP)
def test_multistep_region_against_nodepy(name: str, measured) -> None:
    """1000 x 1000 points: region at most 1/1000, contains at most 1/300 of nodepy's cost per point at 100 x 100."""
    found, points = st.stability(st.get(name)), grid()
    found.contains(0)
    cases = {
        "nodepy": lambda: fresh(NODEPY.format(scheme=MULTISTEP[name], n=100)) * (N / 100) ** 2,
        "region": lambda: processor(lambda: found.region(XLIM, YLIM, N)),
        "contains": lambda: processor(lambda: found.contains(points)),
    }
    times = in_turns(cases, rounds=5)
    for what, bar in (("region", 1000), ("contains", 300)):
        middle, spread = ratio(times, "nodepy", what)
        measured(f"region of {name}, per point: nodepy over `{what}`", middle, spread=spread, bar=bar, least=True)


def small() -> list[str]:
    """Catalog names and members of families with at most 4 stages or 6 steps."""
    schemes = {name: st.get(name) for name in (*st.names("general linear"), "lm(k=3/10)", "theta(3/4)", *MEMBERS)}
    return [
        name
        for name, s in schemes.items()
        if (s.steps <= 6 if isinstance(s, st.LinearMultistep) else s.normal_form().stages <= 4)
    ]


def ask(scheme: st.Scheme) -> None:
    """Every verdict and number, those that are not defined for the scheme answered by an error."""
    found = st.stability(scheme)
    for name in ASKED:
        try:
            getattr(found, name)
        except st.SchemeError:
            continue


def answered(name: str) -> float:
    """Seconds for all verdicts and numbers of a scheme, the caches empty."""
    scheme = st.get(name)
    forget()
    return processor(lambda: ask(scheme))


def test_verdicts_take_less_than_a_tenth_of_a_second(measured) -> None:
    """The slowest of the small schemes, everything imported."""
    ask(st.rk4)
    times = {name: min(answered(name) for _ in range(3)) for name in small()}
    slowest = max(times, key=times.__getitem__)
    print(f"\nslowest: {slowest}")
    measured(f"all verdicts and numbers, the slowest of {len(times)} small schemes, s", times[slowest], bar=0.1)


def test_whole_catalog_in_a_minute(measured) -> None:
    names = st.names("general linear")
    forget()
    seconds = processor(lambda: [ask(st.get(name)) for name in names])
    measured("all verdicts and numbers of the whole catalog, s", seconds, bar=60)


def forget() -> None:
    """Empty the caches of the analysis."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("schemetools.analysis"):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def extrapolated_euler() -> object:
    """A(alpha) of T55: implicit Euler with 1 to 5 steps extrapolated, 15 stages."""
    return st.stability(st.extrapolation("backward_euler", (1, 2, 3, 4, 5))).angle


BARS: dict[str, tuple[float, Callable[[], object]]] = {
    "rkc2(200) built": (10, lambda: st.schemes.rkc2(200)),
    "real interval of rkc2(200)": (10, lambda: st.stability(st.schemes.rkc2(200)).real_interval),
    "imaginary interval of rkc2(200)": (10, lambda: st.stability(st.schemes.rkc2(200)).imaginary_interval),
    "contains of rkc1(60)": (10, lambda: st.stability(st.schemes.rkc1(60)).contains([-1, -7000, -7300])),
    "order of predictor and corrector of 12 steps": (
        10,
        lambda: st.order(st.predictor_corrector("ab(12)", "am(11)")),
    ),
    "A(alpha) of T55": (30, extrapolated_euler),
    "A and angle of EBDF7": (2, lambda: (st.stability(st.ebdf(7)).is_a_stable, st.stability(st.ebdf(7)).angle)),
    "A and angle of MEBDF7": (2, lambda: (st.stability(st.mebdf(7)).is_a_stable, st.stability(st.mebdf(7)).angle)),
    "both intervals of adams_bashforth(40)": (
        10,
        lambda: [
            float(getattr(st.stability(st.adams_bashforth(40)), one)) for one in ("real_interval", "imaginary_interval")
        ],
    ),
    "imaginary interval of P9C9": (
        10,
        lambda: float(st.stability(st.predictor_corrector("ab(9)", "am(8)")).imaginary_interval),
    ),
    "real interval of P11C12": (
        10,
        lambda: float(st.stability(st.predictor_corrector("ab(11)", "am(11)")).real_interval),
    ),
    "A-stability of the two-step schemes of order two": (2, lambda: st.stability(st.lmm2()).is_a_stable),
}


@pytest.mark.parametrize("what", BARS)
def test_a_single_answer_within_its_bar(what: str, measured) -> None:
    """An answer that is not kept yet."""
    bar, work = BARS[what]
    forget()
    measured(f"{what}, s", processor(work), bar=bar)
