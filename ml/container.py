"""The file around a recording: opened safely, its audio stream found, its packets read past damage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from domain.errors.recordings import EmptyAudio, NotAudio, UnusableAudio
from ml.trailing_tags import audio_end

# Demuxers of single recordings. Playlists, concat scripts and everything else that makes FFmpeg open *other* files or
# the network are not among them, and the one protocol left is the local file.
FORMATS = ("aac", "aiff", "caf", "flac", "mov", "mp3", "ogg", "w64", "wav", "wv")

# A demuxer that reports damage usually stands behind it already; one that reports it this often in a row does not move.
MAX_DAMAGE_IN_A_ROW = 64

# FFmpeg brings two hundred audio decoders, most of them for games of the nineties and each a way in. These are what
# FORMATS hold in practice, beside PCM; pictures are not among them, so no cover is ever decoded.
MPEG_CODECS = ("aac", "ac3", "eac3", "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float")
ADPCM_CODECS = ("adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "gsm_ms")
CODECS = (*MPEG_CODECS, *ADPCM_CODECS, "alac", "flac", "libopus", "opus", "vorbis", "wavpack")

# What real recordings have. A damaged header that says 1 Hz would make the resampler blow up a minute to gigabytes,
# one that says thousands of channels would do so at once; 64 are seventh-order Ambisonics.
MIN_SAMPLE_RATE = 1_000
MAX_SAMPLE_RATE = 768_000
MAX_CHANNELS = 64

# Told how many seconds of a recording have been read or decoded; what it raises ends the work.
Watch = Callable[[float], object]

NO_FORMAT = "it is no audio format that Segue reads, or its header is damaged"


@contextmanager
def open_audio(path: Path, *, whole: bool = False) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open `path` and find its first audio stream; cover pictures and video are ignored.

    The file ends where its trailing tags begin, unless the `whole` is asked for, to read those.

    Raises UnusableAudio when the file cannot be read, EmptyAudio when it has no bytes, NotAudio when it is no audio
    format that we read (see FORMATS) or has no audio stream.
    """
    with _open(path, whole=whole) as container:
        if not container.streams.audio:
            raise NotAudio(path=path, reason="it holds no audio stream")
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise NotAudio(path=path, reason="its audio is in a codec without a decoder, or encrypted")
        if not stream.rate:
            raise NotAudio(path=path, reason=NO_FORMAT)
        if not _is_decoded(stream.codec_context.name):
            raise NotAudio(path=path, reason=f"its audio is in a codec that Segue does not decode ({stream.name})")
        require_plausible(path, stream.rate, stream.codec_context.channels or 1)  # some learn it from the first packet
        stream.codec_context.thread_count = 1  # no audio decoder gains by more, and a confined process has none
        yield container, stream


def require_plausible(path: Path, sample_rate: int, channels: int) -> None:
    """Raises NotAudio for what no recording has."""
    if not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
        raise NotAudio(path=path, reason=f"it claims a sample rate of {sample_rate} Hz")
    if not 1 <= channels <= MAX_CHANNELS:
        raise NotAudio(path=path, reason=f"it claims {channels} channels")


def unwatched(seconds: float) -> None:
    """The watch of those who trust a recording."""


def _open(path: Path, *, whole: bool) -> InputContainer:
    try:
        # Anything but a regular file could block for ever (a pipe) or never end (a device).
        if not path.is_file():
            path.stat()
            raise NotAudio(path=path, reason="it is not a regular file")
        if path.stat().st_size == 0:
            raise EmptyAudio(path=path)
        # An absolute path, so that no file name can be taken for a protocol ("concat:…").
        location, protocols = os.path.abspath(path), "file"
        if not whole and (end := audio_end(path)) is not None:
            location, protocols = f"subfile,,start,0,end,{end},,:file:{location}", "subfile,file"
        return av.open(
            location,
            container_options={
                "format_whitelist": ",".join(FORMATS),
                "protocol_whitelist": protocols,
                "codec_whitelist": _codec_whitelist(),
            },
            metadata_errors="replace",
        )
    except (FileNotFoundError, PermissionError) as error:
        raise UnusableAudio(path=path, reason=error.strerror) from error
    except MemoryError:
        raise
    except (ValueError, FFmpegError) as error:
        raise NotAudio(path=path, reason=NO_FORMAT) from error


def _is_decoded(codec: str) -> bool:
    return codec in CODECS or codec.startswith("pcm_")


@cache
def _codec_whitelist() -> str:
    return ",".join(sorted(filter(_is_decoded, av.codecs_available)))


def packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    """The packets of `stream` in order, the empty one that flushes the decoder last.

    Damage is stepped over. A file that can no longer be read (a disk or network fault) raises OSError.
    """
    damaged = 0
    while damaged < MAX_DAMAGE_IN_A_ROW:
        try:
            for packet in container.demux(stream):
                damaged = 0
                yield packet
            return
        except FFmpegError as error:
            if isinstance(error, OSError):
                raise
            damaged += 1
