"""Arguments that many fields take."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.types.enums import Strategy
from api.types.inputs import RecommendationOptions, TrackFilter

DEFAULT_PAGE = 20
DEFAULT_LIST = 10

First = Annotated[int, strawberry.argument(description="How many, 1 to 100.")]
After = Annotated[
    str | None,
    strawberry.argument(
        description="Begins after this cursor: `endCursor` of the page before. Null: at the beginning."
    ),
]
SpaceName = Annotated[
    str | None,
    strawberry.argument(
        description="Name of the space to compare in, such as `musicnn-mtt`. Null: the default space, or, where it"
        " cannot answer, whatever can."
    ),
]
ChosenStrategy = Annotated[
    Strategy | None,
    strawberry.argument(
        description="How to find them; an error where that cannot be. Null: the best there is, falling back to what"
        " can answer, with the reason in `fallbackReason`."
    ),
]
Filter = Annotated[TrackFilter | None, strawberry.argument(description="Which tracks may appear. Null: all.")]
Options = Annotated[
    RecommendationOptions | None, strawberry.argument(description="How the list is composed. Null: nearest first.")
]
CoverSize = Annotated[
    int | None,
    strawberry.argument(
        description="How many pixels its longer side needs to have. Up to 512, a smaller copy is given where the"
        " picture is larger. Null: the picture as it is."
    ),
]
ChosenModel = Annotated[
    str | None,
    strawberry.argument(description="Name of the trained model to ask, active or not. Null: the active one."),
]
IncludeHeard = Annotated[
    bool,
    strawberry.argument(description="Whether what the user ever heard may appear; what they dislike never does."),
]
