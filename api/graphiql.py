"""The GraphiQL page, prefilled with operations that show what this is for."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

import orjson

from api.example_queries import examples
from api.services import Services
from domain.errors.machine import DatabaseUnreachable, Overloaded

logger = logging.getLogger("segue.api")

# Within a page of elsewhere somebody could be led to press its button, and what it sends comes from here.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TEMPLATE = Path(__file__).parent / "graphiql.html"
PLACE = '["EXAMPLES"]'

# While nothing is embedded yet.
CATALOGUE = """\
# Nothing is embedded yet; here is what there is.
{
  albums(first: 10) {
    totalCount
    nodes { title tracks(first: 5) { nodes { id title status } } }
  }
}
"""


async def page(services: Services) -> str:
    """The page. It opens without a database too."""
    try:
        tracks = await services.spaces.embedded_tracks()
    except (DatabaseUnreachable, Overloaded) as error:
        logger.warning("%s", error)
        tracks = []
    shown = examples(tracks[0], tracks[-1]) if tracks else [CATALOGUE]
    return _template().replace(PLACE, orjson.dumps(shown).decode().replace("</", "<\\/"), 1)


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")
