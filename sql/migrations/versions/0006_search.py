"""What is searched for by words, and by the signal: words are kept up to date by triggers, whoever writes.

Statements on what is searched note which rows they changed (`search_changes`). When their transaction commits, a
deferred trigger folds the words of all those rows anew, once, and under one lock: it waits for no row that another
transaction holds, so it cannot take part in a deadlock, and it reads what was committed meanwhile, so that a composer
who is renamed while one of their tracks is imported gets the new name there too. For the same reasons the tables of
words refer to the catalogue without foreign keys.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


class Searched(NamedTuple):
    """A kind of item: the table of its words and its key there; its rows, and of a row `item` what it is sorted by,
    what it is called, and what is around it."""

    words: str
    key: str
    rows: str
    sort_key: str
    called: str
    around: str


COMPOSERS_OF_TRACK = """
    SELECT c.id, c.name FROM composers c WHERE c.id = item.composer_id
    UNION SELECT c.id, c.name FROM track_composers tc JOIN composers c ON c.id = tc.composer_id
    WHERE tc.track_id = item.id
"""
COMPOSERS_OF_ALBUM = """
    SELECT c.name FROM tracks t JOIN composers c ON c.id = t.composer_id WHERE t.album_id = item.id
    UNION SELECT c.name FROM tracks t JOIN track_composers tc ON tc.track_id = t.id
    JOIN composers c ON c.id = tc.composer_id WHERE t.album_id = item.id
"""
PERFORMERS_OF_ALBUM = """
    SELECT DISTINCT p.name FROM tracks t JOIN track_performers tp ON tp.track_id = t.id
    JOIN performers p ON p.id = tp.performer_id WHERE t.album_id = item.id
