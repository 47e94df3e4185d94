"""Trained models."""

from domain.errors.base import SegueError


class ModelNotReady(SegueError):
    """There is no active {strategy} model for space '{space}'. Train one with:
    segue train {strategy} --space {space}"""

    code = "MODEL_NOT_READY"


class ModelNotFound(SegueError):
    """There is no trained model '{name}'. There are: {known}."""

    code = "MODEL_NOT_FOUND"


class StrategyNotApplicable(SegueError):
    """{strategy} cannot say what is similar to a track: it knows listeners only. Leave `strategy` out, or pass KNN."""

    code = "STRATEGY_NOT_APPLICABLE"
