"""The schema is the contract: it changes only on purpose, and says what everything is."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
)

from api.documents import SCHEMA
from api.schema import PRINTED, printed


def test_the_committed_schema_is_the_one_that_answers() -> None:
    if PRINTED.read_text(encoding="utf-8") != printed():
        pytest.fail("api/schema.graphql is not the schema any more. If that is meant: python -m api.schema")


def test_everything_is_described() -> None:
    bare: list[str] = []
    for type_ in SCHEMA.type_map.values():
        if is_introspection_type(type_):
            continue
        if not type_.description:
            bare.append(type_.name)
        if isinstance(type_, GraphQLEnumType):
            bare += [f"{type_.name}.{name}" for name, value in type_.values.items() if not value.description]
        if isinstance(type_, GraphQLInputObjectType):
            bare += [f"{type_.name}.{name}" for name, field in type_.fields.items() if not field.description]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                arguments = [f"({argument})" for argument, value in field.args.items() if not value.description]
                bare += [f"{type_.name}.{name}{what}" for what in ([] if field.description else [""]) + arguments]
    assert bare == []


@pytest.mark.parametrize(
    ("type_name", "fields"),
    [
        (
            "Query",
            "node album albums track tracks composers search user session sessions spaces models job jobs"
            " recommendSimilar similarSegments searchByText recommendFrom recommendForUser recommendNext pathBetween"
            " evaluationReport experiments exportUser",
        ),
        ("Album", "id title artist dateText dateFrom dateTo datePrecision coverUrl tracks"),
        (
            "Track",
            "id title position disc durationSeconds composer composers album arranger performers tags audioUrl coverUrl"
            " waveform segments status"
            " work movement movementNumber otherPerformances truncated similar genre labels catalogueId",
        ),
        ("Composer", "id name tracks"),
        ("Work", "id title catalogueNumber composer tracks"),
        ("SearchResults", "tracks albums composers"),
        ("Segment", "id startSeconds endSeconds label creator track similar"),
        ("Space", "id name backend dimension revision licence commercialUse trackCount state map"),
        ("SpaceMap", "method madeAt points groups"),
        ("MapPoints", "trackIds x y"),
        ("MapGroup", "name places"),
        ("Job", "id kind status total done failed current device startedAt finishedAt heartbeatAt error"),
        ("RecommendationList", "id strategy strategyReason model space fallbackReason items"),
        ("Recommendation", "rank score track reasons"),
        ("RecommendationReason", "kind text track"),
        ("SegmentRecommendationList", "id space items"),
        ("SegmentRecommendation", "rank score segment"),
        ("TextMatchList", "space items"),
        ("TextMatch", "rank score track"),
        ("TrackConnection", "edges nodes pageInfo totalCount"),
        ("TrackEdge", "cursor node"),
        (
            "Mutation",
            "requestUpload importTracks reembed retryJob cancelJob editTrack editAlbum editComposer editWork"
            " createUser renewToken deleteUser startSession endSession recordInteractions train promoteModel drawMap",
        ),
        (
            "Model",
            "id name strategy status space ownSpace simulated settings metrics verdict trainedAt promotedAt",
        ),
        ("Measured", "way part meaning hitRate ndcg coverage"),
        ("Estimate", "estimate low high"),
        ("Setting", "name value"),
        ("User", "id name anonymous simulated createdAt sessions history"),
        ("Session", "id user startedAt endedAt interactions"),
        ("Interaction", "clientId track session kind playedSeconds occurredAt recordedAt listId rank plays"),
        ("UserWithToken", "user token expiresAt"),
        ("RecordedInteractions", "recorded repeated"),
        ("Subscription", "jobProgress"),
        ("UploadTicket", "url method fields headers key job expiresAt maxBytes"),
        ("NamedValue", "name value"),
        ("PageInfo", "hasNextPage hasPreviousPage startCursor endCursor"),
    ],
)
def test_the_names_that_clients_rely_on(type_name: str, fields: str) -> None:
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    assert set(type_.fields) == set(fields.split())


def test_what_fails_by_itself_can_be_null() -> None:
    """So that one field's error does not take the others along."""
    query, track = SCHEMA.type_map["Query"], SCHEMA.type_map["Track"]
    assert isinstance(query, GraphQLObjectType)
    assert isinstance(track, GraphQLObjectType)
    assert [name for name, field in query.fields.items() if str(field.type).endswith("!")] == ["spaces", "models"]
    assert str(track.fields["similar"].type) == "RecommendationList"
