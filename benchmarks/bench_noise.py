"""Noise: a Kolmogorov solve against its factorisations and solves alone, and weak order two of the whole catalog."""

import time

import pytest
from sympy import cos, sin, symbols
from timing import processor

import schemetools as st
from schemetools.control import kolmogorov
from schemetools.errors import SchemeError

x, y, h = symbols("x y h")


def random_schemes():
    """Every random entry of the catalog, and every other one with a gate on each of its evaluations."""
    found = {name: st.get(name) for name in st.names("masked")}
    gate = st.random_symbol("gate", "bernoulli", "4/5")
    for name in st.names("general linear"):
        try:
            scheme = st.get(name)
            found[name] = scheme if scheme.random_symbols else st.randomise(scheme, gate)
        except SchemeError:  # a name that needs arguments, a scheme that takes no gate
            continue
    return found


def test_weak_order_two_of_any_catalog_scheme_takes_under_50_ms_warm(measured):
    times, refused = {}, 0
    for name, scheme in random_schemes().items():
        try:
            st.modified_equation(scheme, 2)
        except SchemeError:
            refused += 1
            continue
        times[name] = min(processor(lambda scheme=scheme: st.modified_equation(scheme, 2)) for _ in range(3))
    print(f"\n{refused} have no stochastic equation of weak order 2; slowest: {max(times, key=times.__getitem__)}")
    assert len(times) > 40
    measured(f"weak order 2, the slowest of {len(times)} random schemes, s", max(times.values()), bar=0.050)


@pytest.mark.parametrize("name", ["stochastic_depth(1/2)", "dropout_output(1/5)"])
def test_a_kolmogorov_solve_costs_its_factorisations_and_solves(name, monkeypatch, measured):
    alone = []

    class Timed:
        def __init__(self, factors):
            self.factors = factors

        def solve(self, *arguments):
            start = time.process_time()
            result = self.factors.solve(*arguments)
            alone.append(time.process_time() - start)
            return result

    def splu(*arguments, **options):
        start = time.process_time()
        factors = plain(*arguments, **options)
        alone.append(time.process_time() - start)
        return Timed(factors)

    plain = kolmogorov.splu
    monkeypatch.setattr(kolmogorov, "splu", splu)
    process = st.Diffusion.of(name, [y, -sin(x)], (x, y), h=1)
    whole = processor(lambda: st.value_function(process, cos(x), grid=[(-3, 3, 200)] * 2, t=1, steps=100))
    assert len(alone) == 101
    measured(
        f"Kolmogorov solve of {name}, 200 x 200, 100 steps, over its factorisation and solves",
        whole / sum(alone),
        bar=1.5,
    )
