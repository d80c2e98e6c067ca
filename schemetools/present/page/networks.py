"""What a page says of a trained network: layers, their spectra over their own regions, the certificate."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from schemetools.analysis.stability.verb import stability
from schemetools.present.page.markup import Html, element, joined, lacking, section, table
from schemetools.present.page.plane import Frame, dots, picture, region
from schemetools.present.page.schemes import answered
from schemetools.present.regions import around, common_window

PANEL = 300


def is_network(given: Any) -> bool:
    """Whether it is what `inspect` returns."""
    return hasattr(given, "layers") and hasattr(given, "certificate")


def network_parts(found: Any) -> list[Html]:
    """The sections of a report of `inspect`."""
    return [
        section("Layers", _layers(found), level=2),
        section("Spectra", _spectra(found.layers), level=2),
        section("Certificate", answered(lambda: _certificate(found.certificate())), level=2),
    ]


def _layers(found: Any) -> Html:
    """One row per layer, what is to be said of them below."""
    if not found.layers:
        return joined(element("p", line) for line in found.below())
    heads, rows = found.table()
    return joined([table(heads, rows, label="Layers"), *(element("p", line) for line in found.below())])


def _spectra(layers: Sequence[Any]) -> Html:
    """A panel for each layer: the leading eigenvalues of h f' over the region of the layer's own scheme."""
    drawn = [layer for layer in layers if not layer.scheme.free_symbols and not layer.scheme.random_symbols]
    if not drawn:
        return lacking("spectra are drawn over regions, and no layer has a scheme whose coefficients are numbers")
    found = [stability(layer.scheme) for layer in drawn]
    window = common_window([s.window for s in found], None, None)
    points = np.concatenate([np.asarray(layer.eigenvalues, dtype=complex).ravel() for layer in drawn])
    window = common_window([window, around(points, window)], None, None)
    frame = Frame.around(window, width=PANEL)
    outlines: dict[Any, Html] = {}
    panels = []
    for layer, s in zip(drawn, found, strict=True):
        if layer.scheme not in outlines:
            line = frame.line([c.points[:-1] if c.unbounded else c.points for c in s.curves()])
            outlines[layer.scheme] = region(frame.filled(s), line)
        marks = dots(frame, layer.eigenvalues, outside=layer.inside is False)
        said = {True: "inside", False: "outside", None: "as far as they are known inside"}[layer.inside]
        title = f"Leading eigenvalues of {layer.name}, {said} the region of {layer.scheme:}"
        shown = picture(frame, outlines[layer.scheme], marks, title=title)
        caption = element("figcaption", element("bdi", layer.name), f": {layer.scheme:}, {said}")
        panels.append(element("figure", shown, caption))
    left = len(layers) - len(drawn)
    more = lacking(f"{left} layers whose coefficients are symbols or random have no panel") if left else None
    return joined([element("div", *panels, class_="panels"), more])


def _certificate(found: Any) -> Html:
    """The sentence, and for each chain the figures behind it."""
    chains = found.chains or (found,)
    heads = ("chain", "close to an ODE", "limit error", "modified error", "limit slope", "modified slope", "roughness")
    rows = [
        (
            chain.name or "all layers",
            "yes" if chain.is_ode else "no",
            *(f"{value:.3g}" for value in (chain.limit_error, chain.modified_error)),
            *(f"{value:.2f}" for value in (chain.limit_slope, chain.modified_slope, chain.roughness)),
        )
        for chain in chains
    ]
    points = [
        (f"{chain.name or 'all layers'}, h = {h:.4g}", f"{limit:.3g}", f"{modified:.3g}")
        for chain in chains
        for h, limit, modified in chain.refined
    ]
    refined = table(("depth refined", "limit error", "modified error"), points, label="Errors when depth is refined")
    return joined([element("p", found.sentence), table(heads, rows, label="Certificate"), refined])
