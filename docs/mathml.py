"""Equations as MathML, which browsers set by themselves: no script, no font, no network.

docutils turns LaTeX into MathML. It has no `array`, so a tableau goes through it as a matrix, and its rules are
drawn afterwards. An equation that cannot be converted is a warning, and so is a page that asks another host for
a script, a style or a font.
"""

import html
import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

log = logging.getLogger(__name__)

ARRAY = re.compile(r"\\begin\{array\}\{([^}]*)\}(.*?)\\end\{array\}", re.DOTALL)
HLINE = r"\hline"
FOREIGN = re.compile(r"<(script|link|img|iframe)\b[^>]*?\b(?:src|href)=[\"']((?:https?:)?//[^\"']*)[\"'][^>]*>")
FOREIGN_STYLE = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"'])((?:https?:)?//[^\"')]*)")


def mathml(tex: str, block: bool = False) -> str:
    """LaTeX as one `math` element; MathError says what docutils does not know."""
    tables = [(columns, _rules(body)) for columns, body in ARRAY.findall(tex)]
    plain = ARRAY.sub(lambda found: rf"\begin{{matrix}}{found[2].replace(HLINE, '')}\end{{matrix}}", tex)
    plain = plain.replace(r"\displaystyle", "").replace(r"\texttt", r"\mathtt").strip().strip("$")
    text = latex2mathml.tex2mathml(plain, block)
    text = re.sub(r"&(?!amp;|lt;|gt;)\w+;", lambda found: html.unescape(found[0]), text)
    text = re.sub(r">\s+<", "><", text.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', ""))
    root = ElementTree.fromstring(text)
    if tables:
        for element, (columns, rows) in zip(root.iter("mtable"), tables, strict=False):
            _draw(element, columns, rows)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _rules(body: str) -> list[int]:
    """Above which rows of a table a rule goes."""
    return [body[: rule.start()].count(r"\\") for rule in re.finditer(re.escape(HLINE), body)]


def _draw(table: ElementTree.Element, columns: str, rows: list[int]) -> None:
    """A tableau: a rule after the column that `|` follows, and above the given rows."""
    after = {i - columns[:i].count("|") for i, letter in enumerate(columns) if letter == "|"}
    table.set("class", "tableau")
    for i, row in enumerate(table.iter("mtr")):
        for j, cell in enumerate(row.iter("mtd"), start=1):
            kinds = [kind for kind, there in (("right", j in after), ("above", i in rows)) if there]
            if kinds:
                cell.set("class", " ".join(kinds))


def _written(self: HTML5Translator, node: nodes.Element, block: bool) -> None:
    try:
        self.body.append(mathml(node.astext(), block))
    except (MathError, ElementTree.ParseError, AttributeError) as error:
        log.warning("an equation is not MathML: %s in %s", error, node.astext(), location=node)
    raise nodes.SkipNode


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    _written(self, node, block=False)


def _block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    try:
        _written(self, node, block=True)
    finally:
        self.body.append("</div>\n")


def foreign(text: str) -> list[str]:
    """What a page asks of another host: scripts, styles, fonts, pictures, frames."""
    asked = [found[2] for found in FOREIGN.finditer(text) if 'rel="canonical"' not in found[0]]
    return [*asked, *FOREIGN_STYLE.findall(text)]


def _check(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        for path in sorted(Path(app.outdir).rglob("*.html")):
            for address in foreign(path.read_text(encoding="utf-8")):
                log.warning("%s needs the network: %s", path.relative_to(app.outdir), address)


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the renderer and the check."""
    sphinx.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    sphinx.connect("build-finished", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
