"""What a confined process answers, and how much of it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from domain.spaces import BackendFacts
from jobs.hearing.wire import MalformedMessage, Message
from ml.backends.protocol import SegmentEmbedding, TrackEmbedding, Vector
from ml.fingerprint import Fingerprint, from_bytes, to_bytes
from ml.pictures import MAX_BYTES, Picture, content_type
from ml.probe import Recording
from ml.waveform import POINTS

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# Rounding to float32 leaves a unit vector much closer to length 1.
LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Hearing:
    """What a recording sounds like to a backend, and its outline for a player: see `ml.waveform.Outline.finish`."""

    embedding: TrackEmbedding
    waveform: NDArray[np.uint16]


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Progress(_Answer):
    """So much audio has been heard or read."""

    heard: Seconds


class Ready(_Answer):
    """It waits for recordings, and computes on this device."""

    device: Annotated[str, Field(max_length=100)]


class Failure(_Answer):
    """Why there is no result: the code of an error of ours or of `child`, and its details."""

    error: str
    details: dict[str, str]


class Heard(_Answer):
    """Header of a hearing. The payload is float32: the track's vector, those of its segments, its tag scores; then
    float16: the vectors of so many `patches`; then uint16: the waveform."""

    heard_seconds: Seconds
    peak: Seconds
    bounds: list[tuple[Seconds, Seconds]]
    patches: Annotated[int, Field(ge=0, lt=2**31)]
    tagged: bool


class Read(_Answer):
    """A recording as `ml.probe` describes it, and whether it is silent."""

    content_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    codec: Annotated[str, Field(max_length=50)]
    sample_rate: Annotated[int, Field(gt=0, lt=2**31)]
    channels: Annotated[int, Field(gt=0, lt=2**15)]
    container_seconds: Seconds | None
    packet_seconds: Seconds
    tags: dict[str, str]
    silent: bool


class Seen(_Answer):
    """A picture; the payload is its bytes and those of its thumbnail. None of it where there is no picture."""

    content_type: Annotated[str, Field(max_length=50)] | None = None
    width: Annotated[int, Field(ge=0, lt=2**16)] = 0
    height: Annotated[int, Field(ge=0, lt=2**16)] = 0
    thumbnail_bytes: Annotated[int, Field(ge=0, lt=2**31)] = 0


class Printed(_Answer):
    """A fingerprint of so many seconds; the payload is as `ml.fingerprint.to_bytes` writes it."""

    printed_seconds: Seconds


class Measured(_Answer):
    """Tempo and loudness, as `ml.measures` measures them; there is no payload."""

    tempo: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None
    loudness: Annotated[float, Field(allow_inf_nan=False)]


Result = Heard | Read | Seen | Printed | Measured
Reply = Progress | Ready | Failure | Result
REPLIES: TypeAdapter[Reply] = TypeAdapter(Reply)


def pack_hearing(heard: TrackEmbedding, waveform: NDArray[np.uint16]) -> tuple[dict[str, object], bytes]:
    """A hearing as a message."""
    header = Heard(
        heard_seconds=heard.heard_seconds,
        peak=heard.peak,
        bounds=[(segment.start_seconds, segment.end_seconds) for segment in heard.segments],
        patches=0 if heard.patches is None else len(heard.patches),
        tagged=heard.tag_scores is not None,
    )
    rows = [heard.vector, *(segment.vector for segment in heard.segments)]
    scores = [] if heard.tag_scores is None else [heard.tag_scores]
    vectors = np.concatenate([*rows, *scores]).astype("<f4").tobytes()
    patches = b"" if heard.patches is None else heard.patches.astype("<f2").tobytes()
    return header.model_dump(), vectors + patches + waveform.astype("<u2").tobytes()


def unpack_hearing(facts: BackendFacts, header: Heard, payload: bytes, longest_seconds: float) -> Hearing:
    """The hearing in a message. Raises MalformedMessage unless it is one that this backend could have made."""
    count, dimension = 1 + len(header.bounds), facts.dimension
    tags = len(facts.tags) if header.tagged else 0
    vectors_end = 4 * (count * dimension + tags)
    patches_end = vectors_end + 2 * header.patches * dimension
    if len(payload) != patches_end + 2 * POINTS or header.heard_seconds > longest_seconds:
        raise MalformedMessage
    values: Vector = np.frombuffer(payload[:vectors_end], "<f4").astype(np.float32)
    patches = np.frombuffer(payload[vectors_end:patches_end], "<f2").astype(np.float16).reshape(-1, dimension)
    if not (np.isfinite(values).all() and np.isfinite(patches).all()):
        raise MalformedMessage
    if header.patches and -(-header.patches // facts.segment_patches) != len(header.bounds):
        raise MalformedMessage
    vectors, scores = values[: count * dimension].reshape(count, dimension), values[count * dimension :]
    edges = [0.0, *(end for _, end in header.bounds)]
    if [start for start, _ in header.bounds] != edges[:-1] or edges != sorted(edges):
        raise MalformedMessage
    if (
        np.abs(np.linalg.norm(vectors, axis=1) - 1).max() > LENGTH_TOLERANCE
        or (np.abs(scores - 0.5) > 0.5 + 1e-6).any()
    ):
        raise MalformedMessage
    embedding = TrackEmbedding(
        vector=vectors[0],
        segments=tuple(
            SegmentEmbedding(start, end, vector)
            for (start, end), vector in zip(header.bounds, vectors[1:], strict=True)
        ),
        tag_scores=scores if header.tagged else None,
        heard_seconds=header.heard_seconds,
        peak=header.peak,
        patches=patches if header.patches else None,
    )
    return Hearing(embedding, np.frombuffer(payload[patches_end:], "<u2").astype(np.uint16))


def pack_recording(recording: Recording, *, silent: bool) -> dict[str, object]:
    """A recording as a header; such a message has no payload."""
    return Read(**vars(recording), silent=silent).model_dump()


def unpack_recording(header: Read) -> tuple[Recording, bool]:
    """The recording in a header, and whether it is silent."""
    fields = header.model_dump()
    silent: bool = fields.pop("silent")
    return Recording(**fields), silent


def pack_picture(picture: Picture | None) -> tuple[dict[str, object], bytes]:
    """A picture, or that there is none, as a message."""
    if picture is None:
        return Seen().model_dump(), b""
    thumbnail = picture.thumbnail or b""
    header = Seen(
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        thumbnail_bytes=len(thumbnail),
    )
    return header.model_dump(), picture.data + thumbnail


def unpack_picture(header: Seen, payload: bytes) -> Picture | None:
    """The picture in a message. Raises MalformedMessage unless it is what it says it is."""
    if header.content_type is None:
        return None
    end = len(payload) - header.thumbnail_bytes
    data, thumbnail = payload[: max(0, end)], payload[max(0, end) :]
    if header.content_type != content_type(data) or not (header.width and header.height) or len(data) > MAX_BYTES:
        raise MalformedMessage
    if thumbnail and content_type(thumbnail) != "image/jpeg":
        raise MalformedMessage
    return Picture(data, header.content_type, header.width, header.height, thumbnail or None)


def pack_fingerprint(printed: Fingerprint) -> tuple[dict[str, object], bytes]:
    """A fingerprint as a message."""
    return Printed(printed_seconds=printed.seconds).model_dump(), to_bytes(printed)


def unpack_fingerprint(header: Printed, payload: bytes) -> Fingerprint:
    """The fingerprint in a message. Raises MalformedMessage."""
    try:
        printed = from_bytes(payload)
    except ValueError as error:
        raise MalformedMessage from error
    if printed.seconds != header.printed_seconds:
        raise MalformedMessage
    return printed


def parse(message: Message) -> Reply:
    """Raises MalformedMessage."""
    try:
        return REPLIES.validate_json(message.header)
    except ValueError as error:
        raise MalformedMessage from error
