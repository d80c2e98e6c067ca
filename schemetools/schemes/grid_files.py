"""Stencils, operators, difference schemes and methods of lines in TOML: the tables of a file, and the text of one."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from schemetools import exact
from schemetools.errors import FileError, SchemeError, came
from schemetools.schemes.base import Scheme
from schemetools.schemes.catalog import stencils
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import Discretisation, offset_text
from schemetools.schemes.flux import FluxForm
from schemetools.schemes.registry import get
from schemetools.schemes.semidiscrete import MethodOfLines, Operator, method_of_lines
from schemetools.schemes.stencil import Stencil

KEYS = {
    "Stencil": {"coefficients", "derivative", "denominator"},
    "Operator": {"terms", "implicit"},
    "DifferenceScheme": {"levels", "numbers", "stages"},
    "MethodOfLines": {"scheme", "terms", "numbers"},
}


class Source(Protocol):
    """What a parsed file offers: its data, and an error with line and key."""

    data: dict[str, Any]

    def fail(self, key: str, reason: object) -> FileError:
        """The error at a key."""
        ...


def read(kind: str, file: Source, nested: Callable[[dict[str, Any]], Scheme], labels: dict[str, Any]) -> Discretisation:
    """The object of one of the kinds of this module; `nested` reads a scheme in time that stands as a table."""
    data = file.data
    try:
        if kind == "Stencil":
            return _stencil(data, labels)
        if kind == "Operator":
            return Operator(_terms(data, "terms"), _terms(data, "implicit") or None, **labels)
        if kind == "DifferenceScheme":
            return _difference(data, labels)
        return _lines(data, nested, labels)
    except FileError:
        raise
    except SchemeError as error:
        key = next((k for k in KEYS[kind] if re.search(rf"\b{k}\b", str(error)) and k in data), "kind")
        raise file.fail(key, error) from None


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    if not isinstance(value, dict):
        raise SchemeError(f"{key} must be a table, [{key}]; {'nothing' if value is None else repr(value)[:40]} came")
    return value


def _offsets(values: Any, what: str) -> dict[Any, Any]:
    """{"-1": "1/2", "0,1": "nu"} as offsets and coefficients, matrices as arrays of arrays."""
    if not isinstance(values, dict):
        raise SchemeError(f"{what} must be a table of offsets and coefficients")
    return {tuple(part.strip() for part in key.split(",")): _value(v, f"{what}.{key}") for key, v in values.items()}


def _value(value: Any, where: str, depth: int = 0) -> Any:
    if isinstance(value, list) and depth < 2:
        return [_value(entry, where, depth + 1) for entry in value]
    if isinstance(value, Decimal) and len("".join(map(str, value.as_tuple().digits)).strip("0")) > 12:
        raise SchemeError(f'{where}: {value} has more than 12 digits; write it in quotes, "{value}"')
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise SchemeError(f"{where} must be a coefficient, a number or a text in quotes")
    return value if isinstance(value, str) else exact.coefficient(value)


def _integer(text: str, what: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,4}", text.strip()):
        raise SchemeError(f"{what} {text!r} came; an integer of at most four digits is expected, such as -1")
    return int(text)


def _stencil(data: Mapping[str, Any], labels: dict[str, Any]) -> Stencil:
    below = data.get("denominator")
    derivative = data.get("derivative")
    if derivative is not None and (isinstance(derivative, bool) or not isinstance(derivative, int)):
        raise SchemeError(f"derivative must be an integer; {derivative!r} came")
    above = _offsets(_table(data, "coefficients"), "coefficients")
    return Stencil(above, derivative, None if below is None else _offsets(below, "denominator"), **labels)


def _numbers(data: Mapping[str, Any]) -> dict[str, Any]:
    """Texts as they are; "free" is a pure parameter."""
    found = _table(data, "numbers") if "numbers" in data else {}
    wrong = [key for key, value in found.items() if not isinstance(value, str)]
    if wrong:
        raise SchemeError(f'numbers.{wrong[0]} must be a text in quotes, such as "c*dt/dx" or "free"')
    return {key: None if value == "free" else value for key, value in found.items()}


def _difference(data: Mapping[str, Any], labels: dict[str, Any]) -> DifferenceScheme:
    numbers = _numbers(data)
    levels = {
        _integer(time, "the time level"): _offsets(row, f"levels.{time}")
        for time, row in _table(data, "levels").items()
    }
    parsed = {m: {key: _formula(value, numbers) for key, value in row.items()} for m, row in levels.items()}
    form = FluxForm([_stage(stage) for stage in data["stages"]]) if isinstance(data.get("stages"), list) else None
    return DifferenceScheme(parsed, numbers, flux_form=form, **labels)


def _formula(value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_formula(entry, names) for entry in value]
    return exact.coefficient(exact.parse(value, names)) if isinstance(value, str) else value


def _stage(stage: Any) -> tuple[dict[int, Any], dict[int, Any]]:
    if not isinstance(stage, dict) or set(stage) != {"values", "fluxes"}:
        raise SchemeError("a stage of stages has the tables values and fluxes")
    values, fluxes = (
        {_integer(r, "the stage"): _offsets(row, f"stages.{key}") for r, row in _table(stage, key).items()}
        for key in ("values", "fluxes")
    )
    return values, fluxes


def _terms(data: Mapping[str, Any], key: str) -> list[tuple[Any, Stencil]]:
    rows = data.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SchemeError(f"{key} must be an array of tables, [[{key}]], with coefficient and stencil")
    return [_term(row, key) for row in rows]


def _term(row: Mapping[str, Any], key: str) -> tuple[Any, Stencil]:
    if not {"coefficient", "stencil"} <= set(row) <= {"coefficient", "stencil", "field"}:
        raise SchemeError(f"an entry of {key} has the keys coefficient, stencil and perhaps field; {sorted(row)} came")
    stencil = row["stencil"]
    if isinstance(stencil, dict):
        if not set(stencil) <= KEYS["Stencil"]:
            raise SchemeError(f"a stencil in {key} has the keys {', '.join(sorted(KEYS['Stencil']))}")
        return _value(row["coefficient"], "coefficient"), _stencil(stencil, {})
    if not isinstance(stencil, str):
        raise SchemeError(f"a stencil in {key} is a name in quotes or a table")
    return _value(row["coefficient"], "coefficient"), stencils.get(stencil)


def _lines(
    data: Mapping[str, Any], nested: Callable[[dict[str, Any]], Scheme], labels: dict[str, Any]
) -> MethodOfLines:
    described = data.get("scheme")
    if isinstance(described, dict):
        scheme = nested(described)
    elif isinstance(described, str):
        scheme = get(described)
    else:
        raise SchemeError(
            f'{came(described)} came as scheme; give a catalog name in quotes, scheme = "rk4", or a table [scheme]'
        )
    rows = data.get("terms", [])
    fields: dict[int, list[Any]] = {}
    for term, row in zip(_terms(data, "terms"), rows, strict=True):
        place = row.get("field", 0)
        if isinstance(place, bool) or not isinstance(place, int):
            raise SchemeError("the field of an entry of terms is an integer, 0 for the first one")
        fields.setdefault(place, []).append(term)
    operators = [Operator(fields[place]) for place in sorted(fields)]
    known = {key: value for key, value in _numbers(data).items() if value is not None}
    found = method_of_lines(scheme, operators, known or None)
    return MethodOfLines(scheme, found.operators, found.numbers, found.terms, **labels)


def body(scheme: Discretisation, scheme_toml: Callable[[Scheme], str]) -> tuple[list[str], list[str]]:
    """(lines, tables) of an object of one of the kinds of this module, without its labels."""
    match scheme:
        case Stencil():
            lines = [f"derivative = {scheme.derivative}"]
            tables = ["", "[coefficients]", *_rows(scheme.numerator)]
            return lines, [*tables, *(["", "[denominator]", *_rows(scheme.denominator)] if scheme.is_compact else [])]
        case Operator():
            parts = (("terms", scheme.terms), ("implicit", scheme.implicit))
            return [], [line for key, part in parts for term in part for line in _written(key, term)]
        case DifferenceScheme():
            tables = ["", "[numbers]", *_written_numbers(scheme.numbers)]
            tables += [line for m, row in scheme.levels for line in ("", f"[levels.{m}]", *_rows(row))]
            return [], tables + _written_stages(scheme.flux_form)
        case MethodOfLines():
            return _written_lines(scheme, scheme_toml)
    raise TypeError(type(scheme).__name__)


def _rows(row: Any) -> list[str]:
    return [f"{json.dumps(offset_text(place))} = {_cell(c)}" for place, c in row]


def _cell(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_cell(entry) for entry in value) + "]"
    return json.dumps(exact.text(value))


def _written_numbers(numbers: Any) -> list[str]:
    return [f"{key} = {json.dumps('free' if value is None else exact.text(value))}" for key, value in numbers]


def _written(key: str, term: Any, field: int = 0) -> list[str]:
    coefficient, stencil = term
    lines = ["", f"[[{key}]]", f"coefficient = {json.dumps(exact.text(coefficient))}"]
    lines += [f"field = {field}"] if field else []
    if stencil.name is not None and _is_named(stencil):
        return [*lines, f"stencil = {json.dumps(stencil.name)}"]
    inner = [f"derivative = {stencil.derivative}", f"coefficients = {_inline(_rows(stencil.numerator))}"]
    if stencil.is_compact:
        inner.append(f"denominator = {_inline(_rows(stencil.denominator))}")
    return [*lines, f"stencil = {_inline(inner)}"]


def _inline(parts: Iterable[str]) -> str:
    return f"{{ {', '.join(parts)} }}"


def _is_named(stencil: Stencil) -> bool:
    try:
        return stencils.get(stencil.name or "") == stencil
    except SchemeError:
        return False


def _written_stages(form: FluxForm | None) -> list[str]:
    lines: list[str] = []
    for parts in form.stages if form else ():
        lines += ["", "[[stages]]"]
        for key, part in zip(("values", "fluxes"), parts, strict=True):
            lines.append(f"{key} = {_inline(f'{r} = {_inline(_rows(row))}' for r, row in part)}")
    return lines


def _written_lines(scheme: MethodOfLines, scheme_toml: Callable[[Scheme], str]) -> tuple[list[str], list[str]]:
    terms = [line for v, op in enumerate(scheme.operators) for term in op.terms for line in _written("terms", term, v)]
    numbers = ["", "[numbers]", *_written_numbers(scheme.numbers)]
    name = scheme.time.name
    try:
        known = name is not None and get(name) == scheme.time
    except SchemeError:
        known = False
    if known:
        return [f"scheme = {json.dumps(name)}"], numbers + terms
    table, *rest = re.split(r"^\[", scheme_toml(scheme.time), flags=re.MULTILINE)
    inner = ["", "[scheme]", table.strip(), *(f"\n[scheme.{part.strip()}" for part in rest)]
    return [], numbers + terms + inner
