"""Synthetic listeners."""

from domain.errors.base import SegueError


class ArchetypesUnusable(SegueError):
    """'{path}' cannot be used: {reason}."""

    code = "ARCHETYPES_UNUSABLE"


class LabelsUnusable(SegueError):
    """'{path}' cannot be used: {reason}. It takes CSV with the columns {columns}."""

    code = "LABELS_UNUSABLE"


class SimulationExists(SegueError):
    """The simulation '{name}' is in the log already. Remove it first: segue simulate --remove {name}"""

    code = "SIMULATION_EXISTS"


class SimulationNotFound(SegueError):
    """There is no simulation '{name}' in the log."""

    code = "SIMULATION_NOT_FOUND"


class NothingToHear(SegueError):
    """The archive has no tracks to listen to. Import some first: segue import FOLDER"""

    code = "NOTHING_TO_HEAR"
