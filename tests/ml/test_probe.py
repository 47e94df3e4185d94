"""Probing: identity survives retagging, claims are read from headers, truncation and silence are seen."""

from __future__ import annotations

import base64
import hashlib
import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import mutagen
import numpy as np
import pytest
from mutagen.apev2 import BINARY, APEv2, APEValue
from mutagen.flac import Picture
from mutagen.id3 import APIC, ID3, TIT2, ID3NoHeaderError
from mutagen.mp4 import MP4Cover

from domain.errors.recordings import EmptyAudio, NotAudio
from ml.audio import decode
from ml.probe import Recording, is_silent, is_truncated, probe
from tests.ml.recordings import ENCODERS, sine, write

# A cover picture full of what the demuxers look for: MP3 and FLAC frame headers, an Ogg page.
COVER = b"\x89PNG" + (b"\xff\xfb\x90\x64" + bytes(range(200)) * 2) * 100 + b"OggS\xff\xf8\xc9\x18" * 50


def tag_id3(path: Path) -> None:
    try:
        tags = ID3(path)
    except ID3NoHeaderError:
        tags = ID3()
    tags.add(TIT2(encoding=3, text="Another title " * 50))
    tags.add(APIC(encoding=3, mime="image/png", type=3, desc="Cover", data=COVER))
    tags.save(path)


