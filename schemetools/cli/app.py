"""The typer application, to which each command attaches itself."""

import typer

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _schemetools(context: typer.Context) -> None:
    """Numerical schemes, written down once: their mathematics, their programs, their networks.

    NAME is a name of the catalog, with parameters as in lm:k=0.3, "lm(k=0.3)" or bdf:4, or a TOML file with a scheme of
    your own. Exit code 0: done. Exit code 2: bad input, with one line on stderr that says how to mend it.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
