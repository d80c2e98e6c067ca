"""The command `doctor`: what is installed, which devices there are, what is missing and for what."""

import importlib
import sys
from typing import Annotated, Any

import typer

import schemetools as st
from schemetools.cli.app import app
from schemetools.cli.output import show_json, show_lines, table_lines
from schemetools.cli.screen import fitted

NEEDED = {
    "sympy": "the mathematics",
    "python-flint": "fast and certified exact arithmetic",
    "numpy": "programs and regions",
    "scipy": "solvers as schemes",
    "matplotlib": "pictures",
    "typer": "this command line",
    "rich": "progress bars and tables",
}
OPTIONAL = {
    "torch": "networks",
    "accelerate": "schemetools train",
    "pillow": "schemetools train",
    "scikit-learn": "schemetools demo",
    "diffrax": "to_diffrax",
    "torchdiffeq": "to_torchdiffeq",
    "torchsde": "simulate by torchsde",
    "transformers": "networks of others, converted",
}


@app.command(epilog="Example: schemetools doctor --json")
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False) -> None:
    """Versions, devices, and what is missing."""
    rows = [("schemetools", st.__version__, ""), ("python", ".".join(map(str, sys.version_info[:3])), "")]
    rows += [(name, _version(name), use) for name, use in {**NEEDED, **OPTIONAL}.items()]
    devices = _devices() if _version("torch") else []
    lacking = [name for name, version, _ in rows if not version]
    broken = [name for name in lacking if name in NEEDED]
    if as_json:
        versions = {name: version or None for name, version, _ in rows}
        show_json({"versions": versions, "devices": devices, "missing": lacking, "complete": not broken})
        return
    table = [(name, version or "not installed", use) for name, version, use in rows]
    lines = table_lines(("package", "version", "for"), table)
    said = [f"devices: {', '.join(devices)}"] if devices else []
    extras = [name for name in lacking if name not in NEEDED]
    said += [f"missing: {', '.join(broken)}; try: pip install --upgrade schemetools"] if broken else []
    said += [f"not installed, and needed for the last column only: {', '.join(extras)}"] if extras else []
    said += [] if broken else ["nothing that is needed is missing"]
    show_lines(*lines, *fitted("\n".join(said)))


def _version(name: str) -> str:
    metadata: Any = importlib.import_module("importlib.metadata")  # here, for it would slow down every --help
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _devices() -> list[str]:
    torch: Any = importlib.import_module("torch")
    found = [f"cpu ({torch.get_num_threads()} threads)"]
    found += [f"cuda:{i} ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count())]
    return found + (["mps"] if torch.backends.mps.is_available() else [])
