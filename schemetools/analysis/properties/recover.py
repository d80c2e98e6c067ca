"""The exact scheme that rounded coefficients stand for: from the catalog, or number by number; checked exactly."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from schemetools import exact
from schemetools.analysis.properties.judgement import judged
from schemetools.analysis.properties.order import order
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact.recognise import recognised
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme, as_scheme, labelled
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.registry import family, names
from schemetools.schemes.runge_kutta import RungeKutta

NEARNESS = 30  # units in the last place
BY_STAGES = ("gauss", "radau_ia", "radau_iia", "lobatto_iiia", "lobatto_iiib", "lobatto_iiic")
BY_STEPS = ("adams_bashforth", "adams_moulton", "bdf", "nystrom", "milne_simpson")
SECOND_NAMES = ("ho_", "rk22", "rk33", "rk44")  # entries that stand for a method with a name of its own
MOST_STAGES = 5
MOST_STEPS = 12


def recover(s: Any) -> Any:
    """The exact scheme of which a scheme has rounded coefficients.

    It is looked for in the catalog, then number by number: short fractions by continued fractions, elements of one
    field of degree 2 or 3 by integer relations. Its order is verified exactly, and it lies within 30 units of the last
    decimal. An exact scheme is returned as it is. Raises UnsupportedError where none is found.

    >>> import schemetools as st
    >>> st.recover(st.RungeKutta([[], [2 / 3]], [0.25, 0.75])).A[1]
    (2/3, 0)
    """
    scheme = as_scheme(s)
    if scheme.exact:
        return scheme
    found = recovered(scheme, without_evidence=True)
    if found is None:
        raise UnsupportedError(
            f"no exact scheme of order {order(scheme)} was found within the digits of {scheme}: it is not in the "
            "catalog, and its coefficients are no short fractions and in no field of degree 2 or 3; st.certify says "
            "whether one exists"
        )
    return found


def recovered(scheme: Scheme, *, without_evidence: bool = False) -> Scheme | None:
    """The exact scheme, or None.

    Its numbers alone are no evidence: a learned coefficient may lie near a short fraction by chance. A catalog entry
    is, and an order above the one as written.
    """
    if scheme.exact or scheme.free_symbols or scheme.random_symbols:
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


def agrees(candidate: Scheme, scheme: Scheme) -> bool:
    """Whether an exact candidate has the order that the scheme is meant to have, of both results of a pair."""
    try:
        if order(candidate) < judged(scheme).order:
            return False
        if isinstance(scheme, RungeKutta) and isinstance(candidate, RungeKutta) and scheme.b_hat is not None:
            assert_hat = RungeKutta(scheme.A, scheme.b_hat, exact=False, digits=scheme.digits)
            return candidate.b_hat is not None and order(RungeKutta(candidate.A, candidate.b_hat)) >= order(assert_hat)
    except SchemeError:
        return False
    return True


def distance(scheme: Scheme) -> float:
    """How far from its digits the scheme meant may be."""
    return min(NEARNESS * 10.0 ** -(scheme.digits or 0), 1e-8)


# ---- from the catalog --------------------------------------------------------------------------------


def _candidates(scheme: Scheme, by_number: bool) -> Iterator[Scheme]:
    for known in _catalog(_shape(scheme)):
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
    """The catalog's exact entries without free or random symbols."""
    result: dict[Shape, list[Scheme]] = {}
    for name in names():
        try:
            scheme = family(name)()
        except SchemeError:
            continue
        is_tabled = isinstance(scheme, (RungeKutta, LinearMultistep, AdditiveRungeKutta))
        if is_tabled and scheme.exact and not scheme.free_symbols and not scheme.random_symbols:
            result.setdefault(_shape(scheme), []).append(scheme)
    return result


@functools.cache
def _catalog(shape: Shape) -> tuple[Scheme, ...]:
    kind, size, *_ = shape
    found = list(_fixed().get(shape, ()))
    limit, families = (MOST_STAGES, BY_STAGES) if kind is RungeKutta else (MOST_STEPS, BY_STEPS)
    if kind in (RungeKutta, LinearMultistep) and size <= limit:
        for name in families:
            try:
                found.append(family(name)(size))
            except SchemeError:
                continue
    found.sort(key=lambda s: (str(s).startswith(SECOND_NAMES), len(str(s))))
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
    if np.max(np.abs(_numbers(tuple(other)) - right)) > near * size:
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


def distance_to(found: Scheme, scheme: Scheme) -> float:
    """The largest difference between the coefficients of a recovered scheme and those that came."""
    if len(found.coefficients) != len(scheme.coefficients):
        return distance(scheme)
    pairs = zip(found.coefficients, scheme.coefficients, strict=True)
    return max((abs(float(sympy.N(x - y, 15 + (scheme.digits or 0), chop=False))) for x, y in pairs), default=0.0)
