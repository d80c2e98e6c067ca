"""The exact scheme that rounded coefficients stand for: from the catalog, or number by number; checked exactly."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
from sympy import Expr

from schemetools import exact
from schemetools.analysis.properties.agreement import agrees, distance
from schemetools.analysis.properties.judgement import has_few_digits, judged
from schemetools.analysis.properties.order import order
from schemetools.analysis.properties.projection import nodes_recognised, projected
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact.recognise import longest_denominator, recognised
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme, as_scheme, labelled
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.registry import GENERAL_LINEAR, family, names
from schemetools.schemes.runge_kutta import RungeKutta

BY_STAGES = {"gauss": 0, "radau_ia": 1, "radau_iia": 1, "lobatto_iiia": 2, "lobatto_iiib": 2, "lobatto_iiic": 2}
"""Families by what their order is below 2 s."""
BY_STEPS = ("adams_bashforth", "adams_moulton", "bdf", "nystrom", "milne_simpson")
SECOND_NAMES = ("ho_", "rk22", "rk33", "rk44")  # entries that stand for a method with a name of its own
TABLED = (RungeKutta, LinearMultistep, AdditiveRungeKutta)
MOST_STAGES = 4  # beyond, the fields of Radau and Lobatto methods are too large to build in passing
MOST_STEPS = 12


def recover(s: Any) -> Any:
    """The exact scheme of which a scheme has rounded coefficients.

    It is looked for in the catalog, then number by number: short fractions by continued fractions, elements of one
    field of degree 2 or 3 by integer relations. Where only the nodes are recognised, b and A are solved for from the
    simplifying assumptions that they nearly meet; what these leave free stays as printed. The order is verified
    exactly. An exact scheme is returned as it is. Raises UnsupportedError where none is found.

    >>> import schemetools as st
    >>> st.recover(st.RungeKutta([[], [2 / 3]], [0.25, 0.75])).A[1]
    (2/3, 0)
    """
    scheme = as_scheme(s)
    if scheme.exact:
        return scheme
    found = recovered(scheme, without_evidence=True)
    if found is None and isinstance(scheme, RungeKutta) and nodes_recognised(scheme):
        found = projected(scheme)
    if found is None:
        known = _rounded_entry(scheme)
        where = (
            "it is not in the catalog"
            if known is None
            else f"these are the digits of {known}, which the catalog has in digits too, as no closed form is known"
        )
        few = (
            f" (fractions with denominators through {longest_denominator(scheme.digits or 0)} can be told in "
            f"{scheme.digits} decimals: more decimals may show them)"
            if known is None and has_few_digits(scheme)
            else ""
        )
        raise UnsupportedError(
            f"no exact scheme of order {order(scheme)} was found within the digits of {scheme}: {where}, and its "
            f"coefficients are no short fractions and in no field of degree 2 or 3{few}; st.certify says whether one "
            "exists"
        )
    return found


def recovered(scheme: Scheme, *, without_evidence: bool = False) -> Scheme | None:
    """The exact scheme, or None.

    Its numbers alone are no evidence: a learned coefficient may lie near a short fraction by chance. A catalog entry
    is, and an order above the one as written.
    """
    if scheme.exact or scheme.free_symbols or scheme.random_symbols or scheme.is_complex:
        return None
    try:
        return _recovered(scheme, scheme.digits or 0, without_evidence)
    except UnsupportedError:
        return None


@functools.lru_cache(maxsize=256)
def _recovered(scheme: Scheme, digits: int, without_evidence: bool) -> Scheme | None:
    report = judged(scheme)
    by_number = without_evidence or report.as_written < report.order
    return next((s for s in _candidates(scheme, by_number) if agrees(s, scheme)), None)


# ---- from the catalog --------------------------------------------------------------------------------


def _candidates(scheme: Scheme, by_number: bool) -> Iterator[Scheme]:
    known_ones = () if _is_entry(scheme) else _catalog(_shape(scheme), judged(scheme).order, _may_be_higher(scheme))
    for known in known_ones:
        if (found := _fitted(known, scheme)) is not None:
            yield found
    values = scheme.coefficients
    if not by_number or not all(v.is_Rational for v in values):
        return
    found = recognised(values, distance(scheme), scheme.digits or 0)
    if found is not None:
        replaced = dict(zip(values, found, strict=True))
        try:
            yield labelled(_rebuilt(scheme, replaced), name=f"recover({scheme})")
        except SchemeError:
            return


def _is_entry(scheme: Scheme) -> bool:
    """Whether it is in the catalog itself, rounded: then there is no exact twin, and nothing else need be built."""
    name = scheme.name
    return name is not None and name in names() and family(name)() == scheme


def _rounded_entry(scheme: Scheme) -> str | None:
    """The name of the catalog's entry whose digits a scheme has, where the catalog itself holds it rounded."""
    if _is_entry(scheme):
        return scheme.name
    rounded = (known for known in _fixed().get(_shape(scheme), ()) if not known.exact)
    return next((known.name for known in rounded if _fitted(known, scheme) is not None), None)


