"""What goes wrong, one class per kind: every message says what came, what was expected and how to mend it."""


class SchemeError(ValueError):
    """Base of every error that this package raises on a user's input."""


class CoefficientError(SchemeError):
    """A number or text that cannot be an exact coefficient."""


class TableauError(SchemeError):
    """Coefficients that do not make a scheme: ragged, contradictory or inconsistent."""


class UnknownNameError(SchemeError):
    """A name that the catalog does not hold."""


class FileError(SchemeError):
    """A scheme file that cannot be read; the message names the line and the key."""


class UnsupportedError(SchemeError):
    """A well-formed request that the mathematics or the program cannot answer."""


class NoSuchTreeError(SchemeError, KeyError):
    """A tree for which there is no coefficient or condition; as a KeyError it lets `in` and `get` work."""

    __str__ = ValueError.__str__


class SchemeWarning(UserWarning):
    """A scheme that is taken as it came, though it is not what its source says it is."""


LONGEST_VALUE = 40


def kind_of(value: object) -> str:
    """The kind of a value with its article, as a message names it: "an int", "a str"."""
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def came(value: object) -> str:
    """A value as a message names it: itself where that is short, and its kind.

    >>> came(3), came(None), came([0] * 100)
    ('3, an int,', 'None', 'a list')
    """
    shown = repr(value) if isinstance(value, (int, float, complex, str)) else ""
    return (
        "None"
        if value is None
        else f"{shown}, {kind_of(value)},"
        if 0 < len(shown) <= LONGEST_VALUE
        else kind_of(value)
    )
