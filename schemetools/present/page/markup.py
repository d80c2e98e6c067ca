"""HTML elements as text. What is not markup already is escaped, so that a name stays a name."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

# Not characters of a document: control characters and halves of surrogate pairs.
_FOREIGN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
VOID = frozenset({"meta", "input", "br"})


class Html(str):
    """Text that is markup; any other str is text to be escaped."""

    __slots__ = ()


def text(value: object) -> Html:
    """A value as it is read on the page.

    >>> text("<b> & 'c'")
    '&lt;b&gt; &amp; &#x27;c&#x27;'
    """
    return value if isinstance(value, Html) else Html(escape(_FOREIGN.sub("\ufffd", str(value))))


def element(name: str, /, *children: object, **attributes: Any) -> Html:
    """An element; of attributes `class_` is class, `aria_label` aria-label; None and False leave one out.

    >>> element("a", "x < y", href="#top", hidden=False)
    '<a href="#top">x &lt; y</a>'
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{written}>" + ("" if name in VOID else f"{joined(children)}</{name}>"))


def joined(parts: Iterable[object]) -> Html:
    """Several pieces one after another; None is nothing."""
    return Html("".join(text(part) for part in parts if part is not None))


def table(head: Sequence[object], rows: Iterable[Sequence[object]], *, label: str, class_: str | None = None) -> Html:
    """A table that scrolls by itself where it is wide; the first cell of a row is its heading."""
    top = element("thead", element("tr", *(element("th", cell, scope="col") for cell in head))) if any(head) else None
    body = joined(
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in cells))
        for first, *cells in rows
    )
    return scrolling(element("table", top, element("tbody", body), class_=class_), label=label)


def scrolling(*children: object, label: str) -> Html:
    """What may be wider than the page: it scrolls by itself, with the keyboard too."""
    return element("div", *children, class_="wide", tabindex="0", role="region", aria_label=label)


def section(title: str, *children: object, level: int = 3) -> Html:
    """A section with its heading."""
    return element("section", element(f"h{level}", title), *children)


def lacking(sentence: object) -> Html:
    """What a page says in place of what a scheme does not have."""
    return element("p", f"Not here: {sentence}", class_="lacking")