def _rebuilt(scheme: Scheme, replaced: dict[Expr, Expr]) -> Scheme:
    def change(value: Expr) -> Expr:
        return exact.canonical(replaced[value])

    if isinstance(scheme, RungeKutta) and not scheme.c_is_declared:
        A = [[change(x) for x in row] for row in scheme.A]
        b_hat = None if scheme.b_hat is None else [change(x) for x in scheme.b_hat]
        return RungeKutta(A, [change(x) for x in scheme.b], b_hat=b_hat, exact=True)
    if isinstance(scheme, AdditiveRungeKutta):
        parts = [(label, _rebuilt(t, replaced)) for label, t in scheme.tableaux]
        return AdditiveRungeKutta(parts, scheme.partitioned)  # type: ignore[arg-type]
    return labelled(scheme, exact=True)._map(change)


Shape = tuple[type, int, tuple[str, ...], bool]


def _shape(scheme: Scheme) -> Shape:
    if isinstance(scheme, LinearMultistep):
        return LinearMultistep, scheme.steps, (), False
    if isinstance(scheme, AdditiveRungeKutta):
        return AdditiveRungeKutta, scheme.stages, scheme.fields, scheme.partitioned
    return type(scheme), getattr(scheme, "stages", 0), (), False


@functools.cache
def _fixed() -> dict[Shape, list[Scheme]]:
    """The catalog's entries without free or random symbols, exact or rounded."""
    result: dict[Shape, list[Scheme]] = {}
    for name in names(kind=GENERAL_LINEAR):
        try:
            scheme = family(name)()
        except SchemeError:
            continue
        is_tabled = isinstance(scheme, TABLED)
        if is_tabled and not scheme.free_symbols and not scheme.random_symbols:
            result.setdefault(_shape(scheme), []).append(scheme)
    return result


def _may_be_higher(scheme: Scheme) -> bool:
    """Whether a scheme may have a higher order than so few decimals can show: of implicit ones, as Gauss methods."""
    return has_few_digits(scheme) and isinstance(scheme, RungeKutta) and not scheme.normal_form().is_explicit


@functools.cache
def _catalog(shape: Shape, order: int, may_be_higher: bool) -> tuple[Scheme, ...]:
    kind, size, *_ = shape
    if not issubclass(kind, TABLED):
        return ()
    found = [scheme for scheme in _fixed().get(shape, ()) if scheme.exact]
    if kind is RungeKutta:
        full = {name: 2 * size - less for name, less in BY_STAGES.items()}
        fitting = [name for name, p in full.items() if p == order or (may_be_higher and p > order)]
        families = [name for name in fitting if size <= MOST_STAGES or (name == "gauss" and size == MOST_STAGES + 1)]
    else:
        families = list(BY_STEPS) if kind is LinearMultistep and size <= MOST_STEPS else []
    for name in families:
        try:
            found.append(family(name)(size))
        except SchemeError:
            continue
    found.sort(key=lambda s: (format(s).startswith(SECOND_NAMES), len(format(s))))
    return tuple(s for s in found if _shape(s) == shape)


@functools.lru_cache(maxsize=1024)
def _numbers(values: tuple[Expr, ...]) -> np.ndarray:
    return np.array([exact.to_float(v) for v in values])


def _fitted(known: Scheme, scheme: Scheme) -> Scheme | None:
    """The catalog's scheme, with the embedded result of the one that came, if it lies within its digits."""
    near = distance(scheme)
    if not isinstance(known, RungeKutta) or not isinstance(scheme, RungeKutta):
        same = len(known.coefficients) == len(scheme.coefficients)
        if not same:
            return None
        left, right = _numbers(known.coefficients), _numbers(scheme.coefficients)
        if isinstance(known, LinearMultistep):
            scale = exact.to_float(scheme.alpha[-1] / known.alpha[-1])  # type: ignore[attr-defined]
            left = left * scale
            if abs(scale - 1) > near and np.max(np.abs(left - right)) <= near:
                factor = scheme.alpha[-1]  # type: ignore[attr-defined]
                known = _scaled(known, factor)
                left = _numbers(known.coefficients)
        return known if np.max(np.abs(left - right)) <= near * max(1.0, float(np.max(np.abs(right)))) else None
    flat = [x for row in scheme.A for x in row] + list(scheme.b)
    other = [x for row in known.A for x in row] + list(known.b)
    right = _numbers(tuple(flat))
    size = max(1.0, float(np.max(np.abs(right))))
    sizes = np.maximum(1.0, np.abs(right)) if has_few_digits(scheme) else size
    if np.any(np.abs(_numbers(tuple(other)) - right) > near * sizes):
        return None
    if scheme.b_hat is None:
        return known if known.b_hat is None else RungeKutta(known.A, known.b, name=known.name, exact=True)
    hat = _numbers(scheme.b_hat)
    if known.b_hat is not None and np.max(np.abs(_numbers(known.b_hat) - hat)) <= near * size:
        return known
    found = recognised(scheme.b_hat, near, scheme.digits or 0)
    return None if found is None else RungeKutta(known.A, known.b, b_hat=found, name=known.name, exact=True)


def _scaled(known: LinearMultistep, factor: Expr) -> LinearMultistep:
    lead = exact.canonical(factor / known.alpha[-1])
    alpha, beta = ([exact.canonical(lead * x) for x in v] for v in (known.alpha, known.beta))
    return LinearMultistep(alpha, beta, name=known.name, exact=True)
