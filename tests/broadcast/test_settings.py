"""Settings of horns and ladder: quiet hours around midnight, local time, what is refused."""

from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from broadcast.quiet_hours import NIGHT, QuietWindow, VolumeCap, quiet_refusal, volume_at
from broadcast.settings import BroadcastSettings, HornEntry, LadderSettings

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 21, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "is_quiet"),
    [
        (local(21, 59), False),
        (local(22), True),
        (local(23, 59), True),
        (local(0), True),
        (local(6, 59), True),
        (local(7), False),
    ],
)
def test_night_passes_midnight_and_ends_on_the_minute(at: datetime, is_quiet: bool) -> None:
    assert bool(quiet_refusal((NIGHT,), SHANGHAI, at)) == is_quiet


def test_quiet_hours_are_local_whatever_zone_the_clock_shows() -> None:
    assert quiet_refusal((NIGHT,), SHANGHAI, datetime(2026, 11, 21, 15, 0, tzinfo=UTC))
    assert not quiet_refusal((NIGHT,), SHANGHAI, datetime(2026, 11, 21, 3, 0, tzinfo=UTC))


def test_no_windows_mean_no_quiet() -> None:
    assert quiet_refusal((), SHANGHAI, local(3)) == ""


@given(st.times(), st.times(), st.times())
def test_window_and_its_opposite_share_the_day(start: time, end: time, now: time) -> None:
    window = QuietWindow(start=start, end=end)
    opposite = QuietWindow(start=end, end=start)
    if start == end:
        assert window.holds(now)
    else:
        assert window.holds(now) != opposite.holds(now)


def test_smallest_cap_that_holds_decides() -> None:
    caps = (
        VolumeCap(start=time(12), end=time(14), max_volume_ratio=0.5),
        VolumeCap(start=time(13), end=time(15), max_volume_ratio=0.2),
    )
    assert [volume_at(0.8, caps, SHANGHAI, local(hour)) for hour in (11, 12, 13, 14, 15)] == [0.8, 0.5, 0.2, 0.2, 0.8]


def test_defaults_are_quiet_at_night_and_warn_twice() -> None:
    settings = BroadcastSettings(horns=({"id": "gate", "url": "soundcard:"},))  # type: ignore[arg-type]
    assert settings.horns[0].quiet_hours == (NIGHT,)
    assert (settings.ladder.levels, settings.ladder.wait_s, settings.ladder.max_plays) == (2, 60, 3)


def test_times_are_read_as_written_in_the_file() -> None:
    entry = HornEntry.model_validate(
        {"id": "a", "url": "soundcard:", "quiet_hours": [{"start": "12:00", "end": "14:00"}]}
    )
    assert entry.quiet_hours[0].holds(time(13))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "ftp://x"}, "unknown scheme 'ftp'"),
        ({"url": "onvif://[::1/x"}, "cannot be read"),
        ({"id": "Gate 1"}, "pattern"),
        ({"time_zone": "Mars/Base"}, "unknown time zone"),
        ({"time_zone": "../../etc/passwd"}, "unknown time zone"),
        ({"volume_ratio": 0}, "greater than 0"),
        ({"qiet_hours": []}, "Extra inputs"),
        ({"quiet_hours": [{"start": "22:00+08:00", "end": "07:00"}]}, "without an offset"),
    ],
)
def test_mistake_in_a_horn_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        HornEntry.model_validate({"id": "gate", "url": "soundcard:", **change})


def test_password_of_a_horn_is_in_no_text() -> None:
    entry = HornEntry.model_validate({"id": "gate", "url": "onvif://root:s3cret@10.0.0.7/x"})
    with pytest.raises(ValidationError) as caught:
        HornEntry.model_validate({"id": "gate", "url": "onvif://root:s3cret@10.0.0.7:99999/x", "more": 1})
    with pytest.raises(ValidationError) as caught_above:
        BroadcastSettings.model_validate({"horns": [{"id": "gate", "url": "onvif://root:s3cret@10.0.0.7:99999/x"}]})
    assert "s3cret" not in str(caught_above.value)
    assert "s3cret" not in repr(entry) + str(entry) + entry.model_dump_json() + str(caught.value)


def test_two_horns_of_one_name_are_refused() -> None:
    horn = {"id": "gate", "url": "soundcard:"}
    with pytest.raises(ValidationError, match="two horns are called gate"):
        BroadcastSettings.model_validate({"horns": [horn, horn]})


@pytest.mark.parametrize("change", [{"levels": 3}, {"wait_s": 0}, {"max_plays": -1}, {"unknown_limit_s": float("nan")}])
def test_ladder_outside_its_limits_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        LadderSettings.model_validate(change)


@pytest.mark.parametrize("model", [HornEntry, LadderSettings, BroadcastSettings, QuietWindow, VolumeCap])
def test_every_setting_is_described(model: type[HornEntry]) -> None:
    assert all(field.description for field in model.model_fields.values())


def test_recordings_folder_is_a_path() -> None:
    assert BroadcastSettings.model_validate({"recordings": "/srv/voices"}).recordings == Path("/srv/voices")


def test_password_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "s3cret")
    entry = HornEntry.model_validate({"id": "gate", "url": "onvif://root:${GATE_PASSWORD}@10.0.0.7/x"})
    assert entry.url.get_secret_value() == "onvif://root:s3cret@10.0.0.7/x"


def test_missing_environment_variable_is_named() -> None:
    with pytest.raises(ValidationError, match="NO_SUCH_PASSWORD is not set"):
        HornEntry.model_validate({"id": "gate", "url": "onvif://root:${NO_SUCH_PASSWORD}@10.0.0.7/x"})
