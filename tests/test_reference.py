"""The reference has every public name, and every class that a public call promises to return."""

import importlib
import inspect
import re

import pytest

import schemetools as st
from tests.documentation import DOCS, extension

pytest.importorskip("sphinx", reason="the documentation's tools are not installed")

PUBLIC = {name: getattr(st, name) for names in st.PUBLIC.values() for name in names}


REFERENCE = extension("reference")
ROOMS = [*REFERENCE.RETURNED.values(), *REFERENCE.THROUGH.values()]


def found(name: str):
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(f"schemetools.{module}"), attribute)


LISTED = {found(name) for names in ROOMS for name in names}


def promised(function) -> list[type]:
    """The classes of this package that the return annotation of a function names."""
    said = str(inspect.signature(function).return_annotation)
    names = function.__globals__
    kinds = [names[word] for word in re.findall(r"\w+", said) if inspect.isclass(names.get(word))]
    return [kind for kind in kinds if kind.__module__.startswith("schemetools.")]


@pytest.mark.parametrize("name", [name for name, value in PUBLIC.items() if inspect.isfunction(value)])
def test_what_a_call_promises_is_in_the_reference(name):
    assert set(promised(PUBLIC[name])) <= LISTED | set(PUBLIC.values())


def test_what_people_hold_is_in_the_reference():
    block = st.to_block("rk4")
    assert set(block.__mro__) & LISTED and set(type(st.modified_equation("lm").parasitic[0]).__mro__) & LISTED
    assert type(st.stability("lm").ellipse) in LISTED and type(st.stability("rk4").curves()[0]) in LISTED


def test_every_room_that_returns_something_is_a_page_of_the_reference():
    pages = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.rst"))
    rooms = {*REFERENCE.RETURNED, *REFERENCE.THROUGH}
    assert rooms <= set(re.findall(r"^\.\. public-names:: (\w+)$", pages, re.MULTILINE))


@pytest.mark.parametrize("name", [*PUBLIC, *(name for names in ROOMS for name in names)])
def test_every_name_of_the_reference_has_an_example(name):
    value = PUBLIC[name] if name in PUBLIC else found(name)
    assert ">>>" in (inspect.getdoc(value) or ""), f"the docstring of {name} has no example"
