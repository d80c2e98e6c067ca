"""The command `stability` for difference schemes: von Neumann's set of their numbers, and its plane."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import schemetools as st
from schemetools.cli.output import PICTURES, replacing, show_json, show_lines, working
from schemetools.cli.screen import fitted
from schemetools.errors import SchemeError, UnsupportedError


def is_grid(scheme: Any) -> bool:
    """Whether a named scheme steps values on a grid in space. Nothing of that kind is loaded to find out."""
    return not isinstance(scheme, st.schemes.base.Scheme)


def stable_sets(schemes: Sequence[Any], output: Path | None, *, as_json: bool, latex: bool, others: bool) -> None:
    """Print the stable sets; draw that of one scheme with two numbers. Raises SchemeError for what is no such picture.

    `others` says that options came which belong to regions of h lambda.
    """
    if not all(map(is_grid, schemes)):
        ours = next(scheme for scheme in schemes if is_grid(scheme))
        raise SchemeError(
            f"{ours} is a difference scheme of a partial differential equation, others named are not; ask for them in "
            "calls of their own"
        )
    if others:
        raise SchemeError(
            f"{schemes[0]} is a difference scheme: its stable set is one of its numbers, no region of h lambda; "
            "leave the options of regions out (-o draws the plane of a scheme with two numbers)"
        )
    with working("deciding stability"):
        found = [st.stability(scheme) for scheme in schemes]
        lines = [] if as_json else [s.latex() if latex else str(s) for s in found]
        records = [_record(s) for s in found] if as_json else []
    if output is not None:
        if len(schemes) != 1:
            raise SchemeError(f"-o draws the plane of one scheme with two numbers; {len(schemes)} were named")
        os.environ.setdefault("MPLBACKEND", "agg")
        with working("drawing"), replacing(output, PICTURES) as temporary:
            st.present.save(st.plot_plane(schemes[0]), temporary)
        lines += [f"wrote {output}"]
    if as_json:
        show_json(records)
        return
    show_lines(*("\n".join(lines).splitlines() if latex else fitted("\n".join(lines))))


def _record(found: Any) -> dict[str, Any]:
    condition = found.condition
    try:
        bounded = found.strict
    except UnsupportedError:
        bounded = None
    said = {"stable": condition, "power_bounded": bounded, "necessary": found.necessary}
    texts = {name: value if isinstance(value, bool) or value is None else str(value) for name, value in said.items()}
    return {"scheme": format(found.scheme), "numbers": list(found.numbers), **texts, "how": found.how()}
