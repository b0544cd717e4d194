"""Sound files and clips: read, mixed, resampled, levelled and written; what is no sound is named."""

import io
import math
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from broadcast.audio import AudioClip, decode_audio, joined, load_audio, resampled, silence, wav_bytes, write_wav
from broadcast.errors import AudioError
from broadcast.g711 import decode_g711, encode_g711
from broadcast.loudness import loudness_lufs, normalised, rms_dbfs, true_peak_db
from broadcast.shaping import CHIME_S, LEAD_IN_S, announcement, chime, for_g711
from tests.broadcast.sounds import tone


def noise(duration_s: float = 2.0, *, amplitude: float = 0.1, rate_hz: int = 16_000) -> AudioClip:
    samples = np.random.default_rng(7).normal(0, amplitude, round(duration_s * rate_hz))
    return AudioClip(np.clip(samples, -1, 1).astype(np.float32), rate_hz)


def band_db(clip: AudioClip, low_hz: float, high_hz: float) -> float:
    """Return the power between two frequencies."""
    power = np.abs(np.fft.rfft(clip.samples.astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(len(clip.samples), 1 / clip.rate_hz)
    return 10 * math.log10(float(power[(hz >= low_hz) & (hz < high_hz)].mean()))


def test_wav_comes_back_as_it_was_written(tmp_path: Path) -> None:
    clip = noise()
    write_wav(clip, tmp_path / "x.wav")
    again = load_audio(tmp_path / "x.wav")
    assert again.rate_hz == clip.rate_hz
    np.testing.assert_allclose(again.samples, clip.samples, atol=1e-4)


def test_failed_write_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "x.wav").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_wav(tone(), tmp_path / "x.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]


def test_stereo_file_is_mixed_to_mono() -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(44_100)
        left = np.full(4410, 8000, "<i2")
        writer.writeframes(np.stack([left, left], 1).tobytes())
    clip = decode_audio(io.BytesIO(buffer.getvalue()), "stereo")
    assert (clip.samples.ndim, clip.rate_hz) == (1, 44_100)
    assert clip.samples[100] == pytest.approx(8000 / 32768, abs=0.01)


@pytest.mark.parametrize("content", [b"", b"not a sound at all", b"RIFF\x00\x00\x00\x00WAVE", b"\x00" * 4096])
def test_file_that_is_no_sound_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(AudioError, match=r"bad\.wav"):
        load_audio(tmp_path / "bad.wav")


def test_truncated_file_gives_what_is_there_or_an_error(tmp_path: Path) -> None:
    (tmp_path / "cut.wav").write_bytes(wav_bytes(tone(1.0))[:20_000])
    assert load_audio(tmp_path / "cut.wav").duration_s == pytest.approx(0.62, abs=0.02)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="No such file"):
        load_audio(tmp_path / "gone.wav")


def test_endless_recording_is_refused(tmp_path: Path) -> None:
    write_wav(silence(181, 8000), tmp_path / "long.wav")
    with pytest.raises(AudioError, match="longer than 180 s"):
        load_audio(tmp_path / "long.wav")


def test_picture_is_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10, width=64, height=48)
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    with pytest.raises(AudioError, match="holds no sound"):
        load_audio(path)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_length_and_level(rate_hz: int) -> None:
    again = resampled(tone(1.0), rate_hz)
    assert again.duration_s == pytest.approx(1.0, abs=0.001)
    assert rms_dbfs(again) == pytest.approx(rms_dbfs(tone(1.0)), abs=0.1)


def test_clip_is_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        tone().samples[0] = 1.0


@pytest.mark.parametrize(
    ("samples", "rate_hz"),
    [
        (np.zeros((2, 2), np.float32), 8000),
        (np.zeros(4, np.float64), 8000),
        (np.zeros(4, np.float32), 10),
        (np.full(4, np.nan, np.float32), 8000),
    ],
)
def test_what_is_no_clip_is_refused(samples: np.ndarray, rate_hz: int) -> None:
    with pytest.raises(ValueError):
        AudioClip(samples, rate_hz)


def test_joining_needs_one_rate() -> None:
    with pytest.raises(ValueError, match="common rate"):
        joined([silence(1, 8000), silence(1, 16_000)])


