"""What a deployment costs."""

from domain.errors.base import SegueError


class SpaceNotMeasured(SegueError):
    """What hearing with '{name}' costs was not measured. Known are {known}; measure with: python -m bench.backends
    {name} --threads 1."""

    code = "SPACE_NOT_MEASURED"


class RequestsMisread(SegueError):
    """'{text}' is no number of requests: write 10000/month, 300/day or 0.5/second."""

    code = "REQUESTS_MISREAD"
