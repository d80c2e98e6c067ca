"""Equations as MathML, which browsers set by themselves: no script, no font, no network.

The converter is that of the report page. An equation that cannot be converted is a warning, and so is a page that
asks another host for a script, a style or a font.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from schemetools.present.page.markup import Html
from schemetools.present.page.mathml import UNREAD, inline, math

log = logging.getLogger(__name__)

FOREIGN = re.compile(r"<(script|link|img|iframe)\b[^>]*?\b(?:src|href)=[\"']((?:https?:)?//[^\"']*)[\"'][^>]*>")
FOREIGN_STYLE = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"'])((?:https?:)?//[^\"')]*)")


def _written(self: HTML5Translator, node: nodes.Element, shown: Html) -> None:
    if UNREAD in shown:
        log.warning("an equation is not MathML: %s", node.astext(), location=node)
    self.body.append(shown)


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    _written(self, node, inline(node.astext()))
    raise nodes.SkipNode


def _block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    _written(self, node, math(node.astext(), named=True))
    self.body.append("</div>\n")
    raise nodes.SkipNode


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
