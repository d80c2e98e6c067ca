"""docs/add_a_scheme.md does what it says: its files are written, its code is run, in a fresh process."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "add_a_scheme.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_adds_a_scheme(tmp_path):
    toml, use_of_file, entry, use_of_entry = (match[2] for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    (tmp_path / "mine.toml").write_text(toml)
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "mine.py").write_text(entry)
    # the page's file stands in the catalog's folder; here the catalog is given one more folder
    extend = "import schemetools.schemes.catalog as c; c.__path__.append('catalog')\n"
    script = extend + use_of_file + use_of_entry
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("2\n") and "order 2" in run.stdout and "class OneParameterBlock" in run.stdout
