"""Spaces that are computed from others."""

from domain.errors.base import SegueError


class SpaceIsDerived(SegueError):
    """Space '{name}' is computed from {parents}: what is embedded there appears in it by itself."""

    code = "SPACE_IS_DERIVED"


class SpaceNameTaken(SegueError):
    """There is another space '{name}' already. Choose a name with --name."""

    code = "SPACE_NAME_TAKEN"


class SpaceNameUnusable(SegueError):
    """A space cannot be called '{name}': it takes up to 60 small letters, digits, hyphens and plus signs."""

    code = "SPACE_NAME_UNUSABLE"


class DimensionTooLarge(SegueError):
    """'{space}' cannot be whitened to {asked} dimensions: {tracks} tracks in {dimension} dimensions vary in {most}.
    Choose {most} or fewer with --dim, or embed more tracks first."""

    code = "DIMENSION_TOO_LARGE"


class NothingInCommon(SegueError):
    """No track is in all of {spaces}. Embed more tracks first."""

    code = "NOTHING_IN_COMMON"
