"""The reference, made from the package: three directives, and a reader for the docstrings of this house.

`.. public-names:: ROOM` documents every public name of one room (`schemetools.ROOM`), in the order of
`schemetools.PUBLIC`; a new public name appears by itself. `.. catalog::` is the table of all schemes, and
`.. command-help::` the help of every command.

Docstrings are plain text: indented lines are formulas, `backticks` are code, `- ` starts a list item, `>>>` an example.
"""

import importlib
import inspect
import itertools
import re
from collections.abc import Iterator

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from typer.testing import CliRunner

import schemetools as st
import schemetools.cli  # attaches the commands to the application
from schemetools.cli.app import app
from schemetools.schemes import registry

# What calls return, by room; tests/test_reference.py compares it with what the signatures promise.
RETURNED = {
    "schemes": ("schemes.base.Scheme", "schemes.discretisation.Discretisation", "schemes.registry.Family"),
    "errors": (
        "errors.CoefficientError",
        "errors.TableauError",
        "errors.UnknownNameError",
        "errors.FileError",
        "errors.UnsupportedError",
        "errors.NoSuchTreeError",
    ),
    "analysis": (
        "analysis.properties.conditions.OrderConditions",
        "analysis.properties.principal.PrincipalError",
        "analysis.properties.cost.Cost",
        "analysis.modified.parasitic.ParasiticMode",
        "analysis.modified.second_order.SecondOrderLimit",
        "analysis.stability.ellipse.Ellipse",
        "analysis.regions.boundary.Curve",
    ),
    "interop": ("interop.convergence.Convergence", "interop.solve.Solution"),
    "nn": (
        "nn.blocks.block.Block",
        "nn.stacks.stack.Stack",
        "nn.reading.inspect.Report",
        "nn.reading.inspect.LayerReport",
        "nn.reading.certificate.Certificate",
        "nn.rewiring.retrofit.Retrofit",
        "nn.reading.cost.ModelCost",
        "nn.training.config.TrainConfig",
        "nn.training.loop.Trained",
        "nn.training.loop.Progress",
    ),
}
# Functions that are reached through a room, as `st.nn.models.build`.
THROUGH = {
    "nn": (
        "nn.models.registry.build",
        "nn.models.registry.names",
        "nn.reading.cost.cost",
        "nn.blocks.groups.parameter_groups",
        "nn.stacks.weights.load_branches",
        "nn.training.loop.train",
    )
}

CODE = re.compile(r"(`+)(.+?)\1")
SPECIAL = re.compile(r"([\\*_|`])")


def documented(room: str) -> Iterator[tuple[str, object]]:
    """The public names of a room and what they stand for."""
    for module, names in st.PUBLIC.items():
        if module.split(".")[0] == room:
            yield from ((name, getattr(st, name)) for name in names)


class _Generated(SphinxDirective):
    """A directive whose content is reStructuredText made from the package."""

    def lines(self) -> Iterator[str]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        container = nodes.container()
        self.state.nested_parse(StringList(list(self.lines()), source=st.__file__), 0, container)
        return container.children


class PublicNames(_Generated):
    """Every public name of one room, what is reached through it, and what its calls return, through autodoc."""

    required_arguments = 1

    def lines(self) -> Iterator[str]:
        room = self.arguments[0]
        yield from self.public()
        for name in THROUGH.get(room, ()):
            yield from (f".. autofunction:: schemetools.{name}", "")
        if room in RETURNED:
            yield from (".. rubric:: What calls return or raise", "")
        for name in RETURNED.get(room, ()):
            yield from (f".. autoclass:: schemetools.{name}", "   :members:", "")

    def public(self) -> Iterator[str]:
        for name, value in documented(self.arguments[0]):
            if inspect.isclass(value):
                yield from (f".. autoclass:: schemetools.{name}", "   :members:", "   :show-inheritance:", "")
            elif inspect.ismodule(value):
                yield from (f".. automodule:: {value.__name__}", "   :members:", "")
            else:
                yield from (f".. autofunction:: schemetools.{name}", "")


class Catalog(_Generated):
    """Every scheme, one table per catalog file: how to write the name, what it is, where it was published."""

    def lines(self) -> Iterator[str]:
        families = map(registry.family, registry.names())
        by_file = sorted(families, key=lambda family: family.build.__module__)
        for module, entries in itertools.groupby(by_file, key=lambda family: family.build.__module__):
            title = prose((importlib.import_module(module).__doc__ or module).splitlines()[0])
            yield from (f".. list-table:: {title}", "   :header-rows: 1", "   :widths: 2 4 4", "")
            yield from ("   * - Name", "     - Scheme", "     - Source")
            for entry in entries:
                arguments = entry.usage if entry.signature.parameters else ""
                yield f"   * - ``{entry.name}{arguments}``"
                yield f"     - {prose((inspect.getdoc(entry.build) or '').splitlines()[0])}"
                yield f"     - {prose(entry.reference)}"
            yield ""


class CommandHelp(_Generated):
    """What `schemetools --help` and `schemetools COMMAND --help` print."""

    def lines(self) -> Iterator[str]:
        commands = sorted(command.name or command.callback.__name__ for command in app.registered_commands)
        for arguments in ([], *([name] for name in commands)):
            title = " ".join(["schemetools", *arguments])
            yield from (f".. rubric:: {title}", "", ".. code-block:: none", "")
            shown = CliRunner().invoke(app, [*arguments, "--help"], prog_name="schemetools", env={"COLUMNS": "100"})
            yield from (f"   {line}".rstrip() for line in shown.output.strip().splitlines())
            yield ""


def prose(text: str) -> str:
    """Plain text as reStructuredText: `code` stays code, every other special character stays itself."""
    parts = []
    end = 0
    for code in CODE.finditer(text):
        parts += [SPECIAL.sub(r"\\\1", text[end : code.start()]), f"``{code[2]}``"]
        end = code.end()
    return "".join([*parts, SPECIAL.sub(r"\\\1", text[end:])])


def docstring(lines: list[str]) -> list[str]:
    """A plain docstring as reStructuredText, block by block."""
    written: list[str] = []
    for kind, rows in itertools.groupby(zip(_kinds(lines), lines, strict=True), key=lambda pair: pair[0]):
        block = [row for _, row in rows]
        if kind == "formula":
            written += ["::", "", *block, ""]
        elif kind == "example":
            written += [*block, ""]
        elif kind != "blank":
            written += [*map(prose, block), ""]
    return written


def _kinds(lines: list[str]) -> Iterator[str]:
    """What each line of a docstring is: blank, example, item (of a list), formula or text."""
    kind = "blank"
    for line in lines:
        if not line.strip():
            kind = "blank"
        elif line.startswith(">>>") or kind == "example":
            kind = "example"
        elif line.startswith("- "):
            kind = "item"
        elif not line.startswith(" "):
            kind = "text"
        elif kind != "item":
            kind = "formula"
        yield kind


def _process(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    lines[:] = docstring(lines)


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the directives and the reader of docstrings."""
    sphinx.add_directive("public-names", PublicNames)
    sphinx.add_directive("catalog", Catalog)
    sphinx.add_directive("command-help", CommandHelp)
    sphinx.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