"""

SEARCHED = {
    "track": Searched(
        "track_words",
        "track_id",
        "tracks",
        "item.sort_key",
        f"""concat_ws(' ', item.title, item.movement,
            (SELECT concat_ws(' ', title, catalogue_number) FROM works WHERE id = item.work_id),
            (SELECT string_agg(name, ' ') FROM ({COMPOSERS_OF_TRACK}) AS c))""",  # noqa: S608 -- constants
        f"""concat_ws(' ', item.arranger,
            (SELECT concat_ws(' ', title, artist) FROM albums WHERE id = item.album_id),
            (SELECT string_agg(p.name, ' ')
             FROM track_performers tp JOIN performers p ON p.id = tp.performer_id WHERE tp.track_id = item.id),
            (SELECT string_agg(a.alias, ' ')
             FROM ({COMPOSERS_OF_TRACK}) AS c JOIN composer_aliases a ON a.composer_id = c.id))""",  # noqa: S608 -- constants
    ),
    "album": Searched(
        "album_words",
        "album_id",
        "albums",
        "item.sort_key",
        "concat_ws(' ', item.title, item.artist)",
        f"""concat_ws(' ',
            (SELECT string_agg(name, ' ') FROM ({COMPOSERS_OF_ALBUM}) AS c),
            (SELECT string_agg(name, ' ') FROM ({PERFORMERS_OF_ALBUM}) AS p))""",  # noqa: S608 -- constants
    ),
    "composer": Searched(
        "composer_words",
        "composer_id",
        "composers",
        "item.sort_key",
        "item.name",
        "(SELECT string_agg(alias, ' ') FROM composer_aliases WHERE composer_id = item.id)",
    ),
    "work": Searched(
        "work_words",
        "work_id",
        "works",
        "left(search_fold(item.title), 500)",
        "concat_ws(' ', item.title, item.catalogue_number, (SELECT name FROM composers WHERE id = item.composer_id))",
        "(SELECT string_agg(alias, ' ') FROM composer_aliases WHERE composer_id = item.composer_id)",
    ),
}

# Which items a change of a table concerns: the table, the kind and key of what changes, and the columns it depends on.
NOTED = (
    ("tracks", "track", "id", "title, sort_key, movement, work_id, composer_id, album_id, arranger"),
    ("tracks", "album", "album_id", "id, composer_id"),
    ("track_performers", "track", "track_id", "performer_id"),
    ("track_composers", "track", "track_id", "composer_id"),
    ("albums", "album", "id", "title, sort_key, artist"),
    ("composers", "composer", "id", "name, sort_key"),
    ("composer_aliases", "composer", "composer_id", "alias"),
    ("works", "work", "id", "title, catalogue_number, composer_id"),
    ("performers", "performer", "id", "name"),
)

# A letter for each of Unicode's that case, compatibility forms and diacritics do not tell apart, and a space for what
# is none: `domain.names.fold`, which the text of a query goes through, as a table, since what `lower` and `[:alnum:]`
# mean depends on the server's locale.
FOLD = """
CREATE FUNCTION search_fold(said text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT lower(CASE WHEN octet_length(said) = length(said) THEN said ELSE (
        SELECT string_agg(coalesce(known.folded, letter), '' ORDER BY place)
        FROM unnest(string_to_array(normalize(said, NFKD), NULL)) WITH ORDINALITY AS letters (letter, place)
        LEFT JOIN search_letters known USING (letter)
    ) END COLLATE "C")
$$
"""

# Numbers are words of their own, as `domain.search.words` has it: "BWV1001" is "bwv 1001". A word is in a vector once,
# with weight A where the item is called so, else B.
VECTOR = """
CREATE FUNCTION search_vector(called text, around text) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(DISTINCT format('''%s'':1%s', left(word[1], 64), weight), ' '), '')::tsvector
    FROM (VALUES ('A', called), ('B', around)) AS said (weight, words),
        regexp_matches(search_fold(left(said.words, 20000)), '[0-9]+|[^\\u0001-\\u0060\\u007b-\\u007f]+', 'g') AS word
$$
"""

# What is left of a word's beginning when letters are taken away: two words that one typing error lies between share one
# of those of 4 letters and of 5, and with two errors one of those of 7 (Garbe, "1000x faster spelling correction",
# 2012, with its prefix length). Numbers are never taken for mistyped.
REMAINDERS = """
CREATE FUNCTION search_remainders(word text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    WITH beginnings (long, letters, errors) AS (
        SELECT long, left(word, long), errors
        FROM (VALUES (4, 3, 1), (5, 4, 1), (7, 6, 2)) AS kinds (long, shortest, errors) WHERE length(word) >= shortest
    ), once AS (
        SELECT long, errors, place, overlay(letters PLACING '' FROM place FOR 1) AS rest
        FROM beginnings, generate_series(1, length(letters)) AS place
    ), twice AS (
        SELECT long, overlay(rest PLACING '' FROM further FOR 1) AS rest
        FROM once, generate_series(place, length(rest)) AS further WHERE errors = 2
    )
    SELECT CASE WHEN word ~ '^[0-9]' THEN '{}' ELSE ARRAY(
        SELECT long || letters FROM beginnings
        UNION SELECT long || rest FROM once
        UNION SELECT long || rest FROM twice
    ) END
$$
"""

NOTE = """
CREATE FUNCTION search_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text := TG_ARGV[0];
    key text := TG_ARGV[1];
    row text := concat_ws(', ', TG_ARGV[1], TG_ARGV[2]);
    touched text;
    keys bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        touched := 'TABLE after';
    ELSIF TG_OP = 'DELETE' THEN
        touched := 'TABLE before';
    ELSE
        touched := format('(SELECT %1$s FROM before EXCEPT SELECT %1$s FROM after)'
            ' UNION ALL (SELECT %1$s FROM after EXCEPT SELECT %1$s FROM before)', row);
    END IF;
    EXECUTE format('SELECT array_agg(DISTINCT %1$s) FROM (%2$s) AS touched WHERE %1$s IS NOT NULL', key, touched)
        INTO keys;
    IF keys IS NOT NULL THEN
        INSERT INTO search_changes (kind, keys) VALUES (kind, keys);
    END IF;
    RETURN NULL;
END
$$
"""

# `{}`: the parts of a Searched. Returns the words that none of these items has any more.
WRITE = """
CREATE FUNCTION search_write_{kind}(asked bigint[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    former text[];
    present text[];
BEGIN
    SELECT array_agg(DISTINCT word) INTO former
    FROM unnest(asked) AS k JOIN {words} w ON w.{key} = k, unnest(tsvector_to_array(w.words)) AS word;
    DELETE FROM {words} w USING unnest(asked) AS k
    WHERE w.{key} = k AND NOT EXISTS (SELECT FROM {rows} WHERE id = k);
    INSERT INTO {words} AS w ({key}, sort_key, words)
    SELECT item.id, {sort_key}, search_vector({called}, {around})
    FROM unnest(asked) AS k JOIN {rows} item ON item.id = k
    ON CONFLICT ({key}) DO UPDATE SET sort_key = excluded.sort_key, words = excluded.words
    WHERE (w.sort_key, w.words) IS DISTINCT FROM (excluded.sort_key, excluded.words);
    SELECT array_agg(DISTINCT word) INTO present
    FROM unnest(asked) AS k JOIN {words} w ON w.{key} = k, unnest(tsvector_to_array(w.words)) AS word;
    INSERT INTO search_words (word, remainders)
    SELECT new.word, search_remainders(new.word)
    FROM (SELECT unnest(present) EXCEPT SELECT unnest(former)) AS new (word)
    WHERE NOT EXISTS (SELECT FROM search_words s WHERE s.word = new.word COLLATE "C");
    RETURN ARRAY(SELECT unnest(former) EXCEPT SELECT unnest(present));
END
$$
"""

REFRESH = """
CREATE FUNCTION search_refresh() RETURNS trigger LANGUAGE plpgsql AS $$
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
        ARRAY(SELECT changed_id FROM changed WHERE kind = 'album'
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
    for table, key in [(searched.words, searched.key) for searched in SEARCHED.values()]:
        op.create_table(
            table,
            sa.Column(key, sa.BigInteger(), nullable=False, autoincrement=False),
            sa.Column("sort_key", sa.Text(), nullable=False),
            sa.Column("words", postgresql.TSVECTOR(), nullable=False),
            sa.PrimaryKeyConstraint(key),
        )
        op.create_index(f"{table}_in_order", table, ["sort_key", key])
        _make_gin(f"{table}_words", table, "words")
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("remainders", postgresql.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.PrimaryKeyConstraint("word"),
    )
    _make_gin("search_words_remainders", "search_words", "remainders")
    op.create_table(
        "search_changes",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    letters = op.create_table(
        "search_letters",
        sa.Column("letter", sa.Text(collation="C"), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("letter"),
    )
    known = list(_letters())
    op.execute(
        sa.insert(letters).from_select(
            ["letter", "folded"],
            sa.text("SELECT * FROM unnest(CAST(:letters AS text[]), CAST(:folded AS text[]))")
            .bindparams(letters=[letter for letter, _ in known], folded=[folded for _, folded in known])
            .columns(letter=sa.Text, folded=sa.Text),
        )
    )
    op.execute("ANALYZE search_letters")
    op.create_table(
        "fingerprints",
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track_id"),
    )
    for function in (FOLD, VECTOR, REMAINDERS, NOTE):
        op.execute(function.replace(":", "\\:"))
    for kind, searched in SEARCHED.items():
        op.execute(WRITE.format(kind=kind, **searched._asdict()).replace(":", "\\:"))
    op.execute(REFRESH.replace(":", "\\:"))
    op.execute(
        "CREATE CONSTRAINT TRIGGER search_refresh AFTER INSERT ON search_changes"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION search_refresh()"
    )
    for table, kind, key, columns in NOTED:
        for event, seen in (
            ("INSERT", "NEW TABLE AS after"),
            ("UPDATE", "OLD TABLE AS before NEW TABLE AS after"),
            ("DELETE", "OLD TABLE AS before"),
        ):
            op.execute(
                f"CREATE TRIGGER search_{kind}_{event.lower()} AFTER {event} ON {table} REFERENCING {seen}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION search_note('{kind}', '{key}', '{columns}')"
            )
    for kind, searched in SEARCHED.items():
        op.execute(
            "INSERT INTO search_changes (kind, keys)"  # noqa: S608 -- constants of this module
            f" SELECT '{kind}', array_agg(id) FROM {searched.rows} HAVING count(*) > 0"
        )
    # Now, not with the commit: further revisions in this transaction could not alter tables with events pending.
    op.execute("SET CONSTRAINTS search_refresh IMMEDIATE")
    op.execute("SET CONSTRAINTS search_refresh DEFERRED")


def _make_gin(name: str, table: str, column: str) -> None:
    # With a list of pending entries (fastupdate) every search would read it from end to end after an import.
    op.create_index(name, table, [column], postgresql_using="gin", postgresql_with={"fastupdate": "off"})


def _letters() -> list[tuple[str, str]]:
    """Every character beyond ASCII that folds to something else, once compatibility forms are taken apart."""
    from domain.names import fold

    assigned = (
        chr(code)
        for code in range(0x80, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
    )
    pairs = []
    for letter in assigned:
        if unicodedata.normalize("NFKD", letter) != letter:
            continue
        # Between two letters, a mark that joins them is nothing and one that separates them is a space.
        folded = fold(f"a{letter}a")[1:-1]
        if folded != letter:
            pairs.append((letter, folded))
    return pairs


def downgrade() -> None:
    for table, kind, _, _ in NOTED:
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER search_{kind}_{event} ON {table}")
    op.drop_table("fingerprints")
    op.drop_table("search_changes")
    op.execute("DROP FUNCTION search_note, search_refresh, search_vector, search_fold, search_remainders")
    for kind, searched in SEARCHED.items():
        op.execute(f"DROP FUNCTION search_write_{kind}")
        op.drop_table(searched.words)
    op.drop_table("search_words")
    op.drop_table("search_letters")
