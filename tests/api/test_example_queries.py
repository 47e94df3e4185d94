"""The operations that GraphiQL opens with can be run as they are."""

from __future__ import annotations

import httpx
import orjson
import pytest

from api.example_queries import FOLDER, examples
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio


async def test_every_example_is_answered(http: httpx.AsyncClient, archive: SmallArchive) -> None:
    texts = examples(archive.tracks["Prelude"], archive.tracks["Waltz"])
    assert len(texts) == len(list(FOLDER.iterdir())) == 8
    for text in texts:
        assert text.startswith("# ")
        if "mutation" in text:
            continue  # the archive is shared by tests that only read
        answer = (await http.post("/graphql", json={"query": text})).json()
        assert ("errors" in answer, None in answer["data"].values()) == (False, False), text


async def test_the_page_holds_them_with_tracks_that_are_there(http: httpx.AsyncClient, archive: SmallArchive) -> None:
    page = (await http.get("/graphql", headers={"accept": "text/html"})).text
    # Two tracks of the default space, the earliest.
    first, second = sorted(archive.tracks[title] for title in ("Prelude", "Fugue", "Élégie", "Toccata", "Waltz"))[:2]
    for text in examples(first, second):
        assert orjson.dumps(text).decode() in page
    assert '"TRACK"' not in page
