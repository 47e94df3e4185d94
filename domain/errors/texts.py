"""Asked for music by a text."""

from domain.errors.base import SegueError


class SpaceHasNoText(SegueError):
    """Space '{name}' knows music only: no text has a place in it. Those that know texts: {known}."""

    code = "SPACE_HAS_NO_TEXT"


class TextTowerMissing(SegueError):
    """Texts cannot be compared with the music in '{name}' here yet. Whoever runs this service can change that with:
    segue weights export-text {name}"""

    code = "TEXT_TOWER_MISSING"


class TextTowerDamaged(SegueError):
    """What compares texts with the music in '{name}' cannot be used. Whoever runs this service finds the reason in its
    log, and can make it again with: segue weights export-text {name}"""

    code = "TEXT_TOWER_DAMAGED"
