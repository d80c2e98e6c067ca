"""What `make versions` installs as the oldest is what pyproject.toml allows."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_oldest_versions_are_the_lower_bounds():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["torch"], *extras["train"], *extras["test"]]
    bounds = dict(re.match(r"([\w-]+)>=([\d.]+)", text).groups() for text in wanted)
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)$", (ROOT / "tests/versions/oldest.txt").read_text(), re.MULTILINE))

    def number(text):
        return tuple(int(part) for part in (*text.split("."), "0", "0"))[:3]

    for name, version in pinned.items():
        assert number(version) == number(bounds[name]), name
    assert {"sympy", "numpy", "python-flint", "scipy", "torch", "transformers"} <= set(pinned)
