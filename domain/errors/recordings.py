"""A recording that cannot be used."""

from domain.errors.base import SegueError


class UnusableAudio(SegueError):
    """'{path}' cannot be used: {reason}"""

    code = "UNUSABLE_AUDIO"


class NotAudio(UnusableAudio):
    """'{path}' is not a recording that can be decoded: {reason}"""

    code = "NOT_AUDIO"


class AudioMissing(UnusableAudio):
    """'{path}' is not there any more, or cannot be reached."""

    code = "AUDIO_MISSING"


class UnusablePicture(SegueError):
    """'{path}' brings no picture that can be shown: {reason}"""

    code = "UNUSABLE_PICTURE"


class EmptyAudio(UnusableAudio):
    """'{path}' holds no audio."""

    code = "EMPTY_AUDIO"
