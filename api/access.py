"""Who may: the role that a field takes, asked for where the field is declared (`api.types.resolved`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors.access import NotACurator
from domain.errors.curators import CuratorOnly
from domain.errors.listening import TokenMissing
from domain.identity import Role

if TYPE_CHECKING:
    from api.context import Context


async def require(context: Context, role: Role) -> None:
    """Raises, unless who asks has the role: TokenMissing or CuratorOnly who brought nothing that says who they are,
    NotACurator who is somebody else, TokenInvalid for what says nothing."""
    if role is Role.PUBLIC:
        return
    identity = await context.identity()
    if identity.role is Role.CURATOR or identity.role is role:
        return
    if role is Role.USER:
        raise TokenMissing
    raise CuratorOnly if identity.role is Role.PUBLIC and identity.name is None else NotACurator
