"""Bracket notation of trees, read: [[.],.] and, with colours, F[G[F],F]."""

import re

from schemetools.errors import SchemeError

_TOKEN = re.compile(r"\s*(?:([^\W\d]\w*|\.)|([\[\],]))")
LONGEST = 4_000


def read_tree(text: str) -> tuple[tuple[int, ...], tuple[str, ...] | None]:
    """The levels of the nodes in depth-first order, and their colours where they have any.

    Raises SchemeError where the text is no tree.

    >>> read_tree("[[.],.]")
    ((1, 2, 3, 2), None)
    """
    tokens = _tokens(text)
    levels: list[int] = []
    colours: list[str] = []
    depth, place, awaited = 1, 0, True  # whether a node is awaited here
    while place < len(tokens):
        token = tokens[place]
        if awaited and token not in ("]", ","):
            levels.append(depth)
            colours.append("" if token in (".", "[") else token)
            if token not in (".", "["):
                place += 1
            opens = place < len(tokens) and tokens[place] == "["
            place += 1 if token == "." or opens else 0
            depth, awaited = (depth + 1, True) if opens else (depth, False)
        elif not awaited and token == "," and depth > 1:
            awaited, place = True, place + 1
        elif not awaited and token == "]" and depth > 1:
            depth, place = depth - 1, place + 1
        else:
            raise _refused(text)
    if awaited or depth != 1 or (any(colours) and not all(colours)):
        raise _refused(text)
    return tuple(levels), tuple(colours) if any(colours) else None


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text.rstrip()) and len(text) <= LONGEST:
        match = _TOKEN.match(text, place)
        if match is None:
            raise _refused(text)
        found.append(match[1] or match[2])
        place = match.end()
    return found


def _refused(text: str) -> SchemeError:
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return SchemeError(
        f"{shown!r} is no tree: write . for a node, its children in brackets, as in [[.],.], and for a tree with "
        "colours a colour at every node, as in F[G,F]"
    )
