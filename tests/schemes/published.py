"""Tables of public projects, as their authors print or store them, in the ways in which a person hands them over."""

import json
from pathlib import Path

import numpy as np

import schemetools as st
from schemetools.exact import canonical, parse, to_float

_DATA = json.loads((Path(__file__).parent / "published_tables.json").read_text())
TABLES = {f"{t['source']} {t['name']}": t for t in _DATA["tables"]}
ADDITIVE = {f"{t['source']} {t['name']}": t for t in _DATA["additive"]}
CONTRADICTORY = {"desolver RadauIIA3": 1, "ordinarydiffeq-sdirk Kvaerno3": 1}  # the row whose sum is not c
WRONG_CLAIMS = {"desolver RadauIIA3": 1, "rklib rks5": 4}  # the order that they have


def floats(values):
    return None if values is None else np.array([to_float(canonical(parse(x))) for x in values])


def as_text(table, *, c=True):
    return st.RungeKutta(table["A"], table["b"], table["c"] if c else None, b_hat=table["bhat"])


def as_floats(table, *, c=True):
    A = np.array([floats(row) for row in table["A"]])
    return st.RungeKutta(A, floats(table["b"]), floats(table["c"]) if c else None, b_hat=floats(table["bhat"]))


def as_toml(table, path, *, c=True):
    lines = [f"{key} = {json.dumps(table[key])}" for key in ("A", "b")]
    lines += [f"c = {json.dumps(table['c'])}"] if c and table["c"] else []
    lines += [f"b_hat = {json.dumps(table['bhat'])}"] if table["bhat"] else []
    path.write_text("\n".join(lines))
    return st.load(path)


def pair(case, build=as_text):
    return st.AdditiveRungeKutta({label: build(part) for label, part in case["parts"].items()})
