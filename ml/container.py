"""The file around a recording: opened safely, its audio stream found, its packets read past damage."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from domain.errors import EmptyAudio, NotAudio, UnusableAudio
from ml.trailing_tags import audio_end

# Demuxers of single recordings. Playlists, concat scripts and everything else that makes FFmpeg open *other* files or
# the network are not among them, and the one protocol left is the local file.
FORMATS = ("aac", "aiff", "caf", "flac", "mov", "mp3", "ogg", "w64", "wav", "wv")

# A demuxer that reports damage usually stands behind it already; one that reports it this often in a row does not move.
MAX_DAMAGE_IN_A_ROW = 64

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
        yield container, stream


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
            container_options={"format_whitelist": ",".join(FORMATS), "protocol_whitelist": protocols},
            metadata_errors="replace",
        )
    except (FileNotFoundError, PermissionError) as error:
        raise UnusableAudio(path=path, reason=error.strerror) from error
    except (ValueError, FFmpegError) as error:
        raise NotAudio(path=path, reason=NO_FORMAT) from error


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
