"""Decoding: every container, rate and channel count to the same mono samples; damage and fakes."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
import soxr

from domain.errors.recordings import EmptyAudio, NotAudio, UnusableAudio
from ml.audio import channel_blocks, decode, downmix
from ml.probe import probe
from tests.ml.recordings import ENCODERS, lengthened, sine, write
from tests.soak import IS_SOAK

MOST_DELAY = 3 * 1152
# Lossy codecs keep a sweep of half amplitude within this (LAME scales by .95); the others to half a 16-bit step.
LOSSY = 0.03
HALF_STEP = 0.51 / 32768


def decoded(path: Path, sample_rate: int) -> np.ndarray:
    return np.concatenate(list(decode(path, sample_rate)))


@pytest.mark.parametrize("suffix", ENCODERS)
def test_every_container_gives_back_the_signal(tmp_path: Path, suffix: str) -> None:
    times = np.arange(96_000) / 48_000
    sweep = (0.5 * np.sin(2 * np.pi * (200 + 400 * times) * times)).astype(np.float32)
    heard = decoded(write(tmp_path / f"sweep{suffix}", np.stack([sweep, sweep])), 48_000)
    # MP3, AAC and Vorbis may start or end up to three frames away from the original.
    assert abs(len(heard) - 96_000) <= MOST_DELAY
    lag = int(np.argmax(np.correlate(heard[: 24_000 + MOST_DELAY], sweep[4_800:24_000], "valid"))) - 4_800
    assert abs(lag) <= MOST_DELAY
    tolerance = HALF_STEP if suffix in (".wav", ".flac", ".aiff") else LOSSY
    np.testing.assert_allclose(heard[4_800 + lag : 90_000 + lag], sweep[4_800:90_000], atol=tolerance)


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"])
def test_every_sample_format_has_the_same_full_scale(tmp_path: Path, codec: str) -> None:
    tone = sine(0.5, 16_000)
    path = write(tmp_path / "tone.wav", tone[None], 16_000, layout="mono", codec=codec)
    step = 1 / 128 if codec == "pcm_u8" else 1 / 32768
    np.testing.assert_allclose(decoded(path, 16_000), tone, atol=step)


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = sine(0.5, 16_000, 440), sine(0.5, 16_000, 1000)
    path = write(tmp_path / "two.wav", np.stack([left, right]), 16_000, codec="pcm_f32le")
    np.testing.assert_allclose(decoded(path, 16_000), (left + right) / 2, atol=1e-7)
    surround = np.stack([sine(0.5, 16_000, 200 * channel) for channel in range(1, 7)])
    path = write(tmp_path / "six.wav", surround, 16_000, layout="5.1", codec="pcm_f32le")
    np.testing.assert_allclose(decoded(path, 16_000), surround.sum(axis=0) / 6, atol=1e-7)


@pytest.mark.parametrize(
    ("suffix", "layout", "count"),
    [(".flac", "7.1", 8), (".m4a", "7.1", 8), (".opus", "7.1", 8), (".wav", "hexadecagonal", 16)],
)
def test_many_channels_are_averaged_too(tmp_path: Path, suffix: str, layout: str, count: int) -> None:
    tone = sine(1, 48_000)
    channels = np.stack([tone] + [np.zeros_like(tone)] * (count - 1))
    path = write(tmp_path / f"many{suffix}", channels, layout=layout)
    assert {len(block) for block, _rate in channel_blocks(path)} == {count}
    peak = np.abs(decoded(path, 48_000)[10_000:40_000]).max()
    assert peak == pytest.approx(0.5 / count, rel=0.1)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_resampled_in_blocks_as_soxr_does_in_one_piece(tmp_path: Path, rate: int) -> None:
    noise = np.random.default_rng(7).uniform(-0.5, 0.5, 5 * rate).astype(np.float32)
    path = write(tmp_path / "noise.wav", noise[None], rate, layout="mono", codec="pcm_f32le")
    heard = decoded(path, 16_000)
    assert len(heard) == 5 * 16_000
    np.testing.assert_allclose(heard, soxr.resample(noise, rate, 16_000), atol=1e-5)


def test_blocks_are_bounded(tmp_path: Path) -> None:
    path = write(tmp_path / "long.flac", np.zeros((1, 60 * 48_000), np.float32), layout="mono")
    sizes = [len(block) for block in decode(path, 16_000)]
    assert sum(sizes) == 60 * 16_000
    assert max(sizes) <= 3 * 16_000  # gathered 65,536 samples and one frame of 48 kHz are under two seconds


def test_damage_in_the_middle_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "tone.mp3", np.stack([sine(10, 48_000)] * 2))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = np.random.default_rng(1).bytes(4000)
    path.write_bytes(data)
    # 4000 of 160,000 bytes are a quarter of a second.
    assert 9.0 <= len(decoded(path, 16_000)) / 16_000 <= 10.1


@pytest.mark.parametrize("suffix", [".flac", ".m4a", ".ogg", ".opus", ".aac"])
def test_damage_does_not_end_the_other_containers_either(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, (2, 10 * 48_000)).astype(np.float32)
    path = write(tmp_path / f"noise{suffix}", noise)
    data = bytearray(path.read_bytes())
    for place in (3, 4, 5, 6):
        at = len(data) * place // 10
        data[at : at + 200] = np.random.default_rng(place).bytes(200)
    path.write_bytes(data)
    # An Ogg page is a second of this file and dropped whole, the one behind it too where damage hits the border.
    assert (5.0 if suffix in (".ogg", ".opus") else 9.0) <= len(decoded(path, 16_000)) / 16_000 <= 10.2


def test_a_change_of_rate_and_channels_on_the_way_is_followed(tmp_path: Path) -> None:
    # ADTS frames say their own rate and channels, so two files in a row are one stream that changes.
    first = write(tmp_path / "first.aac", np.stack([sine(2, 48_000)] * 2))
    second = write(tmp_path / "second.aac", sine(2, 24_000)[None], 24_000, layout="mono")
    third = write(tmp_path / "third.aac", np.stack([sine(2, 16_000)] * 2), 16_000)
    path = tmp_path / "chained.aac"
    path.write_bytes(first.read_bytes() + second.read_bytes() + third.read_bytes())
    assert {(len(block), rate) for block, rate in channel_blocks(path)} == {(2, 48_000), (1, 24_000), (2, 16_000)}
    assert abs(len(decoded(path, 16_000)) / 16_000 - 6) < 0.5


def test_cover_pictures_and_video_are_not_heard(tmp_path: Path) -> None:
    path = tmp_path / "film.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width = video.height = 64
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for number in range(25):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), number, np.uint8), "rgb24")))
        frame = av.AudioFrame.from_ndarray(sine(1, 48_000)[None], format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux([*audio.encode(frame), *audio.encode(None), *video.encode(None)])
    assert abs(len(decoded(path, 16_000)) / 16_000 - 1) < 0.05


def test_what_floating_point_files_may_hold_stays_finite() -> None:
    wild = np.array([[0.5, np.nan, np.inf, -np.inf, 1e30, -0.5]], np.float32)
    np.testing.assert_array_equal(downmix(wild), np.float32([0.5, 0, 0, 0, 100, -0.5]))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((f"notes{suffix}", b"Bring the scores.\n" * 100) for suffix in (".txt", ".mp3", ".m4a", ".flac", ".wav")),
        ("cover.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde" + bytes(100)),
        ("scores.zip", b"PK\x03\x04" + bytes(26) + b"a.wav" + b"RIFF" * 100),
        *((f"random{suffix}", np.random.default_rng(5).bytes(20_000)) for suffix in (".mp3", ".flac", ".aac")),
        ("zeros.wav", bytes(20_000)),
    ],
)
def test_what_is_not_audio_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(NotAudio, match=name):
        decoded(path, 16_000)


def test_no_bytes_and_no_samples_are_empty(tmp_path: Path) -> None:
    (tmp_path / "nothing.mp3").touch()
    with pytest.raises(EmptyAudio, match="nothing"):
        decoded(tmp_path / "nothing.mp3", 16_000)
    path = tmp_path / "header-only.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
    with pytest.raises(EmptyAudio, match="header-only"):
        decoded(path, 16_000)


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableAudio, match=r"missing\.wav' cannot be used: No such file"):
        decoded(tmp_path / "missing.wav", 16_000)
    with pytest.raises(NotAudio, match="not a regular file"):
        decoded(tmp_path, 16_000)


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile '{target}'\n"),
        ("list.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"),
        ("list.mp3", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n"),
    ],
)
def test_playlists_open_nothing_else(tmp_path: Path, name: str, script: str) -> None:
    target = write(tmp_path / "secret.wav", np.stack([sine(1, 48_000)] * 2))
    path = tmp_path / name
    path.write_text(script.format(target=target))
    with pytest.raises(NotAudio, match="no audio format"):
        decoded(path, 16_000)


@pytest.mark.parametrize("name", ["concat:a|b.wav", "http:example.wav", "100%.wav", "pipe:0.wav", " spaced '\".wav"])
def test_a_file_name_is_never_a_protocol(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "plain.wav", np.stack([sine(1, 48_000)] * 2)).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(decoded(Path(name), 16_000)) == 16_000


def test_a_file_name_need_not_be_utf8(tmp_path: Path) -> None:
    name = tmp_path / b"Dvo\xf8\xe1k.wav".decode("utf-8", "surrogateescape")
    write(tmp_path / "plain.wav", np.stack([sine(1, 48_000)] * 2)).rename(name)
    assert len(decoded(name, 16_000)) == 16_000


@pytest.mark.parametrize("suffix", ENCODERS)
def test_random_damage_ends_in_samples_or_in_a_named_error(tmp_path: Path, suffix: str) -> None:
    """A damaged AAC file once claimed 35 channels, and reading its planes crashed the process."""
    rng = np.random.default_rng(sum(suffix.encode()))
    noise = rng.uniform(-0.5, 0.5, (2, 4 * 48_000)).astype(np.float32)
    whole = write(tmp_path / f"whole{suffix}", noise).read_bytes()
    path = tmp_path / f"damaged{suffix}"
    heard = 0
    for number in range(40):
        damaged = bytearray(whole)
        within = 600 if number % 2 else len(whole)  # half of it in the header
        for _ in range(rng.integers(1, 5)):
            damaged[rng.integers(min(within, len(whole)))] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(len(whole))] if number % 4 == 0 else damaged)
        try:
            assert np.isfinite(decoded(path, 16_000)).all()
            assert len(probe(path).content_hash) == 64
            heard += 1
        except UnusableAudio:
            continue
    assert heard >= 5


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    minutes = 60 if IS_SOAK else 15
    minute = write(tmp_path / "minute.m4a", np.stack([sine(60, 16_000)] * 2), 16_000)
    resident, samples = [], 0
    for block in decode(lengthened(minute, minutes), 22_050):
        samples += len(block)
        resident.append(psutil.Process().memory_info().rss)
    # Each minute ends with what AAC needs to end, less than a tenth of a second.
    assert samples / 22_050 == pytest.approx(60 * minutes, abs=0.1 * minutes)
    # After a tenth of it went before. A quarter of an hour of samples is 79 MB.
    assert max(resident) - resident[len(resident) // 10] < 10_000_000
