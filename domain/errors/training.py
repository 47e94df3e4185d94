"""Training, and what becomes of its models."""

from domain.errors.base import SegueError


class ModelUntrained(SegueError):
    """The model '{name}' cannot answer: it is {status}. Train one with: segue train {strategy}"""

    code = "MODEL_UNTRAINED"


class ModelInUse(SegueError):
    """The model '{name}' answers now. Promote another first: segue models promote NAME"""

    code = "MODEL_IN_USE"


class ModelOutdated(SegueError):
    """The model '{name}' was trained on other weights of '{space}' than those that answer now. Train it again."""

    code = "MODEL_OUTDATED"


class StrategyNotTrained(SegueError):
    """{name} is not trained. Those that are: {known}."""

    code = "STRATEGY_NOT_TRAINED"


class InvalidModelSetting(SegueError):
    """{strategy} has no setting '{name}', or it cannot be '{value}'. Its settings, as they are by default: {known}."""

    code = "INVALID_MODEL_SETTING"


class TooLittleListening(SegueError):
    """There is too little listening to train on: {found}. It takes {needed}. {remedy}"""

    code = "TOO_LITTLE_LISTENING"