def tag_id3_chunk(path: Path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(TIT2(encoding=3, text="Another title " * 50))
    file.tags.add(APIC(encoding=3, mime="image/png", type=3, desc="Cover", data=COVER))
    file.save()


def tag_ape(path: Path) -> None:
    tags = APEv2()
    tags["Title"] = "Another title " * 50
    tags["Cover Art (Front)"] = APEValue(b"cover.png\0" + COVER, BINARY)
    tags.save(path)


def tag_id3v1(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"TAG" + b"Last movement".ljust(125, b"\0"))


def tag_ape_and_id3v1(path: Path) -> None:
    tag_ape(path)
    tag_id3v1(path)


def tag_vorbis_comment(path: Path) -> None:
    file = mutagen.File(path)
    file["title"] = "Another title " * 5000
    picture = Picture()
    picture.data, picture.type, picture.mime = COVER, 3, "image/png"
    if hasattr(file, "add_picture"):
        file.add_picture(picture)
    else:
        file["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    file.save()


def tag_mp4(path: Path) -> None:
    file = mutagen.File(path)
    file["\xa9nam"] = "Another title " * 5000
    file["covr"] = [MP4Cover(COVER, MP4Cover.FORMAT_PNG)]
    file.save()


def untag(path: Path) -> None:
    mutagen.File(path).delete()


RETAGGED = [
    (".mp3", tag_id3), (".mp3", tag_ape), (".mp3", tag_id3v1), (".mp3", tag_ape_and_id3v1), (".mp3", untag),
    (".flac", tag_vorbis_comment), (".flac", tag_id3), (".flac", tag_id3v1), (".flac", tag_ape), (".flac", untag),
    (".ogg", tag_vorbis_comment), (".ogg", untag), (".opus", tag_vorbis_comment), (".opus", untag),
    (".m4a", tag_mp4), (".m4a", untag), (".wav", tag_id3_chunk), (".aiff", tag_id3_chunk),
    (".aac", tag_id3), (".aac", tag_ape_and_id3v1),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "retag"), RETAGGED)
def test_retagging_and_renaming_keep_identity_length_and_sound(
    tmp_path: Path, suffix: str, retag: Callable[[Path], None]
) -> None:
    noise = np.random.default_rng(2).uniform(-0.5, 0.5, (2, 3 * 48_000)).astype(np.float32)
    muxer = {"write_xing": "0"} if suffix == ".mp3" else None
    before = write(tmp_path / f"before{suffix}", noise, tags={"title": "Andante", "artist": "A. Dvořák"}, muxer=muxer)
    after = tmp_path / f"renamed{suffix}"
    shutil.copy(before, after)
    retag(after)
    assert after.read_bytes() != before.read_bytes()
    old, new = probe(before), probe(after)
    assert new.content_hash == old.content_hash
    assert new.packet_seconds == old.packet_seconds
    assert new.container_seconds == old.container_seconds
    heard_before, heard_after = (np.concatenate(list(decode(path, 16_000))) for path in (before, after))
    np.testing.assert_array_equal(heard_after, heard_before)


@pytest.mark.parametrize("suffix", ENCODERS)
def test_one_changed_sample_is_another_recording(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(2).uniform(-0.5, 0.5, (2, 48_000)).astype(np.float32)
    one = probe(write(tmp_path / f"one{suffix}", noise))
    noise[:, 20_000] = 0.9
    assert probe(write(tmp_path / f"other{suffix}", noise)).content_hash != one.content_hash


def test_the_hash_is_of_the_packets(tmp_path: Path) -> None:
    path = write(tmp_path / "tone.wav", np.stack([sine(1, 48_000)] * 2))
    with wave.open(str(path)) as file:
        samples = file.readframes(file.getnframes())
    assert probe(path).content_hash == hashlib.sha256(samples + b"pcm_s16le 48000 Hz 2").hexdigest()
    path = write(tmp_path / "tone.aac", np.stack([sine(1, 48_000)] * 2))
    assert probe(path).content_hash == hashlib.sha256(path.read_bytes()).hexdigest()  # ADTS is nothing but packets


def test_silences_of_other_rates_are_other_recordings(tmp_path: Path) -> None:
    silence = np.zeros((1, 96_000), np.float32)
    slow = probe(write(tmp_path / "slow.wav", silence, 24_000, layout="mono"))
    fast = probe(write(tmp_path / "fast.wav", silence, 48_000, layout="mono"))
    assert (slow.packet_seconds, fast.packet_seconds) == (4.0, 2.0)
    assert slow.content_hash != fast.content_hash


@pytest.mark.parametrize(
    ("suffix", "codec", "claimed", "packets"),
    [
        (".wav", "pcm_s16le", 3.0, 3.0),
        (".flac", "flac", 3.0, 3.0),
        (".mp3", "mp3", 126 * 1152 / 48_000, 126 * 1152 / 48_000),
        (".m4a", "aac", 3.0, 3.0 + 1024 / 48_000),
        (".ogg", "vorbis", None, None),
        (".opus", "opus", 3.0065, 3.0065),
        (".aiff", "pcm_s16be", 3.0, 3.0),
        (".aac", "aac", None, 142 * 1024 / 48_000),
    ],
)
def test_what_a_recording_is(
    tmp_path: Path, suffix: str, codec: str, claimed: float | None, packets: float | None
) -> None:
    found = probe(write(tmp_path / f"three{suffix}", np.stack([sine(3, 48_000)] * 2)))
    assert (found.codec, found.sample_rate, found.channels) == (codec, 48_000, 2)
    if suffix == ".ogg":  # this encoder's last packets are longer than the sound
        assert found.container_seconds == pytest.approx(3.0, abs=0.05)
        assert found.packet_seconds == pytest.approx(3.0, abs=0.05)
    else:
        assert found.container_seconds == (None if claimed is None else pytest.approx(claimed, abs=1e-9))
        assert found.packet_seconds == pytest.approx(packets, abs=1e-9)
    assert not is_truncated(found)


def test_the_end_of_an_ogg_file_may_cut_more_than_its_last_packet(tmp_path: Path) -> None:
    """The last packet of this one lasts −192 samples, which FFmpeg reports as 4,294,967,104."""
    path = write(tmp_path / "short.ogg", np.stack([sine(0.5, 16_000)] * 2), 16_000)
    assert probe(path).packet_seconds == 0.5


def test_an_mp3_without_xing_header_claims_nothing(tmp_path: Path) -> None:
    found = probe(write(tmp_path / "three.mp3", np.stack([sine(3, 48_000)] * 2), muxer={"write_xing": "0"}))
    assert found.container_seconds is None
    assert found.packet_seconds == pytest.approx(126 * 1152 / 48_000)


@pytest.mark.parametrize("rate", [44_100, 22_050, 8_000])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_xing_headers_are_found_in_every_mpeg_version(tmp_path: Path, rate: int, layout: str) -> None:
    channels = np.stack([sine(10, rate)] * (1 if layout == "mono" else 2))
    found = probe(write(tmp_path / "ten.mp3", channels, rate, layout=layout, tags={"title": "Xing"}))
    assert found.container_seconds == pytest.approx(10, abs=0.2)  # two frames of 72 ms at the lowest rate


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".m4a", ".aiff"])
def test_a_file_cut_in_half_is_truncated(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(4).uniform(-0.5, 0.5, (2, 8 * 48_000)).astype(np.float32)
    # An .m4a with its index behind the sound cannot be opened at all once its end is gone.
    path = write(tmp_path / f"cut{suffix}", noise, muxer={"movflags": "faststart"} if suffix == ".m4a" else None)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = probe(path)
    assert found.container_seconds == pytest.approx(8, abs=0.1)
    assert found.packet_seconds == pytest.approx(4, abs=0.2)
    assert is_truncated(found)
    assert abs(sum(len(block) for block in decode(path, 16_000)) / 16_000 - 4) < 0.2


def test_an_m4a_without_its_index_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.m4a", np.stack([sine(8, 48_000)] * 2))
    path.write_bytes(path.read_bytes()[:-10_000])
    with pytest.raises(NotAudio, match="header is damaged"):
        probe(path)


def test_truncated_is_more_than_a_second() -> None:
    def recording(claimed: float | None, packets: float) -> Recording:
        return Recording("0" * 64, "flac", 44_100, 2, claimed, packets, {})

    assert is_truncated(recording(10.0, 8.99))
    assert not is_truncated(recording(10.0, 9.0))
    assert not is_truncated(recording(10.0, 10.5))
    assert not is_truncated(recording(None, 1.0))


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".m4a", ".ogg", ".opus", ".wav", ".aiff"])
def test_tags_are_found_wherever_the_container_keeps_them(tmp_path: Path, suffix: str) -> None:
    tags = {"title": "Der Hölle Rache", "artist": "Ensemble Ä", "album": "1998"}
    found = probe(write(tmp_path / f"tagged{suffix}", np.stack([sine(1, 48_000)] * 2), tags=tags)).tags
    # AIFF keeps nothing but the title.
    expected = {"title": "Der Hölle Rache"} if suffix == ".aiff" else tags
    assert {key: found.get(key) for key in expected} == expected


