"""Stochastic training as schemes: coefficients that are random symbols, drawn anew in every step."""

from sympy import Symbol

from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.random import random_symbol
from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.runge_kutta import RungeKutta


@entry(reference="huang2016; lu2018")
def stochastic_depth(p: Coefficient = "1/2") -> RungeKutta:
    """ResNet with stochastic depth: u + xi h f(u), xi = 1 with survival probability p, else 0; not rescaled."""
    return RungeKutta([[0]], [random_symbol("xi", "bernoulli", p)])


@entry(reference="huang2016")
def drop_path(p: Coefficient = "1/2") -> RungeKutta:
    """Stochastic depth whose survivors are divided by p: u + (xi/p) h f(u); the limit is u' = f."""
    return RungeKutta([[0]], [random_symbol("xi", "bernoulli", p) / p])


@entry(reference="lu2018; huang2016")
def lm_stochastic_depth(k: Coefficient = Symbol("k"), p: Coefficient = "1/2") -> LinearMultistep:
    """LM-ResNet with stochastic depth: u_(n+1) = (1 - k) u_n + k u_(n-1) + xi h f(u_n), xi as in stochastic_depth."""
    return LinearMultistep([-k, k - 1, 1], [0, random_symbol("xi", "bernoulli", p), 0])


@entry(reference="gastaldi2017; lu2018")
def shake_shake() -> AdditiveRungeKutta:
    """Shake-Shake: u + h (eta F(u) + (1 - eta) G(u)), eta uniform on (0, 1); the same eta in the backward pass."""
    eta = random_symbol("eta", "uniform", 0, 1)
    return AdditiveRungeKutta({"F": RungeKutta([[0]], [eta]), "G": RungeKutta([[0]], [1 - eta])})


@entry(reference="liu2019; sun2018")
def gaussian_noise(sigma: Coefficient = "1/10") -> RungeKutta:
    """ResNet with Gaussian noise on the branch: u + xi h f(u), xi normal with mean 1 and standard deviation sigma."""
    return RungeKutta([[0]], [random_symbol("xi", "normal", 1, sigma)])


@entry(reference="maruyama1955")
def euler_maruyama() -> AdditiveRungeKutta:
    """The Euler-Maruyama method u + h F(u) + xi h G(u), xi standard normal: dX = F dt + sqrt(h) G dB.

    For dX = F dt + g dB with a fixed diffusion g give G = g/sqrt(h).
    """
    xi = random_symbol("xi", "normal", 0, 1)
    return AdditiveRungeKutta({"F": RungeKutta([[0]], [1]), "G": RungeKutta([[0]], [xi])})
