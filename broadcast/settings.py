"""What the settings file says about horns, words and the ladder."""

import os
import re
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from broadcast.errors import HornUrlError
from broadcast.horns import check_horn_url
from broadcast.quiet_hours import NIGHT, QuietWindow, VolumeCap

Language = Literal["zh", "en"]

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""An environment variable in a URL."""


class HornEntry(BaseModel):
    """One loudspeaker and the hours in which it may speak."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$", description="name in URLs, logs and receipts; a-z, 0-9, - and _"
    )
    name: str = Field(default="", max_length=80, description="what operators read; empty: the id")
    url: SecretStr = Field(
        description="soundcard:[?device=NAME], file:///folder, auto:///folder or "
        "onvif://user:pw@host/path[?transport=udp]; ${NAME} is looked up in the environment"
    )
    quiet_hours: tuple[QuietWindow, ...] = Field(
        default=(NIGHT,), description="local hours without any automatic voice"
    )
    time_zone: str = Field(default="Asia/Shanghai", description="IANA name of the zone that quiet hours are in")
    volume_ratio: float = Field(default=1.0, gt=0, le=1, description="amplitude, 1 being as normalised (-18 LUFS)")
    volume_caps: tuple[VolumeCap, ...] = Field(default=(), description="hours in which it speaks softer")

    @field_validator("url")
    @classmethod
    def _has_known_url(cls, value: SecretStr) -> SecretStr:
        url = _expanded(value.get_secret_value())
        try:
            check_horn_url("url", url)
        except HornUrlError as err:
            raise ValueError(err.problem) from None
        return SecretStr(url)

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        return checked_time_zone(value)

    @property
    def zone(self) -> ZoneInfo:
        """The zone its quiet hours are in."""
        return ZoneInfo(self.time_zone)


class LadderSettings(BaseModel):
    """How a case is talked to before it is filed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    levels: int = Field(default=2, ge=0, le=2, description="warnings before filing; 0 files without a word")
    wait_s: float = Field(
        default=60.0, ge=1, le=3600, description="seconds from a warning to the look whether it was heeded"
    )
    unknown_limit_s: float = Field(
        default=600.0,
        ge=0,
        le=86_400,
        description="seconds past that look to wait for a camera that is away, then hold",
    )
    returned_level: int = Field(
        default=2,
        ge=1,
        le=3,
        description="first warning of who was warned and came back: 1 calm, 2 stronger; above levels files at once",
    )
    max_plays: int = Field(default=3, ge=0, le=100, description="automatic voices per place within plays_window_s")
    plays_window_s: float = Field(default=1800.0, ge=1, le=86_400, description="seconds over which max_plays counts")


class BroadcastSettings(BaseModel):
    """Everything this package is told."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    horns: tuple[HornEntry, ...] = Field(default=(), description="loudspeakers")
    ladder: LadderSettings = Field(default_factory=LadderSettings, description="warn, wait, look again")
    languages: tuple[Language, ...] = Field(
        default=("zh",), min_length=1, max_length=2, description="languages of a warning, spoken in this order"
    )
    recordings: Path | None = Field(
        default=None, description="folder of own recordings named <kind>.<level>.<language>.wav; they go before ours"
    )
    speech_program: str = Field(
        default="espeak-ng", min_length=1, description="text to speech: name or path of espeak-ng"
    )

    @field_validator("horns")
    @classmethod
    def _ids_are_unique(cls, value: tuple[HornEntry, ...]) -> tuple[HornEntry, ...]:
        ids = [horn.id for horn in value]
        doubles = sorted({horn_id for horn_id in ids if ids.count(horn_id) > 1})
        if doubles:
            raise ValueError(f"two horns are called {', '.join(doubles)}")
        return value


def checked_time_zone(name: str) -> str:
    """Return an IANA name of a time zone as it is.

    Raises:
        ValueError: this machine knows none of that name.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; write an IANA name such as Asia/Shanghai") from None
    return name


def _expanded(url: str) -> str:
    """Put in the environment variables of a URL, so that no password need stand in the file."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ValueError(f"the environment variable {match[1]} is not set")
        return os.environ[match[1]]

    return VARIABLE.sub(value, url)
