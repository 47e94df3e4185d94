"""Pages of a list, as Relay's connections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import strawberry

from api.cursors import Cursors
from api.types.resolved import resolved
from domain.recommendations import require_list_length
from sql.catalogue.pages import Key, Page

T = TypeVar("T")
Item = TypeVar("Item")
Count = Callable[[], Awaitable[int]]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether the list goes on after this page.")
    has_previous_page: bool = strawberry.field(description="Whether the page was begun after a cursor.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last item, to be passed as `after` for the next page; null on an empty page."
    )


@strawberry.type(description="An item of a page.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="A page begun `after` it begins with the next item.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    count: strawberry.Private[Count]

    @resolved("How many items the whole list has. Counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()


async def connection(
    read: Callable[[int, Key | None], Awaitable[Page[Item]]],
    cursors: Cursors,
    node: Callable[[Item], T],
    count: Count,
    first: int,
    after: str | None,
) -> Connection[T]:
    """One page: `read` is called with `first` and the key behind `after`.

    Raises InvalidPageSize and InvalidCursor before anything is read.
    """
    require_list_length(first)
    page = await read(first, cursors.decode(after))
    edges = [Edge(cursor=cursors.encode(key), node=node(item)) for key, item in page.rows]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=count,
    )
