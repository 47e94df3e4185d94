"""A table for whose rows the database says that its disk has no room."""

from __future__ import annotations

from sqlalchemy import Engine, text

FILL_UP = """
    CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE 'no room' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()
"""


def fill_up(engine: Engine, table: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(FILL_UP.format(table=table)))
