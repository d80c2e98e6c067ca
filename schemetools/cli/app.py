"""The typer application, to which each command attaches itself."""

from typing import Any

import typer
import typer.core

import schemetools as st

EXAMPLES = """\b
Examples:
  schemetools show rk4
  schemetools modified-equation lm:k=0.3
  schemetools stability rk4 lm:k=0.3 bdf:4 -o region.png
  schemetools code dopri5 --target c
  schemetools demo

\b
Exit codes: 0 done; 2 bad input, with one line on stderr that says how to mend
it; 130 interrupted."""

INSTEAD = {
    "order": "schemetools show NAME says the order",
    "help": "write schemetools --help, or schemetools COMMAND --help",
    "version": "write schemetools --version",
    "names": "schemetools list lists the catalog",
    "plot": "schemetools stability NAME -o region.png draws",
    "latex": "schemetools show NAME --latex prints LaTeX",
}


class _Commands(typer.core.TyperGroup):
    """The commands, with a hint for words that name none but that people try."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of the first word. Raises click's usage error, with the hint."""
        if args[0] not in self.commands and args[0] in INSTEAD:
            ctx.fail(f"there is no command {args[0]!r}; {INSTEAD[args[0]]}")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Commands,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"schemetools {st.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def _schemetools(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Numerical schemes, written down once: their mathematics, their programs, their networks.

    NAME is a name of the catalog, with parameters as in lm:k=0.3, "lm(k=0.3)" or bdf:4, or a TOML file with a scheme of
    your own, mine.toml, with values for its symbols as in mine.toml:a=2/3.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
