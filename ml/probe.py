"""Looking at a recording without hearing it: what it is, what its tags say, and whether all of it is there."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from domain.errors.recordings import EmptyAudio, NotAudio
from ml.audio import channel_blocks
from ml.claimed_length import claimed_seconds
from ml.container import Watch, open_audio, packets, require_plausible, unwatched
from ml.trailing_tags import audio_end

TRUNCATED_SECONDS = 1.0
SILENCE_DBFS = -60.0

# Tags longer than this are cut, and those beyond so many characters altogether are left out: lyrics fit, and a picture
# that pretends to be a comment does not reach the database.
MAX_TAG_LENGTH = 65_536
MAX_TAGS_LENGTH = 1_048_576


@dataclass(frozen=True)
class Recording:
    """What a file holds.

    `content_hash`, the hexadecimal SHA-256 of the audio packets, stays when the file is moved, renamed or retagged.
    `codec` is FFmpeg's name; `sample_rate` in Hz. `container_seconds` is the length that the container claims, None
    where it claims nothing; `packet_seconds` is what its packets amount to. `tags` have lower-case keys.
    """

    content_hash: str
    codec: str
    sample_rate: int
    channels: int
    container_seconds: float | None
    packet_seconds: float
    tags: dict[str, str]


def probe(path: Path, watch: Watch = unwatched) -> Recording:
    """Read all packets of the first audio stream of `path`, decoding only until there is a first sample.

    `watch` is told with every packet how many seconds have been read. Raises NotAudio when nothing in it can be
    decoded, EmptyAudio when there are no bytes or no packets, UnusableAudio when it cannot be opened.
    """
    with open_audio(path) as (container, stream):
        codec = stream.codec_context.codec.canonical_name
        digest = hashlib.sha256()
        duration = filled = 0
        heard = False
        tick = float(stream.time_base or 0)
        for packet in packets(container, stream):
            heard = heard or _has_samples(packet)
            if packet.size:
                digest.update(packet)
                filled += 1
                duration += _duration(packet)
                watch(duration * tick)
        if not filled:
            raise EmptyAudio(path=path)
        if not heard:
            raise NotAudio(path=path, reason="none of its packets can be decoded")
        context = stream.codec_context
        require_plausible(path, context.sample_rate, context.channels)  # decoding may have taught it better
        if codec.startswith("pcm_"):
            # Bare samples don't say how they are to be read: the same zeros are silences of different lengths.
            digest.update(f"{codec} {context.sample_rate} Hz {context.channels}".encode())
        claimed = claimed_seconds(path, container.format.name, stream)
        return Recording(
            content_hash=digest.hexdigest(),
            codec=codec,
            sample_rate=context.sample_rate,
            channels=context.channels,
            container_seconds=claimed if claimed is not None and 0 <= claimed < math.inf else None,
            packet_seconds=max(0.0, float(duration * (stream.time_base or 0))),
            tags=_tags(path, container, stream),
        )


def is_truncated(recording: Recording) -> bool:
    """Whether more than a second of what the container claims is missing."""
    claimed = recording.container_seconds
    return claimed is not None and claimed - recording.packet_seconds > TRUNCATED_SECONDS


def is_silent(path: Path, watch: Watch = unwatched) -> bool:
    """Whether no sample of any channel reaches −60 dBFS; decodes only until the first that does.

    `watch` is told with every block how many seconds have been decoded. Raises as `ml.audio.decode` does.
    """
    threshold = 10 ** (SILENCE_DBFS / 20)
    seconds = 0.0
    for block, rate in channel_blocks(path):
        if float(np.abs(block).max()) >= threshold:
            return False
        seconds += block.shape[1] / rate
        watch(seconds)
    return True


def _duration(packet: Packet[AudioStream]) -> int:
    """A packet's duration in the stream's ticks.

    FFmpeg takes what an Ogg file's end cuts off from its last packet in 32 bits without a sign, so that a packet that
    lasts −192 ticks, and corrects the sum, seems to last three days.
    """
    duration = packet.duration or 0
    return duration - 2**32 if 2**31 <= duration < 2**32 else max(0, duration)


def _has_samples(packet: Packet[AudioStream]) -> bool:
    try:
        return any(frame.samples for frame in packet.decode())
    except MemoryError:
        raise
    except FFmpegError:
        return False


def _tags(path: Path, container: InputContainer, stream: AudioStream) -> dict[str, str]:
    """Tags of the stream (Ogg keeps them there) and of the container, which wins; ID3v1 is only in the whole file."""
    tags = _tags_of(container, stream)
    if audio_end(path) is not None:
        with open_audio(path, whole=True) as (container, stream):
            return _tags_of(container, stream) | tags
    return tags


def _tags_of(container: InputContainer, stream: AudioStream) -> dict[str, str]:
    tags: dict[str, str] = {}
    room = MAX_TAGS_LENGTH
    for key, value in {**stream.metadata, **container.metadata}.items():
        room -= len(key) + min(len(value), MAX_TAG_LENGTH)
        if room < 0:
            break
        tags[key.lower()] = value[:MAX_TAG_LENGTH]
    return tags
