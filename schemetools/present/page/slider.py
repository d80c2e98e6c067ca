"""A slider and the frames it moves through: paths that a few lines of script put into the picture."""

import json
from collections.abc import Mapping, Sequence

from schemetools.present.page.markup import Html, element, joined


def slider(symbol: str, frames: Sequence[Mapping[str, str]], start: int, *, of: str) -> Html:
    """The slider for the picture just before it. Each frame has a label, and "fill" and "line" for the two paths.

    What is "beside" the picture, as markup, stands below the slider and is shown by the script as well.
    """
    bar = element(
        "input",
        type="range",
        min="0",
        max=str(len(frames) - 1),
        step="1",
        value=str(start),
        aria_label=f"{symbol} of {of}",
        aria_valuetext=frames[start]["label"],
    )
    ends = [frames[i]["label"].partition("= ")[2].partition(":")[0] for i in (0, -1)]
    moved = element(
        "div",
        element("span", ends[0], class_="end", aria_hidden="true"),
        bar,
        element("span", ends[1], class_="end", aria_hidden="true"),
        class_="slider",
        hidden=True,
    )
    beside = element("div", class_="beside", hidden=True) if "beside" in frames[start] else None
    return joined([element("p", element("output", frames[start]["label"]), class_="at"), moved, beside, data(frames)])


def data(frames: Sequence[Mapping[str, str]]) -> Html:
    """Frames as JSON in a script element that runs nothing; "<" is written so that no text can end the element."""
    written = json.dumps(list(frames), ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return Html(f'<script type="application/json" class="frames">{written}</script>')
