"""How large the first omitted term of a modified equation is: a trained network has h = 1."""

from typing import NamedTuple

from schemetools.analysis.modified.facts import EquationFacts
from schemetools.analysis.trees.forest import NONAUTONOMOUS, TIME, forest
from schemetools.analysis.trees.tree import trees_by_id
from schemetools.errors import SchemeError
from schemetools.exact import size

LOOK_AHEAD = 3


class RemainderEstimate(NamedTuple):
    """The first omitted term over the leading one, for a field with h |f'| = z and |f^(m)| |f|^(m-1) of size |f'|^m.

    `power` is its power of h; `linear` the size for a linear field, where only the tall tree counts; `size` with all
    trees of that order, no cancellation between them assumed; in f(t, u) a derivative in t counts like f' f.
    `trustworthy` says that it is below the last term kept.
    """

    power: int
    linear: float
    size: float
    trustworthy: bool


def remainder_estimate(eq: EquationFacts, z: float) -> RemainderEstimate:
    """The first omitted term, relative to the leading one, at h |f'| = z.

    The series is asymptotic: it first falls and then grows, so that a large estimate means that no order helps at
    this z. Raises SchemeError for a negative z, and for a scheme whose coefficients have no numbers yet.
    """
    if not z >= 0:
        raise SchemeError(f"z = {z} came; give the size of h |f'|, a number that is not negative")
    if eq.scheme.free_symbols:
        names = ", ".join(sorted(map(str, eq.scheme.free_symbols)))
        raise SchemeError(f"{names} has no number yet: give it a value with .subs({{...}}) before asking for a size")
    top, sizes = eq.order, _sizes(eq, eq.order)
    while top < eq.order + LOOK_AHEAD:
        top += 1
        sizes = _sizes(eq, top)
        if sizes[top - 1][1]:
            break
    leading = sizes[0][1]
    if leading == 0:
        raise SchemeError(f"{eq.scheme} follows u' = 0, so that nothing can be measured against its leading term")
    linear, size = (value * z ** (top - 1) / leading for value in sizes[top - 1])
    kept = [value * z**n / leading for n, (_, value) in enumerate(sizes[: eq.order]) if value]
    return RemainderEstimate(top - 1, linear, size, size < kept[-1])


def _sizes(eq: EquationFacts, top: int) -> list[tuple[float, float]]:
    """(|b| of the tall tree, sum of |b(t)|/sigma(t)) for every order through `top`."""
    series = eq.series_of(eq.scheme, top)
    table, names = forest(series.grammar), trees_by_id(series.grammar, top)
    time = TIME if series.grammar == NONAUTONOMOUS else None
    result = []
    for n in range(1, top + 1):
        linear = total = 0.0
        for t in table.ids(n):
            tree = names[t]
            if time is not None and tree.colours == (time,):
                continue  # t' = 1, which is no part of f
            value = size(series.value(t, n)) if series.numerators[t] else 0.0
            total += value / tree.symmetry
            if tree.level_sequence[-1] == n and (time is None or time not in (tree.colours or ())):
                linear = max(linear, value)
        result.append((linear, total))
    return result
