"""The types of the GraphQL schema, one file for each.

Nearly all of them lead to Track and Track leads to them, so it is always loaded first: the others then only need its
module, not yet its class.
"""

from api.types import track as track
