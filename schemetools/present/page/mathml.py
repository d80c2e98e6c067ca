"""LaTeX, as the mathematics of this package writes it, as MathML that a browser can break into lines."""

import functools
import importlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

from schemetools.present.page.markup import Html, element, joined

SHORT = 70  # characters of LaTeX; a longer row is cut at its signs into pieces that wrap
SHAPES = {"mrow", "msqrt", "mstyle", "mpadded", "mphantom", "mtable", "mtr", "mtd"}
PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "mover": 2, "munder": 2, "munderover": 3}
TAGS = frozenset({"math", "mi", "mn", "mo", "mtext", "mspace"} | SHAPES | set(PARTS))
ATTRIBUTES = frozenset({"display", "mathvariant", "stretchy", "fence", "form", "width", "linethickness", "accent"})
UNREAD = 'class="latex"'  # what marks a formula that is shown as LaTeX
PRIMES = "′″‴⁗"
_CUT = re.compile(r"\\(?:begin|end)\{\w+\}|\\[A-Za-z]+|\\.|[{}()+\-]|\s")
_ALIGNED = re.compile(r"^\\begin\{aligned\}(.*)\\end\{aligned\}$", re.DOTALL)
_NAMED = re.compile(r"^&?\\mathrm\{")  # the row that says which scheme it is; the page says so itself


def math(latex: str, *, named: bool = False) -> Html:
    """The LaTeX of a scheme or an equation: a row of the page for each of its rows, `named` with that of the name.

    What cannot be converted is shown as LaTeX.

    >>> print(math("$a = b$"))
    <div class="row"><math display="inline"><mrow><mi>a</mi><mo>=</mo><mi>b</mi></mrow></math></div>
    """
    written = latex.strip().strip("$").strip()
    aligned = _ALIGNED.match(written.removeprefix(r"\displaystyle").strip())
    rows = re.split(r"\\\\\s*\n", aligned[1]) if aligned else [written]
    kept = [row.strip().lstrip("&") for row in rows if named or not _NAMED.match(row.strip())]
    return joined(element("div", _row(row), class_="row") for row in kept)


def inline(latex: str) -> Html:
    """A short formula within a line of text."""
    return _converted(latex.strip().strip("$").replace(r"\displaystyle", "").strip())


def _row(latex: str) -> Html:
    latex = latex.replace(r"\displaystyle", "").strip()
    if len(latex) <= SHORT or r"\begin" in latex:
        return joined(map(_converted, _arrays(latex)))
    return Html(" ".join(_converted(piece) for piece in pieces(latex)))


def _arrays(latex: str) -> list[str]:
    """Tableaux side by side, each a formula of its own, with the letter before it."""
    parts = re.split(r"(?<=\\end\{array\})\s*\\qquad\s*", latex)
    return [part.replace("$", " ").strip() for part in parts if part.strip()]


def pieces(latex: str) -> list[str]:
    r"""A long row, cut before each sign that is not inside braces or parentheses.

    >>> pieces(r"u' = f - h^{2} \left[a(1 + k) f'f + b\right] + \cdots")
    ["u' = f", "- h^{2} [a(1 + k) f'f", '+ b]', '+ \\cdots']
    """
    latex = latex.replace(r"\left[", "[").replace(r"\right]", "]")
    found, depth, start = [], 0, 0
    for token in _CUT.finditer(latex):
        shown = token[0]
        depth += shown in ("{", "(") or shown.startswith(r"\begin")
        depth -= shown in ("}", ")") or shown.startswith(r"\end")
        before = latex[start : token.start()].rstrip()
        if depth == 0 and shown in ("+", "-") and before and before[-1] not in "=[,+-":
            found.append(before)
            start = token.start()
    return [*found, latex[start:].strip()]


@functools.cache
def _converter() -> Callable[[str], str]:
    """Loaded with the first formula: who only looks at the public names does not need it."""
    return importlib.import_module("latex2mathml.converter").convert


@functools.lru_cache(maxsize=4096)
def _converted(latex: str) -> Html:
    """One formula as MathML. Only elements and attributes of MathML pass, whatever came within the LaTeX."""
    convert = _converter()
    try:
        root = ET.fromstring(convert(latex))
        _clean(root)
    except Exception:  # the library raises errors of many kinds on what it cannot read
        return element("code", latex, class_="latex")
    if latex.startswith(("+", "-")) and (sign := root.find(".//mo")) is not None:
        sign.set("form", "infix")
    return Html(ET.tostring(root, encoding="unicode", short_empty_elements=False))


def _clean(node: ET.Element) -> None:
    lines = {name: node.get(name, "").split() for name in ("columnlines", "rowlines")}
    node.tag = node.tag.rpartition("}")[2]
    if node.tag not in TAGS or len(node) != PARTS.get(node.tag, len(node)):
        raise ValueError(node.tag)
    if node.text:
        node.text = node.text.replace(r"\_", "_")
        if "\\" in node.text:  # a command that the library does not know
            raise ValueError(node.text)
    node.attrib = {key: value for key, value in node.attrib.items() if key in ATTRIBUTES}
    for i, child in enumerate(node):
        _clean(child)
        if node.tag == "msup" and i == 1:
            _prime(node, child)
        if node.tag == "mtable":
            _ruled(child, lines["columnlines"], below=i < len(lines["rowlines"]) and lines["rowlines"][i] == "solid")


def _prime(power: ET.Element, mark: ET.Element) -> None:
    """A prime beside its letter: fonts have it raised already, and an exponent would raise it twice."""
    if mark.tag == "mi" and mark.text and set(mark.text) <= set(PRIMES):
        power.tag, mark.tag, mark.attrib = "mrow", "mo", {"lspace": "0", "rspace": "0", "form": "postfix"}


def _ruled(row: ET.Element, columns: list[str], *, below: bool) -> None:
    """The lines of a tableau as classes: browsers do not draw those of MathML 3."""
    for j, cell in enumerate(row):
        marks = ["bar"] if j < len(columns) and columns[j] == "solid" else []
        marks += ["rule"] if below else []
        if marks:
            cell.set("class", " ".join(marks))
