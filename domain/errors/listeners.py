"""Synthetic listeners."""

from domain.errors.base import SegueError


class ArchetypesUnusable(SegueError):
    """'{path}' cannot be used: {reason}."""

    code = "ARCHETYPES_UNUSABLE"
