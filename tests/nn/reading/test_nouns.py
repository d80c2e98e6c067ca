"""What a reader is handed is frozen data; only a step under way changes while it is read."""

import dataclasses
import importlib
import pkgutil

import schemetools.nn.reading as room


def test_every_dataclass_of_the_room_but_the_step_under_way_is_frozen():
    modules = [importlib.import_module(m.name) for m in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")]
    nouns = {n for m in modules for n in vars(m).values() if isinstance(n, type) and dataclasses.is_dataclass(n)}
    own = {noun for noun in nouns if noun.__module__.startswith(room.__name__)}
    assert len(own) > 10
    assert [noun.__name__ for noun in own if not noun.__dataclass_params__.frozen] == ["Step"]
