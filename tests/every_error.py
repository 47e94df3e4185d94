"""Every class of error that the project has."""

import importlib
import inspect
import pkgutil

import domain.errors
from domain.errors.base import Retryable, SegueError

MODULES = [
    importlib.import_module(module.name) for module in pkgutil.iter_modules(domain.errors.__path__, "domain.errors.")
]
ERRORS = [
    value
    for module in MODULES
    for _, value in inspect.getmembers(module, inspect.isclass)
    if issubclass(value, SegueError) and value.__module__ == module.__name__ and value not in (SegueError, Retryable)
]