def test_id3v1_alone_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "old.mp3", np.stack([sine(1, 48_000)] * 2), muxer={"id3v2_version": "0"})
    tag_id3v1(path)
    assert probe(path).tags["title"] == "Last movement"


def test_tags_in_no_known_encoding_are_not_fatal(tmp_path: Path) -> None:
    path = write(tmp_path / "latin.flac", np.stack([sine(1, 48_000)] * 2), tags={"title": "DvoXXk"})
    path.write_bytes(path.read_bytes().replace(b"DvoXXk", b"Dvo\xf8\xe1k"))
    assert probe(path).tags["title"] == "Dvo\ufffd\ufffdk"


def test_what_holds_nothing_is_empty(tmp_path: Path) -> None:
    (tmp_path / "nothing.flac").touch()
    with pytest.raises(EmptyAudio, match=r"nothing\.flac"):
        probe(tmp_path / "nothing.flac")
    with wave.open(str(tmp_path / "header.wav"), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
    with pytest.raises(EmptyAudio, match=r"header\.wav"):
        probe(tmp_path / "header.wav")


@pytest.mark.parametrize("name", ["text.mp3", "text.flac", "text.wav", "random.mp3", "random.aac"])
def test_what_is_not_audio_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"Bring the scores.\n" * 500 if "text" in name else np.random.default_rng(8).bytes(50_000))
    with pytest.raises(NotAudio, match=name):
        probe(path)


def test_an_m4a_without_decodable_packets_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(4).uniform(-0.5, 0.5, (2, 48_000)).astype(np.float32)
    path = write(tmp_path / "broken.m4a", noise)
    data = path.read_bytes()
    start = data.index(b"mdat") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big") - 8
    path.write_bytes(data[:start] + b"\xff" * length + data[start + length :])
    with pytest.raises(NotAudio, match="none of its packets"):
        probe(path)


def test_silence_is_under_60_decibels(tmp_path: Path) -> None:
    def constant(name: str, amplitude: float) -> Path:
        return write(tmp_path / name, np.full((2, 48_000), amplitude, np.float32), codec="pcm_f32le")

    assert is_silent(constant("digital.wav", 0.0))
    assert is_silent(constant("under.wav", 0.00099))
    assert not is_silent(constant("at.wav", 0.00101))
    opposite = np.stack([sine(1, 48_000), -sine(1, 48_000)])  # silent as a mean, but not in either channel
    assert not is_silent(write(tmp_path / "opposite.wav", opposite))
    late = np.zeros((2, 20 * 48_000), np.float32)
    late[1, -1] = -0.5
    assert not is_silent(write(tmp_path / "late.flac", late))
