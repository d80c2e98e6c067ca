"""Results are frozen data: they are kept in caches and shared, so that nobody may change one."""

import dataclasses
import importlib
import pkgutil

import schemetools.analysis as room


def test_every_dataclass_of_the_room_is_frozen():
    modules = [importlib.import_module(m.name) for m in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")]
    nouns = {
        noun for m in modules for noun in vars(m).values() if isinstance(noun, type) and dataclasses.is_dataclass(noun)
    }
    own = {noun for noun in nouns if noun.__module__.startswith(room.__name__)}
    assert len(own) > 40
    assert not [noun.__name__ for noun in own if not noun.__dataclass_params__.frozen]
