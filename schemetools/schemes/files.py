"""Schemes in TOML: a user's tableau in and out, coefficients as text of the exact grammar."""

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from sympy import Expr, Symbol

from schemetools import exact
from schemetools.atomic import replacing
from schemetools.errors import FileError, SchemeError, came
from schemetools.exact.parser import MAX_LENGTH
from schemetools.schemes import grid_files, phi
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme
from schemetools.schemes.discretisation import Discretisation, discretisation_of
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.file_kinds import COMPLEX, FIELD_KEYS, KEYS, KINDS, LABELS, TYPES
from schemetools.schemes.imex_multistep import ImexMultistep
from schemetools.schemes.masked import MaskedEuler
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.random import distribution_of, random_symbol
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.variable import VariableMultistep

MAX_BYTES = 1_000_000
NYSTROM = ("A_prime", "b_prime", "b_prime_hat")
_DISTRIBUTION = re.compile(r"\s*([a-z]+)\s*\((.*)\)\s*", re.DOTALL)


class _File:
    """One parsed file: values by key, coefficients by the declared symbols, errors by line and key."""

    def __init__(self, text: str, source: str):
        self.text, self.source = text, source
        try:
            self.data = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise FileError(f"{source}: this is not TOML: {_repeated_key(text) or error}") from None
        except ValueError:
            raise FileError(f"{source}, {_longest_number(text)} has more digits than can be read") from None
        except RecursionError:
            raise FileError(
                f"{source}: its brackets are nested too deeply; a scheme's lists hold rows, and these coefficients"
            ) from None
        self.symbols: dict[str, Expr] = {}
        self.kind: Any = None

    def fail(self, key: str, reason: object) -> FileError:
        last = key.split("[")[0].split(".")[-1]
        found = (
            re.search(rf"^\s*\[?[\w.\"]*\b{re.escape(last)}\b\"?\s*[=\].]", self.text, re.MULTILINE) if last else None
        )
        line = self.text.count("\n", 0, found.end()) + 1 if found else 1
        return FileError(f"{self.source}, line {line}, key {key}: {reason}")

    def nested(self, data: dict[str, Any]) -> Scheme:
        """The scheme of a table in this file."""
        inner = _File("", self.source)
        inner.text, inner.data = self.text, data
        found = inner.read()
        if not isinstance(found, Scheme):
            raise self.fail("scheme", f"{found} is no scheme of u' = f(u)")
        return found

    def read(self) -> Scheme | Discretisation:
        self.kind = kind = self.data.get("kind", "LinearMultistep" if "alpha" in self.data else "RungeKutta")
        if not isinstance(kind, str) or kind not in (*KINDS, *grid_files.KEYS):
            known = ", ".join((*KINDS, *grid_files.KEYS))
            raise self.fail("kind", f"{kind!r} is no kind of scheme; write one of {known}")
        self.refuse_unknown("", self.data, LABELS | (KEYS | grid_files.KEYS)[kind])
        self.declare()
        labels: dict[str, Any] = {key: self.label(key) for key in ("name", "reference")} | {
            key: self.data.get(key) for key in ("exact", "digits")
        }
        if kind in grid_files.KEYS:
            labels = {**labels, "exact": labels.pop("exact") is not False}
            labels.pop("digits")
            return grid_files.read(kind, self, self.nested, labels)
        try:
            return KINDS[kind](self.take, labels)
        except FileError:
            raise
        except SchemeError as error:
            named = re.search(r"\b(A|Gamma|U|B|V|alpha|beta|b_hat|b|c|exact|digits)\b", str(error))
            raise self.fail(named[1] if named and named[1] in self.data else "kind", error) from None

    def refuse_unknown(self, where: str, table: Mapping[str, Any], known: set[str]) -> None:
        for key in table:
            if key not in known:
                raise self.fail(f"{where}{key}", f"unknown key; known are {', '.join(sorted(known))}")

    def label(self, key: str) -> str | None:
        value = self.data.get(key)
        if value is not None and not isinstance(value, str):
            raise self.fail(key, "must be a text in quotes")
        return value

    def declare(self) -> None:
        for section in ("symbols", "random"):
            if not isinstance(self.data.get(section, {}), dict):
                raise self.fail(section, f"must be a table, [{section}]")
        for name in self.data.get("symbols", {}):
            self.add_symbol(f"symbols.{name}", name, lambda: Symbol(name))  # noqa: B023  (called at once)
        for name, described in self.data.get("random", {}).items():
            self.add_symbol(f"random.{name}", name, lambda: self.distribution(name, described))  # noqa: B023

    def add_symbol(self, key: str, name: str, make: Callable[[], Expr]) -> None:
        try:
            exact.check_symbol_name(name)
            if name in self.symbols or name in ("sqrt", "root"):
                owner = "a function of coefficients" if name in ("sqrt", "root") else "another symbol"
                raise FileError(f"the name {name!r} is taken by {owner}; choose another")
            self.symbols[name] = make()
        except SchemeError as error:
            raise self.fail(key, error) from None

    def distribution(self, name: str, described: Any) -> Expr:
        match = _DISTRIBUTION.fullmatch(described) if isinstance(described, str) else None
        if match is None:
            raise FileError(f"{described!r} is no distribution; write such as 'bernoulli(4/5)' or 'uniform(0, 1)'")
        kind, inside = match.groups()
        parameters = [exact.parse(part, self.symbols) for part in inside.split(",") if part.strip()]
        return random_symbol(name, kind, *parameters)

    def take(self, key: str, *default: Any) -> Any:
        """The value under a dotted key; texts in arrays of coefficients as exact expressions."""
        table: Any = self.data
        for part in key.split("."):
            if not isinstance(table, dict) or part not in table:
                if default:
                    return default[0]
                raise self.fail(key, "is missing")
            table = table[part]
        name = key.split(".")[-1]
        if self.data.get("kind") == "Exponential" and isinstance(table, list):
            return table  # linear combinations of phi functions, which the scheme itself reads
        if name in ("A", "Gamma", "U", "B", "V", "b", "c", "b_hat", "alpha", "beta", "gamma", "ratio", *NYSTROM):
            return self.coefficients(key, table)
        if name in ("mask", "power"):
            return self.coefficients(key, table, depth=2)
        expected = TYPES[name]
        if not isinstance(table, expected):
            raise self.fail(key, f"must be a {expected.__name__}")
        if name == "fields":
            for field, inner in table.items():
                if not isinstance(inner, dict):
                    raise self.fail(f"fields.{field}", f"must be a table, [fields.{field}]")
                self.refuse_unknown(f"fields.{field}.", inner, FIELD_KEYS)
        return table

    def coefficients(self, key: str, value: Any, depth: int = 0) -> Any:
        if isinstance(value, list) and depth < 2:
            return [self.coefficients(f"{key}[{i}]", entry, depth + 1) for i, entry in enumerate(value)]
        if depth == 0:
            raise self.fail(key, "must be an array of coefficients")
        try:
            return exact.measure(value, self.symbols, imaginary=self.kind in COMPLEX)
        except SchemeError as error:
            raise self.fail(key, error) from None


