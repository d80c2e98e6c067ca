"""The entry point: runs a command, and turns every mistake of a user into one line on stderr and exit code 2."""

import io
import os
import sys
from collections.abc import Sequence

import typer

from schemetools.errors import SchemeError

from .app import app

BAD_INPUT, INTERRUPTED = 2, 130
LONGEST_MESSAGE = 600

# typer may carry click inside or depend on it; its usage errors are found through the one name that it makes public.
_UsageError: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "UsageError")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `schemetools ARGUMENTS...` (those of the process where none are given) and exit with its code.

    Codes: 0 done; 2 bad input, and one line on stderr; 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # where a character cannot be shown, a question mark is
            stream.reconfigure(errors="replace")
    sys.exit(_run(list(sys.argv[1:] if arguments is None else arguments)))


def _run(arguments: list[str]) -> int:
    try:
        return app(arguments, prog_name="schemetools", standalone_mode=False) or 0
    except _UsageError as error:
        return _refuse(f"{error.format_message().rstrip('.')}; see {_help_of(error)}")  # type: ignore[attr-defined]
    except (SchemeError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            return _reader_left()
        return _refuse(_sentence(error))
    except ModuleNotFoundError as error:
        return _refuse(
            f"this needs the package {error.name}, which is not installed; try: pip install 'schemetools[torch]'"
        )
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED


def _help_of(error: BaseException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'schemetools'} --help"


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _refuse(message: str) -> int:
    line = " ".join(message.split())
    if len(line) > LONGEST_MESSAGE:
        line = f"{line[: LONGEST_MESSAGE // 2]} ... {line[-LONGEST_MESSAGE // 2 :]}"
    typer.echo(f"schemetools: {line}", err=True)
    return BAD_INPUT


def _reader_left() -> int:
    """`schemetools list | head -1`: the rest is not wanted; Python must not complain about it at exit either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
