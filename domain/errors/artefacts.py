"""The files that trained models come in."""

from domain.errors.base import SegueError


class ArtefactMissing(SegueError):
    """The model file '{path}' does not exist. Copy it there from where it was trained, or train the model again."""

    code = "ARTEFACT_MISSING"


class ArtefactDamaged(SegueError):
    """The model file '{name}' cannot be used: {reason}. Copy it again from where it was trained, or train the model
    again."""

    code = "ARTEFACT_DAMAGED"
