"""`segue rotate-keys`: the new key signs, older ones verify until they are forgotten."""

from __future__ import annotations

import pytest

from domain.settings import Settings
from domain.signing import Signer
from sql.database import Database
from sql.signing_keys import signing_keys
from tests.jobs.cli.command import segue

pytestmark = pytest.mark.anyio


async def test_the_new_key_signs_and_older_ones_verify_until_they_are_forgotten(database_url: str) -> None:
    database = Database.of(database_url, Settings())
    before = await signing_keys(database)
    token = Signer(before).sign("upload", "a")
    ran = segue("rotate-keys", database_url=database_url)
    assert (ran.code, ran.out) == (0, ["A new key signs from the next start of each server on"]), ran.err
    both = await signing_keys(database)
    assert both[1:] == before
    assert Signer(both).verify("upload", token) == "a"
    later = Signer(both).sign("upload", "b")
    assert Signer(before).verify("upload", later) is None

    ran = segue("rotate-keys", "--forget-old", database_url=database_url)
    assert ran.out[1:] == ["2 older keys forgotten: what was signed with them has ended"]
    only = await signing_keys(database)
    assert (len(only), len(only[0])) == (1, 32)
    assert [Signer(only).verify("upload", one) for one in (token, later)] == [None, None]
    await database.close()
