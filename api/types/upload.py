"""How a recording is uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import strawberry

from api.types.job import Job


@strawberry.type(description="A name and its value.")
class NamedValue:
    name: str = strawberry.field(description="The name.")
    value: str = strawberry.field(description="The value.")


@strawberry.type(
    description="Allows one upload. `PUT`: send the file as the body. `POST`: send a form (multipart/form-data) of"
    " `fields` and, as the last, the file in a field called `file`. The recording is imported and embedded when it has"
    " arrived."
)
class UploadTicket:
    url: str = strawberry.field(description="Where to send it.")
    method: str = strawberry.field(description="`PUT` or `POST`.")
    fields: list[NamedValue] = strawberry.field(description="Fields of the form, for `POST`.")
    headers: list[NamedValue] = strawberry.field(description="Headers to send along.")
    key: str = strawberry.field(description="What the storage will call it.")
    job: Job = strawberry.field(
        description="What imports it: `upload`, WAITING until the recording has arrived, then `import`. Poll it by its"
        " id."
    )
    expires_at: datetime = strawberry.field(description="When the upload must have begun.")
    max_bytes: int = strawberry.field(description="How large it may be.")


def named_values(values: Mapping[str, str]) -> list[NamedValue]:
    return [NamedValue(name=name, value=value) for name, value in values.items()]
