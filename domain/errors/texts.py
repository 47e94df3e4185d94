"""Asked for music by a text."""

from domain.errors.base import SegueError


class SpaceHasNoText(SegueError):
    """Space '{name}' knows music only: no text has a place in it. Those that know texts: {known}."""

    code = "SPACE_HAS_NO_TEXT"


class TextTowerMissing(SegueError):
    """Texts cannot be compared with '{name}' here: '{place}' does not exist. Make it where the weights are, with:
    segue weights export-text {name}"""

    code = "TEXT_TOWER_MISSING"


class TextTowerDamaged(SegueError):
    """What compares texts with '{name}' cannot be used: {reason} ('{place}'). Make it again with:
    segue weights export-text {name}"""

    code = "TEXT_TOWER_DAMAGED"
