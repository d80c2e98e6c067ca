#!/usr/bin/env bash
# latex2mathml: what it returns is not always XML. "<" and "&" inside \text, and the "&" of the environments aligned and
# eqnarray, which it takes for identifiers, stand in the result as they were typed; align, split and "a < b" are right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q latex2mathml==3.81.1
"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version
from xml.etree import ElementTree

from latex2mathml.converter import convert

print("latex2mathml", version("latex2mathml"))


def is_xml(formula):
    try:
        ElementTree.fromstring(convert(formula))
    except ElementTree.ParseError:
        return False
    return True


right = [r"a < b", r"\begin{align} a &= b \end{align}", r"\begin{split} a &= b \end{split}", r"\text{a, b}"]
wrong = [r"\text{if } a, \text{ where a < b}", r"\begin{aligned} a &= b \end{aligned}", r"\begin{eqnarray} a &=& b \end{eqnarray}"]
print("expected: XML for each of", *right, *wrong, sep="\n  ")
print("seen:     no XML for", *(formula for formula in right + wrong if not is_xml(formula)), sep="\n  ")
sys.exit(0 if all(map(is_xml, right)) and not any(map(is_xml, wrong)) else 1)
PY
