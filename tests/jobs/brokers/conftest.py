"""What is shared by all brokers' tests says what it found, as tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.jobs.brokers.contract")
