"""Evaluations that cannot be done."""

from domain.errors.base import SegueError


class NothingToEvaluate(SegueError):
    """There is nothing to evaluate: {reason}. {remedy}"""

    code = "NOTHING_TO_EVALUATE"


class WaysUnknown(SegueError):
    """No strategy is called {names}. Those that can be evaluated: {known}."""

    code = "WAYS_UNKNOWN"


class TrainedOnTestRows(SegueError):
    """'{model}' cannot be measured on this split: {rows} of its {of} test rows are in what the model was trained on,
    such as {example}. Train it again with a split that leaves them out."""

    code = "TRAINED_ON_TEST_ROWS"
