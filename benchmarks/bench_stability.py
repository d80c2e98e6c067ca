"""Stability regions against NumPy and nodepy, and the time of verdicts: ratios within one run.

nodepy (`pip install nodepy six`) is run by this interpreter, or by the one that PEER_PYTHON names, and skipped where it is
not installed. `pytest benchmarks/bench_stability.py -q -s` prints the ratios.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.analysis.stability.record import NUMBERS, VERDICTS

PEER = os.environ.get("PEER_PYTHON", sys.executable)
XLIM, YLIM, N = (-6, 4), (-5, 5), 1000
NODEPY = """
import time
import matplotlib
matplotlib.use("Agg")
from nodepy import linear_multistep_method as lm
scheme = lm.{scheme}
start = time.perf_counter()
scheme.plot_stability_region(N={n})
print(time.perf_counter() - start)
"""
EXPLICIT = ["euler", "midpoint", "kutta3", "rk4", "dopri5"]
MULTISTEP = {"bdf(4)": "backward_difference_formula(4)", "adams_bashforth(4)": "Adams_Bashforth(4)",
             "bdf(6)": "backward_difference_formula(6)", "adams_moulton(5)": "Adams_Moulton(5)"}  # fmt: skip
MEMBERS = [f"{family}({n})" for family, numbers in {
    "bdf": range(1, 7), "adams_bashforth": range(1, 7), "adams_moulton": range(1, 7), "milne_simpson": range(2, 7),
    "nystrom": range(2, 7), "gauss": range(1, 5), "radau_ia": range(1, 5), "radau_iia": range(1, 5),
    "lobatto_iiia": range(2, 5), "lobatto_iiib": range(2, 5), "lobatto_iiic": range(2, 5)}.items() for n in numbers]  # fmt: skip
ASKED = (*VERDICTS, *NUMBERS)


def best(work: Callable[[], object], rounds: int = 7) -> float:
    """The least time of a few calls, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def grid() -> np.ndarray:
    return np.linspace(*XLIM, N)[None, :] + 1j * np.linspace(*YLIM, N)[:, None]


@pytest.mark.parametrize("name", EXPLICIT)
def test_explicit_region_against_plain_horner(name: str) -> None:
    """At most 0.6 of |R| <= 1 by NumPy's Horner on the same 1000 x 1000 grid; contains at most 1.2."""
    found, points = st.stability(st.get(name)), grid()
    coefficients = horner(found)

    def plain() -> np.ndarray:
        value = np.full_like(points, coefficients[0])
        for c in coefficients[1:]:
            value = value * points + c
        return np.abs(value) <= 1

    reference = best(plain)
    region = best(lambda: found.region(XLIM, YLIM, N)) / reference
    contains = best(lambda: found.contains(points)) / reference
    print(f"\n{name}: region {region:.2f}, contains {contains:.2f} of plain Horner ({reference * 1e3:.0f} ms)")
    assert (found.contains(points) == plain()).mean() > 0.99999
    assert region <= 0.6
    assert contains <= 1.2


def horner(found: st.Stability) -> list[float]:
    """The coefficients of R, highest first."""
    z = sympy.Symbol("z")
    return [float(c) for c in sympy.Poly(found.function(z), z).all_coeffs()]


def nodepy_seconds(scheme: str, n: int = 100) -> float:
    """What nodepy needs for the region on n x n points, or skip."""
    try:
        done = subprocess.run(
            [PEER, "-c", NODEPY.format(scheme=scheme, n=n)], check=True, capture_output=True, text=True, timeout=120
        )
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("nodepy is not installed for PEER_PYTHON")
    return float(done.stdout.split()[-1])


@pytest.mark.parametrize("name", MULTISTEP)
def test_multistep_region_against_nodepy(name: str) -> None:
    """1000 x 1000 points: region at most 1/1000, contains at most 1/300 of nodepy's cost per point at 100 x 100."""
    found, points = st.stability(st.get(name)), grid()
    found.contains(0)
    peer = nodepy_seconds(MULTISTEP[name]) * (N / 100) ** 2
    region = best(lambda: found.region(XLIM, YLIM, N))
    contains = best(lambda: found.contains(points), rounds=3)
    print(f"\n{name}: region {region * 1e3:.1f} ms = 1/{peer / region:.0f}, contains 1/{peer / contains:.0f} of nodepy")
    assert peer / region >= 1000
    assert peer / contains >= 300


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


@pytest.mark.parametrize("name", small())
def test_verdicts_take_less_than_a_tenth_of_a_second(name: str) -> None:
    """All verdicts and numbers of one scheme, the caches empty, everything imported; in time of this process."""
    ask(st.rk4)
    scheme = st.get(name)
    times = []
    for _ in range(3):
        forget()
        start = time.process_time()
        ask(scheme)
        times.append(time.process_time() - start)
    print(f"\n{name}: {min(times) * 1e3:.0f} ms")
    assert min(times) < 0.1


def test_whole_catalog_in_a_minute() -> None:
    forget()
    start = time.perf_counter()
    for name in st.names("general linear"):
        ask(st.get(name))
    seconds = time.perf_counter() - start
    print(f"\n{len(st.names('general linear'))} schemes: {seconds:.1f} s")
    assert seconds < 60


def forget() -> None:
    """Empty the caches of the analysis."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("schemetools.analysis"):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


BARS: dict[str, tuple[float, Callable[[], object]]] = {
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
def test_a_single_answer_within_its_bar(what: str) -> None:
    """Seconds of processor time for an answer that is not kept yet."""
    bar, work = BARS[what]
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    print(f"{what}: {seconds:.2f} s of {bar} s")
    assert seconds < bar
