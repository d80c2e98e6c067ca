"""The entry point: runs a command, and turns every mistake of a user into one line on stderr and exit code 2."""

import functools
import io
import re
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import typer

from schemetools.cli.app import app
from schemetools.errors import SchemeError, SchemeWarning

BAD_INPUT, INTERRUPTED = 2, 130
LONGEST_MESSAGE = 600
STRAY_VALUE = re.compile(r"unexpected extra argument(?:\(s\))? \((\w+=\S+)\)")
RANGE = " is not a valid int range"
INSTEAD = {  # of what the library says to do in Python
    "st.names() lists the catalog": "schemetools list shows the catalog",
    "use scheme.subs first": "give it one, as in lm:k=0.3, or draw a family with --sweep k=-0.9:1:7",
    "second_order_limit says": "in Python st.second_order_limit(scheme) says",
}

# typer may carry click inside or depend on it; its usage errors are found through the one name that it makes public.
_UsageError: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "UsageError")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `schemetools ARGUMENTS...` (those of the process where none are given) and exit with its code.

    Codes: 0 done; 2 bad input, and one line on stderr; 130 interrupted, which one line says.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # where a character cannot be shown, a question mark is
            stream.reconfigure(errors="replace")
    sys.exit(run(app, "schemetools", sys.argv[1:] if arguments is None else arguments))


def run(application: typer.Typer, name: str, arguments: Sequence[str]) -> int:
    """Run an application and return its exit code; what a user did wrong becomes one line on stderr."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = functools.partial(_warned, warnings.showwarning)
            code = application(list(arguments), prog_name=name, standalone_mode=False) or 0
        return _interrupted(name) if code == INTERRUPTED else code  # typer makes a code of Ctrl-C, in some versions
    except _UsageError as error:
        return _refuse(f"{_said(error)}; see {_help_of(error)}")
    except (SchemeError, OSError) as error:
        return _refuse(_sentence(error))
    except ModuleNotFoundError as error:
        return _refuse(
            f"this needs the package {error.name}, which is not installed; try: pip install 'schemetools[torch]'"
        )
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted(name)


def _interrupted(name: str) -> int:
    typer.echo(f"{name}: interrupted", err=True)
    return INTERRUPTED


def _warned(usual: Any, message: Any, category: type[Warning], *place: Any) -> None:
    """A warning about a scheme in one line, without the place in the code; others as Python prints them."""
    if issubclass(category, SchemeWarning):
        typer.echo(f"schemetools: warning: {message}", err=True)
    else:
        usual(message, category, *place)


def _said(error: Exception) -> str:
    said = error.format_message().rstrip(".").replace("Value error, ", "")  # type: ignore[attr-defined]
    if (stray := STRAY_VALUE.search(said)) is not None:
        return f"{said}; a value stands behind the name of its scheme, as in lm:{stray[1]}"
    limits = getattr(getattr(error, "param", None), "type", None)
    if said.endswith(RANGE) and limits is not None:
        span = f"from {limits.min} to {limits.max}" if limits.max is not None else f"of at least {limits.min}"
        return f"{said.removesuffix(RANGE)} is no whole number {span}"
    return said


def _help_of(error: BaseException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'schemetools'} --help"


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    said = str(error)
    for in_python, here in INSTEAD.items():
        said = said.replace(in_python, here)
    return said


def _refuse(message: str) -> int:
    line = " ".join(message.split())
    if len(line) > LONGEST_MESSAGE:
        line = f"{line[: LONGEST_MESSAGE // 2]} ... {line[-LONGEST_MESSAGE // 2 :]}"
    typer.echo(f"schemetools: {line}", err=True)
    return BAD_INPUT
