"""The S3 server of the storage's tests, for archives that lie there."""

from __future__ import annotations

from tests.jobs.storage.conftest import aws_environment, object_server

__all__ = ["aws_environment", "object_server"]