def _repeated_key(text: str) -> str | None:
    """Where a table gives a key twice, which tomllib reports without its place."""
    table, seen = "", set()
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*\[([^\[\]]+)\]\s*(#.*)?$", line):
            table = match[1].strip()
        elif match := re.match(r"\s*([\w\"-]+)\s*=", line):
            if (table, match[1]) in seen:
                return f"line {number}, key {match[1]}: is given twice"
            seen.add((table, match[1]))
    return None


def _longest_number(text: str) -> str:
    """Line and key of the longest run of digits, which tomllib refuses without its place."""
    longest = max(re.finditer(r"\d+", text), key=lambda match: match.end() - match.start())
    before = text[: longest.start()]
    keys = re.findall(r"^\s*([\w\"-]+)\s*=", before, re.MULTILINE)
    return f"line {before.count(chr(10)) + 1}, key {keys[-1] if keys else '?'}: an integer"


def load(path: str | os.PathLike[str]) -> Any:
    """The scheme of a TOML file; coefficients are texts such as "1/2", "sqrt(3)/6", "k" or "root(x^3-2, 1, 2)".

    Free symbols are declared under [symbols], random ones under [random] by distribution, such as xi =
    "bernoulli(4/5)". Nothing in the file is evaluated as code. Raises FileError, naming line and key, for whatever
    does not fit.

    >>> import schemetools as st
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     st.save(st.rk4, Path(folder) / "mine.toml")
    ...     st.load(Path(folder) / "mine.toml") == st.rk4
    True
    """
    if not isinstance(path, (str, os.PathLike)):
        raise FileError(f"load takes the path of a TOML file; {path!r} came")
    source = Path(path)
    try:
        if source.stat().st_size > MAX_BYTES:
            raise FileError(f"{source} has {source.stat().st_size} bytes; a scheme file has at most {MAX_BYTES}")
        text = source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FileError(f"cannot read {source}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FileError(f"{source} is not UTF-8 text") from None
    return from_toml(text, str(source))


def from_toml(text: str, source: str) -> Any:
    """The scheme of a TOML file's text; errors name `source`."""
    return _File(text.replace("\r\n", "\n"), source).read()


def save(scheme: Any, path: str | os.PathLike[str]) -> None:
    """Write a scheme as TOML that `load` reads back to an equal scheme; the file appears whole or not at all.

    Raises FileError where the file cannot be written.

    >>> import schemetools as st
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     st.save(st.euler, Path(folder) / "mine.toml")
    ...     "RungeKutta" in (Path(folder) / "mine.toml").read_text()
    True
    """
    if not isinstance(path, (str, os.PathLike)):
        raise FileError(f"save takes a scheme and the path of a TOML file; {came(path)} came")
    text = to_toml(discretisation_of(scheme) or as_scheme(scheme, imaginary=True))
    try:
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None


def to_toml(scheme: Scheme | Discretisation) -> str:
    """A scheme as the text of a TOML file."""
    lines = [f"kind = {_quoted(type(scheme).__name__)}"]
    lines += [
        f"{key} = {_quoted(value)}" for key in ("name", "reference") if (value := getattr(scheme, key)) is not None
    ]
    lines += _exactness(scheme)
    tables: list[str] = []
    if isinstance(scheme, Discretisation):
        more, tables = grid_files.body(scheme, to_toml)
        return "\n".join([*lines, *more, *tables, ""])
    match scheme:
        case RungeKutta():
            lines += _tableau(scheme)
        case LinearMultistep():
            lines += [_array("alpha", scheme.alpha), _array("beta", scheme.beta)]
        case ImexMultistep():
            lines += [_array(key, getattr(scheme, key)) for key in ("alpha", "beta", "gamma")]
        case Exponential():
            rows = ("A", "b") if scheme.b_hat is None else ("A", "b", "b_hat")
            lines += [_array(key, getattr(scheme, key), phi.text) for key in rows]
        case Rosenbrock():
            lines += [_array(key, getattr(scheme, key)) for key in ("A", "Gamma", "b")]
            lines += [] if scheme.b_hat is None else [_array("b_hat", scheme.b_hat)]
            lines += ["w_method = true"] if scheme.w_method else []
        case AdditiveRungeKutta():
            lines.append(f"partitioned = {str(scheme.partitioned).lower()}")
            for label, tableau in scheme.tableaux:
                tables += ["", f"[fields.{_key(label)}]", *_tableau(tableau)]
        case GeneralLinear():
            lines += [_array(key, getattr(scheme, key)) for key in "AUBV"]
            lines += [f"colours = [{', '.join(map(_quoted, scheme.colours))}]", f"parts = {scheme.parts}"]
        case RungeKuttaNystrom():
            keys = ("A", "A_prime", "b", "b_prime", "c", "b_hat", "b_prime_hat")
            lines += [_array(key, getattr(scheme, key)) for key in keys if getattr(scheme, key) is not None]
        case VariableMultistep():
            lines += [_array(key, getattr(scheme, key)) for key in ("alpha", "beta")]
            lines.append(_array("ratio", (scheme.ratio,)))
        case MaskedEuler():
            lines += [f"placement = {_quoted(scheme.placement)}", f"mask = {_quoted(exact.text(scheme.mask))}"]
            lines.append(f"power = {_quoted(exact.text(scheme.power))}")
    if scheme.free_symbols:
        tables += ["", "[symbols]", *(f'{_key(n)} = "free"' for n in sorted(s.name for s in scheme.free_symbols))]
    if scheme.random_symbols:
        tables += [
            "",
            "[random]",
            *(f"{_key(s.name)} = {_quoted(_described(s))}" for s in sorted(scheme.random_symbols, key=str)),
        ]
    return "\n".join([*lines, *tables, ""])


def _exactness(scheme: Scheme | Discretisation) -> list[str]:
    """Where the digits alone would tell otherwise, the file says it too."""
    if isinstance(scheme, Discretisation):
        return [] if scheme.exact else ["exact = false"]
    if not scheme.exact:
        return ["exact = false", f"digits = {scheme.digits}"]
    if isinstance(scheme, Exponential):
        return []
    return ["exact = true"] if any(exact.measure(c, imaginary=True).decimals for c in scheme.coefficients) else []


def _tableau(scheme: RungeKutta) -> list[str]:
    lines = [_array("A", scheme.A), _array("b", scheme.b), _array("c", scheme.c)]
    if scheme.c_is_declared:
        lines.append("c_is_declared = true")
    if scheme.storage is not None:
        lines.append(f"storage = {_quoted(scheme.storage)}")
    return lines if scheme.b_hat is None else [*lines, _array("b_hat", scheme.b_hat)]


def _array(key: str, values: tuple[Any, ...], write: Callable[[Expr], str] = exact.text) -> str:
    if values and isinstance(values[0], tuple):
        rows = ",\n".join("    " + _inline(row, write) for row in values)
        return f"{key} = [\n{rows},\n]"
    return f"{key} = {_inline(values, write)}"


def _inline(values: tuple[Expr, ...], write: Callable[[Expr], str]) -> str:
    return "[" + ", ".join(_quoted(write(v)) for v in values) + "]"


def _described(symbol: Expr) -> str:
    kind, parameters = distribution_of(symbol)
    return f"{kind}({', '.join(map(exact.text, parameters))})"


def _quoted(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise FileError(
            f"a coefficient has {len(text)} characters, and files hold {MAX_LENGTH}; keep the scheme's name"
        )
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)
