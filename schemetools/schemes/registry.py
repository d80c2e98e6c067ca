"""The one registry of names: what a catalog file declares, and how a name becomes a scheme."""

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated, Any

from sympy import Expr, Symbol

from schemetools import exact
from schemetools.errors import SchemeError, UnknownNameError
from schemetools.exact.parser import shorten
from schemetools.schemes.base import Scheme, labelled
from schemetools.schemes.discretisation import Discretisation, labelled_discretisation
from schemetools.schemes.naming import argument, split_arguments
from schemetools.schemes.references import citation

Coefficient = Annotated[Any, "a coefficient of the family, exact"]

_NAME = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\((.*)\)|:(.*))?\s*", re.DOTALL)


class Family:
    """A catalog entry with parameters: call it for a scheme; named bare it is its default instance.

    >>> import schemetools as st
    >>> st.bdf(3).name, st.lm.scheme.name
    ('bdf(3)', 'lm(k)')
    """

    def __init__(self, build: Callable[..., Any], reference: str, kind: str, note: str = ""):
        self.build = build
        self.kind = kind
        self.note = note
        self.name = build.__name__
        self.source = reference
        self.reference = citation(reference)
        self.signature = inspect.signature(build)
        functools.update_wrapper(self, build)

    @property
    def scheme(self) -> Any:
        """The default instance."""
        return self()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The scheme with these parameters; SchemeError for arguments that the family does not take."""
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise SchemeError(f"{self.name}{self.usage}: {error}") from None
        bound.apply_defaults()
        parameters = self.signature.parameters
        values = {
            key: _take(self.name, key, parameters[key].annotation, value) for key, value in bound.arguments.items()
        }
        is_exact = not any(exact.is_long_float(v) for v in bound.arguments.values())
        return _instance(self, tuple(values.items()), is_exact)

    @property
    def usage(self) -> str:
        """The parameters with their defaults, as a person types them: `(k=2)`."""
        return "(" + ", ".join(f"{p.name}={p.default}" for p in self.signature.parameters.values()) + ")"

    def __repr__(self) -> str:
        return f"<family {self.name}{self.usage}>"


def _take(family: str, key: str, annotation: Any, value: Any) -> Any:
    """One argument of a family: an integer, an exact coefficient, a scheme, or a word."""
    if annotation is Coefficient:
        try:
            return exact.coefficient(value, parameter=True)
        except SchemeError as error:
            raise type(error)(f"{family}({key}=...): {error}") from None
    if annotation is int:
        if isinstance(value, Expr) and value.is_Integer:
            value = int(value)  # type: ignore[arg-type]
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise SchemeError(f"{family}({key}={value!r}): {key} must be an integer")
        return value.__index__()
    if annotation is Scheme and isinstance(value, str):
        return get(value)
    return value


@functools.lru_cache(maxsize=4096)
def _instance(family: Family, values: tuple[tuple[str, Any], ...], is_exact: bool) -> Any:
    scheme = family.build(**dict(values))
    shown = ", ".join(argument(key, value, is_exact=is_exact) for key, value in values)
    name = f"{family.name}({shown})" if values else family.name
    if isinstance(scheme, Discretisation):
        return labelled_discretisation(scheme, name, family.reference, is_exact and scheme.exact)
    return labelled(scheme, name=name, reference=family.reference, exact=is_exact and scheme.exact)


GENERAL_LINEAR = "general linear"  # every scheme that lowers to the normal form (A, U, B, V)
SECOND_ORDER = "Runge-Kutta-Nystrom"  # methods for q'' = f
VARIABLE_STEP = "variable-step multistep"  # on a grid whose steps grow by a ratio
DIFFERENCE = "difference"  # schemes of partial differential equations

_entries: dict[str, Family] = {}
_aliases: dict[str, str] = {}


def entry(
    *, reference: str, aliases: tuple[str, ...] = (), kind: str = GENERAL_LINEAR, note: str = ""
) -> Callable[[Callable[..., Any]], Family]:
    """Declare a catalog entry: a function that builds the scheme; its name is the entry's, its parameters the
    family's. `kind` says what it is where it has no general linear normal form; `note` what a reader must know who
    takes the name from elsewhere: other methods of that name, the row that others advance, misprints.
    """

    def declare(build: Callable[..., Any]) -> Family:
        name = build.__name__
        missing = [p.name for p in inspect.signature(build).parameters.values() if p.default is p.empty]
        if missing or not reference or not build.__doc__:
            raise TypeError(f"catalog entry {name} needs a reference, a docstring, and a default for each of {missing}")
        taken = [n for n in (name, *aliases) if n in _entries or n in _aliases]
        if taken:
            raise TypeError(f"catalog name {taken[0]} is declared twice")
        _entries[name] = family = Family(build, reference, kind, note)
        _aliases.update(dict.fromkeys(aliases, name))
        return family

    return declare


@functools.cache
def _load() -> None:
    package = importlib.import_module(f"{__package__}.catalog")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def names(kind: str | None = None) -> tuple[str, ...]:
    """The canonical names of the catalog, sorted; families without their parameters. `kind` picks those of one kind.

    >>> "rk4" in names(), "rk4" in names(kind="general linear")
    (True, True)
    """
    _load()
    if kind is not None and (not isinstance(kind, str) or kind not in kinds()):
        raise SchemeError(
            f"{kind!r} is no kind of scheme in the catalog; its kinds: {', '.join(kinds())}; "
            "Runge-Kutta, linear multistep and additive schemes are general linear ones here, which `schemetools list "
            "--kind` tells apart"
        )
    return tuple(sorted(name for name, family in _entries.items() if kind in (None, family.kind)))


def kinds() -> tuple[str, ...]:
    """The kinds of schemes that the catalog holds, sorted."""
    _load()
    return tuple(sorted({family.kind for family in _entries.values()}))


def aliases() -> dict[str, str]:
    """Other names of catalog entries: {alias: canonical name}."""
    _load()
    return dict(sorted(_aliases.items()))


def family(name: str) -> Family:
    """The declaration behind a catalog name or alias; UnknownNameError with the nearest names otherwise."""
    _load()
    name = _aliases.get(name, name)
    if name not in _entries:
        near = get_close_matches(name.lower(), [*_entries, *_aliases], n=3) if len(name) < 60 else []
        hint = f"did you mean {', '.join(near)}?" if near else "st.names() lists the catalog"
        raise UnknownNameError(f"the catalog has no scheme {shorten(name)!r}; {hint}")
    return _entries[name]


def entry_of(scheme: Any) -> Family | None:
    """The entry that a scheme comes from, by its name and source; None for any other scheme.

    >>> import schemetools as st
    >>> entry_of(st.bdf(3)).name, entry_of(st.RungeKutta([[0]], [1], name="bdf"))
    ('bdf', None)
    """
    match = _NAME.fullmatch(scheme.name or "")
    _load()
    found = _entries.get(match[1]) if match else None
    return found if found is not None and found.reference == scheme.reference else None


def resolve(name: str) -> Any:
    """What `st.NAME` is: the scheme, or the family where there are parameters."""
    found = family(name)
    return found if found.signature.parameters else found()


def get(text: str) -> Scheme:
    """The scheme of a name: "rk4", "bdf(4)", "lm(k=3/10)", or in a shell without quotes bdf:4, lm:k=0.3.

    Arguments are exact numbers of the coefficient grammar, names of free symbols, or, where a family takes schemes,
    names of schemes. A family named bare is its default instance. Raises SchemeError with what was expected.

    >>> get("lm:k=0.3").name
    'lm(k=3/10)'
    """
    match = _NAME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise SchemeError(f"{shorten(repr(text))} is not a scheme's name; write rk4, bdf(4) or lm(k=3/10)")
    name, in_parentheses, after_colon = match.groups()
    found = family(name)
    values: dict[str, Any] = {}
    for i, part in enumerate(split_arguments(in_parentheses or after_colon or "")):
        key, shown = _key_and_text(found, i, part)
        if key in values:
            raise SchemeError(f"{text!r} gives {key} twice")
        values[key] = _read(found.signature.parameters[key].annotation, shown)
    return found(**values)


def _key_and_text(found: Family, position: int, part: str) -> tuple[str, str]:
    key, equals, shown = part.partition("=")
    parameters = list(found.signature.parameters)
    if equals and key.strip() in parameters:
        return key.strip(), shown.strip()
    if not (equals and key.strip().isidentifier()) and position < len(parameters):
        return parameters[position], part.strip()
    known = f"{found.name} has the parameters {found.usage}" if parameters else f"{found.name} has no parameters"
    meant = dict(getattr(found.scheme, "numbers", ()))  # which schemes on a grid have
    if key.strip() in meant:
        raise SchemeError(
            f"{key.strip()} is a number of the problem, {key.strip()} = {meant[key.strip()]}: of {found.name} all is "
            f"said for every value of it; {known}, and in Python .subs gives the number a value"
        )
    raise SchemeError(f"{part.strip()!r} is no parameter of {found.name}{found.usage}")


def _read(annotation: Any, shown: str) -> Any:
    """An argument's text as its parameter's kind."""
    if annotation is Scheme:
        return get(shown)
    if annotation is Coefficient and shown.isidentifier():
        return Symbol(shown)
    return exact.parse(shown) if annotation in (int, Coefficient) else shown
