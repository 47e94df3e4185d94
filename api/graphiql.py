"""The GraphiQL page, prefilled with a query that shows what this is for."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

import orjson

from api.services import Services
from domain import ids
from domain.errors.machine import DatabaseUnreachable

logger = logging.getLogger("segue.api")

TEMPLATE = Path(__file__).parent / "graphiql.html"
PLACE = '"EXAMPLE"'

PANEL = """\
# You may like these… Press the button to run it.
{
  track(id: "%s") {
    title
    composer { name }
    similar(first: 5) {
      items {
        score
        track {
          title
          composer { name }
          album { title }
        }
        reasons { text }
      }
    }
  }
}
"""
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
        track = await services.spaces.an_embedded_track()
    except DatabaseUnreachable as error:
        logger.warning("%s", error)
        track = None
    example = CATALOGUE if track is None else PANEL % ids.encode("Track", track)
    return _template().replace(PLACE, orjson.dumps(example).decode(), 1)


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")
