"""The regions of several schemes in one picture, with a legend."""

from collections.abc import Sequence
from typing import Any

from schemetools.analysis.stability.base import Stability
from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.present.page.markup import Html, element
from schemetools.present.page.plane import Frame, picture, region
from schemetools.present.regions import check_plane, common_window
from schemetools.schemes.base import Scheme

COLOURS = 6


def overlay(schemes: Sequence[Scheme]) -> Html | None:
    """The picture; None where fewer than two of the schemes have a region."""
    found = [s for s in map(_drawable, schemes) if s is not None]
    if len(found) < 2:
        return None
    frame = Frame.around(common_window([s.window for s in found], None, None))
    layers, legend = [], []
    for i, s in enumerate(found):
        line = frame.line([c.points[:-1] if c.unbounded else c.points for c in s.curves()])
        layers.append(region(frame.filled(s), line, colour=i % COLOURS))
        key = element("path", d="M0 6H26", class_=f"line c{i % COLOURS}")
        swatch = element("svg", key, viewBox="0 0 26 12", class_="swatch", aria_hidden="true")
        legend.append(element("li", swatch, element("bdi", f"{s.scheme:}")))
    names = ", ".join(f"{s.scheme:}" for s in found)
    drawn = picture(frame, *layers, title=f"Stability regions of {names}")
    return element("figure", drawn, element("figcaption", element("ul", *legend, class_="legend")))


def _drawable(scheme: Scheme) -> Any:
    try:
        return drawable(scheme)
    except SchemeError:
        return None


def drawable(scheme: Scheme) -> Stability:
    """The stability of a scheme whose region is a picture. Raises UnsupportedError that says why it is none."""
    name = format(scheme)
    if scheme.free_symbols:
        symbols = ", ".join(sorted(s.name for s in scheme.free_symbols))
        raise UnsupportedError(f"{name} is drawn where its symbols have values; its free symbols are {symbols}")
    found: Any = stability(scheme)
    check_plane(found)
    found.curves()
    return found
