"""Dropout and Gaussian noise as schemes: Euler's step with a mask per unit, by its placement."""

from sympy import Rational

from schemetools.errors import SchemeError
from schemetools.schemes.masked import MaskedEuler
from schemetools.schemes.random import random_symbol
from schemetools.schemes.registry import Coefficient, entry

MASKED = "masked"


def _dropout(placement: str, p: Coefficient, power: Coefficient = 0) -> MaskedEuler:
    if p.is_number and not 0 <= p < 1:
        raise SchemeError(f"p = {p} came; the drop probability is in [0, 1), and survivors are divided by 1 - p")
    return MaskedEuler(placement, random_symbol("xi", "bernoulli", 1 - p) / (1 - p), power)


@entry(reference="srivastava2014; sun2018", kind=MASKED)
def dropout_output(p: Coefficient = "1/10") -> MaskedEuler:
    """Dropout on the branch output, u + h m * f(u): m is 1/(1-p) with probability 1 - p, else 0, unit by unit."""
    return _dropout("output", p)


@entry(reference="srivastava2014; sun2018", kind=MASKED)
def dropout_hidden(p: Coefficient = "1/10") -> MaskedEuler:
    """Dropout on a hidden layer of the branch, u + h f(u, m) with f(u, m) = W (m * r(u)), drop probability p."""
    return _dropout("hidden", p)


@entry(reference="srivastava2014; sun2018", kind=MASKED)
def dropout_input(p: Coefficient = "1/10") -> MaskedEuler:
    """Dropout on the branch input, u + h f(m * u), drop probability p: the mean field is E f(m * u), not f(u)."""
    return _dropout("input", p)


@entry(reference="srivastava2014; sun2018", kind=MASKED)
def dropout_skip(p: Coefficient = "1/10", power: Coefficient = 0) -> MaskedEuler:
    """Dropout on the skip connection, m * u + h f(u): no limit as h -> 0, unless power = 1/2 scales its noise."""
    return _dropout("skip", p, power)


@entry(reference="liu2019; sun2018", kind=MASKED)
def additive_noise(sigma: Coefficient = "1/10") -> MaskedEuler:
    """Gaussian noise added to the state, u + h f(u) + sqrt(h) sigma xi: Euler-Maruyama for du = f dt + sigma dB."""
    return MaskedEuler("added", sigma * random_symbol("xi", "normal", 0, 1), Rational(1, 2))
