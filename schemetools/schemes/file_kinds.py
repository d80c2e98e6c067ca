"""Every kind of scheme as a TOML file holds it: its keys, and how they make it."""

from collections.abc import Callable
from typing import Any

from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.imex_multistep import ImexMultistep
from schemetools.schemes.masked import MaskedEuler
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.variable import VariableMultistep


def _runge_kutta(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    return _tableau_from(take, "", labels)


def _tableau_from(take: Callable[..., Any], where: str, labels: dict[str, Any]) -> RungeKutta:
    A, b, c, b_hat = take(f"{where}A"), take(f"{where}b"), take(f"{where}c", None), take(f"{where}b_hat", None)
    more = {"c_is_declared": take(f"{where}c_is_declared", False), "storage": take(f"{where}storage", None)}
    return RungeKutta(A, b, c, b_hat=b_hat, **more, **labels)


def _multistep(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    return LinearMultistep(take("alpha"), take("beta"), **labels)


def _additive(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    known = {key: labels[key] for key in ("exact", "digits")}
    tables = {field: _tableau_from(take, f"fields.{field}.", known) for field in take("fields")}
    names = {key: labels[key] for key in ("name", "reference")}
    return AdditiveRungeKutta(tables, take("partitioned", False), **names)


def _general_linear(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    A, U, B, V = (take(key) for key in "AUBV")
    return GeneralLinear(A, U, B, V, take("colours", None), parts=take("parts", 1), **labels)


def _masked(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    return MaskedEuler(take("placement"), take("mask"), take("power", 0), **labels)


def _imex_multistep(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    return ImexMultistep(take("alpha"), take("beta"), take("gamma"), **labels)


def _rosenbrock(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    b_hat, w_method = take("b_hat", None), take("w_method", False)
    return Rosenbrock(take("A"), take("Gamma"), take("b"), b_hat=b_hat, w_method=w_method, **labels)


def _nystrom(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    more = {key: take(key, None) for key in ("A_prime", "b_hat", "b_prime_hat")}
    return RungeKuttaNystrom(take("A"), take("b"), take("b_prime"), take("c"), **more, **labels)


def _variable(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    (ratio,) = take("ratio")
    return VariableMultistep(take("alpha"), take("beta"), ratio, **labels)


def _exponential(take: Callable[..., Any], labels: dict[str, Any]) -> Scheme:
    return Exponential(take("A"), take("b"), take("c", None), b_hat=take("b_hat", None), **labels)


KINDS: dict[str, Callable[..., Scheme]] = {
    "RungeKutta": _runge_kutta,
    "LinearMultistep": _multistep,
    "AdditiveRungeKutta": _additive,
    "GeneralLinear": _general_linear,
    "MaskedEuler": _masked,
    "ImexMultistep": _imex_multistep,
    "VariableMultistep": _variable,
    "Rosenbrock": _rosenbrock,
    "RungeKuttaNystrom": _nystrom,
    "Exponential": _exponential,
}
COMPLEX = {"RungeKutta", "AdditiveRungeKutta", "GeneralLinear"}  # kinds that take complex coefficients
FIELD_KEYS = {"A", "b", "c", "b_hat", "c_is_declared", "storage"}
LABELS = {"kind", "name", "reference", "exact", "digits", "symbols", "random"}
KEYS = {
    "RungeKutta": FIELD_KEYS,
    "LinearMultistep": {"alpha", "beta"},
    "ImexMultistep": {"alpha", "beta", "gamma"},
    "VariableMultistep": {"alpha", "beta", "ratio"},
    "Exponential": {"A", "b", "c", "b_hat"},
    "Rosenbrock": {"A", "Gamma", "b", "b_hat", "w_method"},
    "RungeKuttaNystrom": {"A", "A_prime", "b", "b_prime", "c", "b_hat", "b_prime_hat"},
    "AdditiveRungeKutta": {"fields", "partitioned"},
    "GeneralLinear": {"A", "U", "B", "V", "colours", "parts"},
    "MaskedEuler": {"placement", "mask", "power"},
}
TYPES = {
    "partitioned": bool,
    "w_method": bool,
    "c_is_declared": bool,
    "storage": str,
    "parts": int,
    "fields": dict,
    "colours": list,
    "placement": str,
}
