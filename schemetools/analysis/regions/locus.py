"""The root locus {z : a root w of Phi(w, z) has modulus 1} as curves, followed in theta, w = e^(i theta)."""

import numpy as np

from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.regions.scanline import locus_angles, locus_points

FARTHEST = 1e6
TRACKED_ANGLES = 720
DEEPEST_BISECTION = 14
HOMOTOPY_STEPS = 40
ABERTH_STEPS = 60


def locus(model: NumericModel) -> list[np.ndarray]:
    """The root locus as curves in order; one that passes through infinity is cut there."""
    if model.everywhere is not None:
        return []
    if model.phi.shape[1] == 2:
        theta = locus_angles(model.phi[:, 1])
        with np.errstate(all="ignore"):
            branches = [locus_points(model.phi, theta)]
    else:
        branches = _tracked(model)
    return [piece for branch in branches for piece in _cut_at_infinity(branch)]


def _cut_at_infinity(loop: np.ndarray) -> list[np.ndarray]:
    """The finite runs of a closed loop; a closed one comes back with its first point repeated exactly."""
    near = np.isfinite(loop) & (np.abs(loop) < FARTHEST)
    points = loop[:-1]
    jump = np.abs(np.diff(loop)) > 0.5 * (np.abs(points) + np.abs(loop[1:])) + 10 * np.median(np.abs(points[near[:-1]]))
    breaks = ~near[:-1] | ~near[1:] | jump
    if not breaks.any():
        closed = loop.copy()
        closed[-1] = closed[0]
        return [closed]
    start = int(np.flatnonzero(breaks)[0]) + 1
    order = (np.arange(len(points)) + start) % len(points)
    points, breaks = points[order], breaks[order]
    pieces = np.split(points, np.flatnonzero(breaks) + 1)
    pieces = [p[np.isfinite(p) & (np.abs(p) < FARTHEST)] for p in pieces]
    return [p for p in pieces if len(p) > 1]


def roots_in_z(phi: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The z with Phi(e^(i theta), z) = 0, shape (angles, roots); infinite ones as huge numbers."""
    a = np.exp(1j * theta[:, None] * np.arange(len(phi))) @ phi
    least = 1e-12 * np.abs(phi[:, -1]).max()
    a[np.abs(a[:, -1]) < least, -1] = least
    degree = a.shape[1] - 1
    scale = (np.abs(a[:, 0]) / np.abs(a[:, -1])) ** (1 / degree)
    scale[scale == 0] = 1
    a *= scale[:, None] ** np.arange(degree + 1)
    companion = np.zeros((len(theta), degree, degree), dtype=complex)
    companion[:, np.arange(1, degree), np.arange(degree - 1)] = 1
    companion[:, 0] = -a[:, -2::-1] / a[:, -1:]
    return scale[:, None] * np.linalg.eigvals(companion)


def _aberth(zeros: np.ndarray, c: complex, z: np.ndarray) -> np.ndarray:
    """All solutions of R(z) = c, R the polynomial with these zeros and R(0) = 1, from approximate ones (Aberth, 1973).

    R and R'/R come from the zeros: in monomials a high degree would lose all digits.
    """
    z, last = z.copy(), np.inf
    for _ in range(ABERTH_STEPS):
        with np.errstate(all="ignore"):
            value = np.prod(1 - z[:, None] / zeros[None, :], axis=1)
            newton = (value - c) / (value * (1 / (z[:, None] - zeros[None, :])).sum(axis=1))
            newton = np.where(np.isfinite(newton), newton, 1e-3 * np.abs(z) + 1e-3)
            gaps = z[:, None] - z[None, :]
            np.fill_diagonal(gaps, np.inf)
            step = newton / (1 - newton * (1 / gaps).sum(axis=1))
        z -= step
        size = float((np.abs(step) / (1 + np.abs(z))).max())
        if size <= 1e-14 or (size < 1e-9 and size >= last / 2):  # converged, or down to rounding
            break
        last = size
    return z


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances on the Riemann sphere between all pairs."""
    scale = np.sqrt((1 + np.abs(a[:, None]) ** 2) * (1 + np.abs(b[None, :]) ** 2))
    return np.abs(a[:, None] - b[None, :]) / scale


def _matched(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, bool]:
    """`after` in the order of the nearest roots `before`, and whether the assignment is beyond doubt."""
    distance = _distance(before, after)
    if len(before) == 1:
        return after, bool(distance[0, 0] < 0.05)
    nearest = distance.argmin(axis=1)
    two = np.partition(distance, 1, axis=1)
    if len(set(nearest)) == len(nearest):
        return after[nearest], bool((two[:, 0] < 0.3 * two[:, 1]).all() and two[:, 0].max() < 0.05)
    order, taken = np.full(len(before), -1), set()
    for flat in distance.argsort(axis=None):
        i, j = divmod(int(flat), len(after))
        if order[i] < 0 and j not in taken:
            order[i] = j
            taken.add(j)
    return after[order], False


def _tracked(model: NumericModel) -> list[np.ndarray]:
    """The closed loops of all roots z(theta), followed round the circle until each comes back to its start."""
    sheets = sheets_along(model, -np.pi + 2 * np.pi * (np.arange(TRACKED_ANGLES + 1) + 1 / 3) / TRACKED_ANGLES)
    successor = _distance(sheets[-1], sheets[0]).argmin(axis=1)
    loops, unused = [], set(range(sheets.shape[1]))
    while unused:
        j = min(unused)
        pieces = []
        while j in unused:
            unused.remove(j)
            pieces.append(sheets[:-1, j])
            j = int(successor[j])
        loop = np.concatenate(pieces)
        loops.append(np.append(loop, loop[0]))
    return loops


def sheets_along(model: NumericModel, theta: np.ndarray) -> np.ndarray:
    """The roots z along the angles, continuously numbered: shape (angles, roots), angles added where it needs them."""
    if model.zeros is not None and not len(model.zeros[1]):
        return _continued(model.zeros[0], theta)
    roots = roots_in_z(model.phi, theta)
    path = [roots[0]]
    for i in range(1, len(theta)):
        _follow(model.phi, path, theta[i - 1], theta[i], roots[i], DEEPEST_BISECTION)
    return np.array(path)


def _continued(zeros: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The solutions of R(z) = e^(i theta), each from the one before; those of the first angle from the zeros of R."""
    z = zeros + 0j
    for size in np.geomspace(1e-3, 1, HOMOTOPY_STEPS):
        z = _aberth(zeros, size * np.exp(1j * theta[0]), z)
    path = []
    for angle in theta:
        z = _aberth(zeros, np.exp(1j * angle), z)
        path.append(z)
    return np.array(path)


def _follow(phi: np.ndarray, path: list[np.ndarray], a: float, b: float, roots: np.ndarray, depth: int) -> None:
    """Extend the path from angle a to b with its roots, by bisection where roots come close to one another."""
    # Roots are numbered by who is nearest to whom. That is wrong where two come closer to one another than they move
    # between two angles, and such a pair would swap curves: there the step is halved until the nearest is clear. At a
    # crossing it never is; when the depth is spent either numbering draws the same set of points.
    after, clear = _matched(path[-1], roots)
    if clear or depth == 0:
        path.append(after)
        return
    middle = (a + b) / 2
    _follow(phi, path, a, middle, roots_in_z(phi, np.array([middle]))[0], depth - 1)
    _follow(phi, path, middle, b, roots, depth - 1)
