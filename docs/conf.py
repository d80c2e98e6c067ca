"""Sphinx settings. The reference is made from docstrings by `reference.py` beside this file."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

# Notebooks live beside the package; Sphinx reads only what is under docs/.
for notebook in sorted((HERE.parent / "notebooks").glob("*.ipynb")):
    (HERE / "notebooks").mkdir(exist_ok=True)
    shutil.copy2(notebook, HERE / "notebooks")

project = "schemetools"
author = "The schemetools authors"
copyright = f"2026, {author}"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "reference", "network_pages", "gallery", "mathml"]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
suppress_warnings = ["mystnb.unknown_mime_type"]
smartquotes = False

html_theme = "furo"
html_title = "schemetools"
html_static_path = ["_static"]
html_css_files = ["schemetools.css"]
html_math_renderer = "mathml"

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3


# Committed with their outputs and executed by `make notebooks`: docs/decisions/0005.
nb_execution_mode = "off"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
