"""What a table is, as data: rows (a network, a scheme, options), the claim it stands for, the published figures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemetools.errors import UnknownNameError


@dataclass(frozen=True)
class Published:
    """A test error in %, as it stands in a publication; never mixed with what is measured here.

    `checked` is False for a figure that is only cited, and was not compared with the text of the publication.
    """

    error: str
    source: str
    checked: bool = True


@dataclass(frozen=True)
class Row:
    """One network of a table.

    `label` names it; `model`, `scheme` and `options` are what `models.build` takes, `settings` change the training.
    `against` is the label of the row with which it is compared, seed by seed.
    """

    label: str
    model: str
    scheme: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    against: str | None = None
    published: tuple[Published, ...] = ()

    @property
    def folder(self) -> str:
        """The label as the name of a folder."""
        return re.sub(r"[^a-z0-9]+", "-", self.label.lower()).strip("-")


@dataclass(frozen=True)
class Table:
    """A table of the literature.

    `data` is the data set of the published figures, with so many `classes`; `size` the side of an image, where images
    are resized; `tiny` are the options that shrink its networks for the budget tiny. `noise` has the deviations of the
    Gaussian noise, in units of the pixel range 0..1, at which a trained network is tested as well.
    """

    name: str
    title: str
    data: str
    classes: int
    claim: str
    rows: tuple[Row, ...]
    size: int | None = None
    tiny: Mapping[str, Any] = field(default_factory=dict)
    noise: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    def row(self, label: str) -> Row:
        """A row by its label, in any case. Raises UnknownNameError."""
        for row in self.rows:
            if isinstance(label, str) and label.strip().lower() in (row.label.lower(), row.folder):
                return row
        raise UnknownNameError(
            f"the table {self.name} has no row {label!r}; its rows are {', '.join(row.label for row in self.rows)}"
        )
