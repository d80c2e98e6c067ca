"""Long tableaus that are kept as data: `tables/NAME.toml`, in the form that `st.load` reads, each read at first use."""

import importlib
from importlib.resources import files
from typing import Any


def table(name: str) -> Any:
    """The scheme of a table; rows of A leave out the zeros from the diagonal on."""
    place = files("schemetools.schemes.catalog").joinpath("tables", f"{name}.toml")
    reader = importlib.import_module("schemetools.schemes.files")  # on first use: the list of names needs no reader
    return reader.from_toml(place.read_text(encoding="utf-8"), place.name)