def test_hash_is_of_the_sound_and_its_rate() -> None:
    assert tone().sha256 == tone().sha256
    assert tone().sha256 != AudioClip(tone().samples.copy(), 22_050).sha256


def test_level_of_known_sounds() -> None:
    assert rms_dbfs(tone(amplitude=0.5)) == pytest.approx(-9.03, abs=0.01)
    assert rms_dbfs(silence(1, 8000)) == -math.inf
    # BS.1770-4, annex 1: a full-scale sine of 997 Hz in one front channel reads -3.01
    assert loudness_lufs(tone(3.0, hz=997, amplitude=1.0, rate_hz=48_000)) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("clip", [noise(), noise(amplitude=0.001), tone(0.1), tone(5.0, amplitude=0.9)])
def test_normalised_sound_has_the_target_loudness(clip: AudioClip) -> None:
    assert loudness_lufs(normalised(clip)) == pytest.approx(-18, abs=0.6)


def test_peaks_never_pass_the_ceiling() -> None:
    samples = noise(amplitude=0.02).samples.copy()
    samples[::4000] = 0.99
    result = normalised(AudioClip(samples, 16_000))
    assert true_peak_db(result) <= -1.49


def test_silence_is_not_amplified() -> None:
    quiet = AudioClip(np.full(16_000, 1e-6, np.float32), 16_000)
    assert normalised(quiet) is quiet


def test_announcement_begins_with_silence_and_chime() -> None:
    clip = announcement([tone(2.0)])
    lead_in = clip.samples[: int(LEAD_IN_S * clip.rate_hz)]
    assert not lead_in.any()
    assert clip.duration_s == pytest.approx(LEAD_IN_S + CHIME_S + 2.0, abs=0.01)
    assert rms_dbfs(AudioClip(clip.samples[len(lead_in) : len(lead_in) + 16_000].copy(), 16_000)) > -30


def test_announcement_without_words_is_the_chime() -> None:
    assert announcement([]).duration_s == pytest.approx(LEAD_IN_S + CHIME_S, abs=0.01)


def test_chime_neither_clicks_nor_clips() -> None:
    clip = chime()
    assert np.abs(np.diff(clip.samples)).max() < 0.3
    assert np.abs(clip.samples[[0, -1]]).max() < 0.01
    assert true_peak_db(clip) < -1.5


def test_horn_band_drops_rumble_and_lifts_consonants() -> None:
    shaped = for_g711(noise(4.0))
    voice_db = band_db(shaped, 500, 1500)
    assert shaped.rate_hz == 8000
    assert band_db(shaped, 20, 150) < voice_db - 20
    assert 2.5 < band_db(shaped, 2500, 3200) - voice_db < 6.0


@pytest.mark.parametrize("gain_ratio", [1.0, 0.25])
def test_horn_band_keeps_the_volume_it_was_given(gain_ratio: float) -> None:
    clip = normalised(noise()).scaled(gain_ratio)
    assert loudness_lufs(for_g711(clip)) == pytest.approx(loudness_lufs(clip), abs=1.0)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_g711_comes_back_almost_as_it_was(codec: str) -> None:
    clip = tone(0.5, rate_hz=8000)
    data = encode_g711(clip, codec)
    again = decode_g711(data, codec)
    assert len(data) == len(clip.samples)
    error = AudioClip(again.samples - clip.samples, 8000)
    assert rms_dbfs(clip) - rms_dbfs(error) > 33  # ITU-T G.712: quantising distortion of G.711


def test_g711_of_nothing_is_nothing() -> None:
    assert encode_g711(silence(0, 8000), "PCMU") == b""
    assert len(decode_g711(b"", "PCMA").samples) == 0


def test_g711_wants_its_rate() -> None:
    with pytest.raises(ValueError, match="8000"):
        encode_g711(tone(), "PCMU")


@pytest.mark.parametrize("clip", [silence(0, 16_000), silence(1, 16_000), tone(0.001)])
def test_horn_band_takes_clips_of_nothing_and_next_to_nothing(clip: AudioClip) -> None:
    assert for_g711(clip).duration_s == pytest.approx(clip.duration_s, abs=0.001)
