"""Whether a one-step scheme is its own adjoint, for any listing of its stages.

With x' = x + h B f(Y), Y = U x + h A f(Y), one colour per stage, the adjoint has A* = U B - A and the same U and B. Two
stages, of the scheme or of its adjoint, are equal as B-series iff no refinement by sums of A over classes tells them
apart; the two schemes are equal iff B has equal sums over the stages of every class.
"""

import operator

from schemetools.analysis.algebra.packing import packed
from schemetools.exact import size
from schemetools.schemes.base import GeneralLinear
from schemetools.schemes.stages import equal_stages, needed


def is_own_adjoint(form: GeneralLinear, missed_by: float = 0.0) -> bool:
    """Whether a one-step scheme, V = I, each stage of which starts from one of the values, equals its adjoint.

    Sums of approximate coefficients may differ by `missed_by`.
    Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, section V.2; Hundsdorfer and Spijker (1981).
    """
    s, r = form.stages, form.values
    given = [x for array in (form.A, form.B[:r]) for row in array for x in row]
    entries = iter(given if missed_by else packed(given, terms=4 * s))
    A, B = ([[next(entries) for _ in range(s)] for _ in range(n)] for n in (s, r))
    zero = A[0][0] - A[0][0]
    kept = needed(A, [j for row in B for j, b in enumerate(row) if b], lambda x: not x)
    starts = [form.U[i].index(1) for i in kept]
    B = [[row[j] for j in kept] for row in B]
    A = [[A[i][j] for j in kept] for i in kept]
    adjoint = [[b - a for b, a in zip(B[n], row, strict=True)] for n, row in zip(starts, A, strict=True)]
    none = [zero] * len(kept)
    labels = [(form.colours[i], n) for i, n in zip(kept, starts, strict=True)]
    rows = [row + none for row in A] + [none + row for row in adjoint]
    same = (lambda x, y: size(x - y) <= missed_by) if missed_by else operator.eq
    classes = equal_stages(rows, labels * 2, sum, same)
    both = [row + [-b for b in row] for row in B]
    return all(same(sum(row[i] for i in members), zero) for row in both for members in classes)
