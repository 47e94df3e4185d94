"""What an API without Alembic takes for the newest schema."""

from sql.migrate import head
from sql.schema_head import newest_revision


def test_the_newest_revision_is_alembics() -> None:
    assert newest_revision() == head()
