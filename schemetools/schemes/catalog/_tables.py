"""Long tableaus that are kept as data: `tables/NAME.toml`, in the form that `st.load` reads, each read at first use."""

from importlib.resources import files
from typing import Any

from schemetools.schemes.files import from_toml


def table(name: str) -> Any:
    """The scheme of a table; rows of A leave out the zeros from the diagonal on."""
    place = files(__package__).joinpath("tables", f"{name}.toml")
    return from_toml(place.read_text(encoding="utf-8"), place.name)
