"""A rooted tree as a small drawing for notebooks."""

STEP, RADIUS, MARGIN = 18, 4, 8
INK = "currentColor"  # that of the text around, on light pages and dark ones
FILLS = (INK, "#e07b39", "#3a7ca5", "#7a9e3f", "#b4559b")


def _positions(levels: tuple[int, ...]) -> tuple[list[float], list[int]]:
    """Horizontal place (leaves side by side, a node above the middle of its children) and parent of every node."""
    parents, path = [-1] * len(levels), [0]
    for i, level in enumerate(levels[1:], 1):
        del path[level - 1 :]
        parents[i] = path[-1]
        path.append(i)
    places: list[float] = [0.0] * len(levels)
    next_leaf = sum(1 for i in range(len(levels)) if i not in set(parents))
    for i in reversed(range(len(levels))):
        below = [places[j] for j, parent in enumerate(parents) if parent == i]
        if below:
            places[i] = (below[0] + below[-1]) / 2
        else:
            next_leaf -= 1
            places[i] = float(next_leaf)
    return places, parents


def tree_svg(levels: tuple[int, ...], colours: tuple[str, ...] | None) -> str:
    """The drawing, root at the bottom; each colour has its own fill."""
    places, parents = _positions(levels)
    height = max(levels)
    x = [MARGIN + STEP * p for p in places]
    y = [MARGIN + STEP * (height - level) for level in levels]
    labels = sorted(set(colours or ()))
    edges = [
        f'<line x1="{x[i]:g}" y1="{y[i]:g}" x2="{x[p]:g}" y2="{y[p]:g}" stroke="{INK}"/>'
        for i, p in enumerate(parents)
        if p >= 0
    ]
    nodes = []
    for i in range(len(levels)):
        fill = FILLS[labels.index(colours[i]) % len(FILLS)] if colours else FILLS[0]
        title = f"<title>{colours[i]}</title>" if colours else ""
        nodes.append(f'<circle cx="{x[i]:g}" cy="{y[i]:g}" r="{RADIUS}" fill="{fill}" stroke="{INK}">{title}</circle>')
    width = 2 * MARGIN + STEP * max(places)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{2 * MARGIN + STEP * (height - 1):g}">'
        + "".join(edges + nodes)
        + "</svg>"
    )
