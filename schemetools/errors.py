"""What goes wrong, one class per kind: every message says what came, what was expected and how to mend it."""


class SchemeError(ValueError):
    """Base of every error that this package raises on a user's input.

    >>> import schemetools as st
    >>> st.get("nix")
    Traceback (most recent call last):
        ...
    schemetools.errors.UnknownNameError: the catalog has no scheme 'nix'; st.names() lists the catalog
    """


class CoefficientError(SchemeError):
    """A number or text that cannot be an exact coefficient.

    >>> import schemetools as st
    >>> st.lm(k="1e400")
    Traceback (most recent call last):
        ...
    schemetools.errors.CoefficientError: lm(k=...): cannot read the coefficient '1e400': the exponent of ...
    """


class TableauError(SchemeError):
    """Coefficients that do not make a scheme: ragged, contradictory or inconsistent.

    >>> import schemetools as st
    >>> st.RungeKutta([[0], [1, 0, 2]], [1, 0])
    Traceback (most recent call last):
        ...
    schemetools.errors.TableauError: A is ragged: its rows have 1, 3 entries; give 2 entries in every row, ...
    """


class UnknownNameError(SchemeError):
    """A name that the catalog does not hold.

    >>> import schemetools as st
    >>> st.get("nix")
    Traceback (most recent call last):
        ...
    schemetools.errors.UnknownNameError: the catalog has no scheme 'nix'; st.names() lists the catalog
    """


class FileError(SchemeError):
    """A scheme file that cannot be read; the message names the line and the key.

    >>> import schemetools as st
    >>> st.load("nowhere.toml")
    Traceback (most recent call last):
        ...
    schemetools.errors.FileError: cannot read nowhere.toml: No such file or directory
    """


class UnsupportedError(SchemeError):
    """A well-formed request that the mathematics or the program cannot answer.

    >>> import schemetools as st
    >>> st.order("upwind")
    Traceback (most recent call last):
        ...
    schemetools.errors.UnsupportedError: upwind is a scheme of a partial differential equation; a scheme of ...
    """


class NoSuchTreeError(SchemeError, KeyError):
    """A tree for which there is no coefficient or condition; as a KeyError it lets `in` and `get` work.

    >>> import schemetools as st
    >>> st.modified_equation("rk4", order=2)["[[.]]"]
    Traceback (most recent call last):
        ...
    schemetools.errors.NoSuchTreeError: [[.]] is none of the trees here: they have 1 to 2 nodes, without ...
    """

    __str__ = ValueError.__str__


class SchemeWarning(UserWarning):
    """A scheme that is taken as it came, though it is not what its source says it is.

    >>> import warnings
    >>> import schemetools as st
    >>> with warnings.catch_warnings(record=True, action="always") as said:
    ...     scheme = st.variable_bdf2("5/2")
    >>> [warning.category.__name__ for warning in said]
    ['SchemeWarning']
    """


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
