"""The command line: `schemetools list | show | cite | modified-equation | stability | code`; no mathematics."""

from . import commands
from .main import main

__all__ = ["commands", "main"]
