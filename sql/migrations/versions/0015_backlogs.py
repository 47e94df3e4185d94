"""What a long backlog and a large album slowed down: finding jobs by kind, and folding words for search anew.

A track that came to an album or left it concerned every track of the album; now it concerns the track and the album.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

# As 0006 made it, but for the kinds of changes that concern an album.
REFRESH = """
CREATE OR REPLACE FUNCTION search_refresh() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tracks_ bigint[];
    albums_ bigint[];
    composers_ bigint[];
    works_ bigint[];
    gone text[];
BEGIN
    -- The first of a transaction's changes brings all of them up to date.
    IF NOT EXISTS (SELECT FROM search_changes WHERE number = NEW.number) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('segue-search'));
    WITH taken AS (
        DELETE FROM search_changes RETURNING kind, keys
    ), changed AS (
        SELECT DISTINCT kind, changed_id FROM taken, unnest(keys) AS changed_id
    ), played AS (
        SELECT changed_id FROM changed WHERE kind = 'track'
        UNION SELECT t.id FROM changed JOIN tracks t ON t.album_id = changed_id WHERE kind = 'album'
        UNION SELECT t.id FROM changed JOIN tracks t ON t.work_id = changed_id WHERE kind = 'work'
        UNION SELECT t.id FROM changed JOIN tracks t ON t.composer_id = changed_id WHERE kind = 'composer'
        UNION SELECT tc.track_id FROM changed JOIN track_composers tc ON tc.composer_id = changed_id
        WHERE kind = 'composer'
        UNION SELECT tp.track_id FROM changed JOIN track_performers tp ON tp.performer_id = changed_id
        WHERE kind = 'performer'
    )
    SELECT ARRAY(SELECT changed_id FROM played),
        ARRAY(SELECT changed_id FROM changed WHERE kind IN ({albums})
              UNION SELECT t.album_id FROM played JOIN tracks t ON t.id = changed_id WHERE t.album_id IS NOT NULL),
        ARRAY(SELECT changed_id FROM changed WHERE kind = 'composer'),
        ARRAY(SELECT changed_id FROM changed WHERE kind = 'work'
              UNION SELECT w.id FROM changed JOIN works w ON w.composer_id = changed_id WHERE kind = 'composer')
    INTO tracks_, albums_, composers_, works_;
    gone := search_write_track(tracks_) || search_write_album(albums_)
        || search_write_composer(composers_) || search_write_work(works_);
    DELETE FROM search_words s WHERE s.word = ANY (gone)
      AND NOT EXISTS (SELECT FROM track_words WHERE words @@ format('''%s''', s.word)::tsquery)
      AND NOT EXISTS (SELECT FROM album_words WHERE words @@ format('''%s''', s.word)::tsquery)
      AND NOT EXISTS (SELECT FROM composer_words WHERE words @@ format('''%s''', s.word)::tsquery)
      AND NOT EXISTS (SELECT FROM work_words WHERE words @@ format('''%s''', s.word)::tsquery);
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    op.create_index(
        "jobs_unended",
        "jobs",
        ["kind", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('WAITING', 'RUNNING')"),
    )
    op.create_index("jobs_by_kind", "jobs", ["kind", "created_at"], unique=False)
    _note_tracks_of_albums_as("contents")
    _refresh_albums_of("'album', 'contents'")


def downgrade() -> None:
    _note_tracks_of_albums_as("album")
    _refresh_albums_of("'album'")
    op.drop_index("jobs_by_kind", table_name="jobs")
    op.drop_index("jobs_unended", table_name="jobs")


def _note_tracks_of_albums_as(kind: str) -> None:
    for event, seen in (
        ("INSERT", "NEW TABLE AS after"),
        ("UPDATE", "OLD TABLE AS before NEW TABLE AS after"),
        ("DELETE", "OLD TABLE AS before"),
    ):
        op.execute(
            f"CREATE OR REPLACE TRIGGER search_album_{event.lower()} AFTER {event} ON tracks REFERENCING {seen}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION search_note('{kind}', 'album_id', 'id, composer_id')"
        )


def _refresh_albums_of(kinds: str) -> None:
    op.execute(REFRESH.replace("{albums}", kinds).replace(":", "\\:"))
