"""Random symbols: the distributions a coefficient may have, by name, and the renaming that a second step needs.

sympy.stats is slow to import, so it is loaded when the first random symbol is made.
"""

import importlib
from collections.abc import Sequence
from typing import Any

from sympy import Expr

from schemetools import exact
from schemetools.errors import CoefficientError

# name in text -> (name in sympy.stats, its parameters, the class of its distribution)
_DISTRIBUTIONS = {
    "bernoulli": ("Bernoulli", ("p",), "BernoulliDistribution"),
    "uniform": ("Uniform", ("left", "right"), "UniformDistribution"),
    "normal": ("Normal", ("mean", "std"), "NormalDistribution"),
    "rademacher": ("Rademacher", (), "RademacherDistribution"),
}


def random_symbol(name: str, distribution: str, *parameters: Any) -> Expr:
    """A random symbol of sympy.stats: bernoulli(p), uniform(left, right), normal(mean, std) or rademacher().

    Parameters are coefficients, free symbols included. Raises CoefficientError for an unknown or misused distribution.

    >>> import schemetools as st
    >>> gate = st.random_symbol("xi", "uniform", 0, 1)
    >>> st.randomise("euler", gate).random_symbols
    frozenset({xi})
    """
    if not isinstance(distribution, str) or distribution not in _DISTRIBUTIONS:
        raise CoefficientError(f"{distribution!r} is no known distribution; known are {', '.join(_DISTRIBUTIONS)}")
    factory, names, _ = _DISTRIBUTIONS[distribution]
    if len(parameters) != len(names):
        raise CoefficientError(f"{distribution} takes ({', '.join(names)}); {len(parameters)} parameters came")
    exact.check_symbol_name(name)
    values = [exact.coefficient(value, parameter=True) for value in parameters]
    try:
        return getattr(importlib.import_module("sympy.stats"), factory)(name, *values)
    except ValueError as error:
        raise CoefficientError(f"{distribution}({', '.join(map(str, values))}) is no distribution: {error}") from None


def distribution_of(symbol: Any) -> tuple[str, tuple[Expr, ...]]:
    """The name and parameters of a random symbol's distribution, as `random_symbol` takes them."""
    distribution = symbol.pspace.distribution
    kind = type(distribution).__name__
    for name, (_, parameters, class_name) in _DISTRIBUTIONS.items():
        if kind == class_name:
            if name == "bernoulli" and distribution.args[1:] != (1, 0):
                high, low = distribution.args[1:]
                raise CoefficientError(
                    f"{symbol} takes the values {high} and {low}; a gate takes 1 and 0: write {low} + {high - low} xi"
                )
            values = tuple(distribution.args[: len(parameters)])
            _check(symbol, name, values)
            return name, values
    raise CoefficientError(f"{symbol} has a {kind}; known distributions are {', '.join(_DISTRIBUTIONS)}")


def _check(symbol: Any, name: str, values: tuple[Any, ...]) -> None:
    """Raises CoefficientError for parameters that came by substitution and make no distribution."""
    wrong = {
        "bernoulli": lambda p: p.is_number and not 0 <= p <= 1,
        "uniform": lambda left, right: (right - left).is_number and not right > left,
        "normal": lambda mean, std: std.is_number and not std > 0,
    }.get(name, lambda: False)
    if wrong(*values):
        raise CoefficientError(f"{symbol} has the distribution {name}({', '.join(map(str, values))}), which is none")


def drawn_again(symbols: Sequence[Any], step: int) -> dict[Expr, Expr]:
    """Random symbols as another step draws them: {xi: xi_2}, independent and of the same distribution."""
    return {s: random_symbol(f"{s.name}_{step}", *_flat(distribution_of(s))) for s in symbols}


def _flat(described: tuple[str, tuple[Expr, ...]]) -> tuple[Any, ...]:
    return described[0], *described[1]
