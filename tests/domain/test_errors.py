from __future__ import annotations

import importlib
import inspect
import pkgutil
import re

import domain.errors
from domain.errors.asking import TrackNotFound
from domain.errors.base import Retryable, SegueError
from domain.errors.machine import DatabaseUnreachable

NAMES = [module.name for module in pkgutil.iter_modules(domain.errors.__path__, "domain.errors.")]
MODULES = [importlib.import_module(name) for name in NAMES]
CLASSES = [
    value
    for module in MODULES
    for _, value in inspect.getmembers(module, inspect.isclass)
    if issubclass(value, SegueError) and value.__module__ == module.__name__ and value not in (SegueError, Retryable)
]


def test_an_error_says_its_docstring_with_its_details() -> None:
    error = TrackNotFound(id=7)
    assert (str(error), error.code, error.details) == ("There is no track 7.", "TRACK_NOT_FOUND", {"id": 7})
    assert isinstance(DatabaseUnreachable(reason="gone"), Retryable)


def test_every_error_has_a_code_of_its_own_and_a_message() -> None:
    codes = [error.code for error in CLASSES]
    assert len(set(codes)) == len(codes)
    for error in CLASSES:
        assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", error.code), error
        assert error.__doc__, error
