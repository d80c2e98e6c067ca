from collections import namedtuple

import pytest

from schemetools.cli import main

Result = namedtuple("Result", "code out err")


@pytest.fixture
def schemetools(capsys, tmp_path, monkeypatch):
    """`schemetools("show", "rk4")`: a command run in an empty folder, its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as exit_:
            main([str(a) for a in arguments])
        return Result(exit_.value.code, *capsys.readouterr())

    return run
