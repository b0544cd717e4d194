"""What the settings file says about receivers outside, and about those whose forms we take."""

import re
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from cases.outbox import Wants
from pipeline.outward.messages import Sends
from pipeline.outward.signing import secret_bytes
from pipeline.variables import expanded

SAFE_NAME = r"^[a-z0-9][a-z0-9_-]{0,40}$"

TOPIC_PARTS = frozenset({"city", "district", "camera", "event", "kind", "case"})
"""What stands in braces in a topic."""

Kind = Literal["webhook", "mqtt", "gat1400"]

_SCHEMES: dict[str, tuple[str, ...]] = {
    "webhook": ("https", "http"),
    "mqtt": ("mqtts", "mqtt"),
    "gat1400": ("https", "http"),
}


class TargetEntry(BaseModel):
    """One receiver outside."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str = Field(pattern=SAFE_NAME, description="name in logs, on the health page and for streetwarden outbox")
    kind: Kind = Field(default="webhook", description="webhook, mqtt or gat1400")
    url: SecretStr = Field(
        description="https://host/path, mqtts://user:password@host or http://user:password@host of a view library; "
        "${NAME} is looked up in the environment"
    )
    sends: Sends = Field(
        default="events",
        description="events: every change of a case; forms: the eight exchange forms; posted: unsolved cases with a "
        "blurred picture of now (webhook, mqtt)",
    )
    secret: SecretStr = Field(default=SecretStr(""), description="whsec_... that signs webhooks; from ${NAME}")
    ca_file: Path | None = Field(default=None, description="PEM file of the authority that signed its certificate")
    timeout_s: float = Field(default=10.0, gt=0, le=120, description="seconds that it may take to answer")
    give_up_h: float = Field(
        default=72.0, gt=0, le=24 * 90, description="hours of trying until a message is given up and said to be dead"
    )
    parallel: int = Field(default=2, ge=1, le=16, description="messages of different cases under way at once")
    topic: str = Field(
        default="{city}/{district}/{camera}/{event}",
        min_length=1,
        max_length=500,
        description="MQTT topic; in braces: city, district, camera, event, kind, case",
    )
    device_id: str = Field(
        default="", pattern=r"^([0-9]{20})?$", description="20 digits by which a view library knows us (gat1400)"
    )
    originals: bool = Field(
        default=False, description="gat1400: send pictures as taken, with everybody who is in them, not blurred"
    )

    @field_validator("url", "secret")
    @classmethod
    def _is_looked_up(cls, value: SecretStr) -> SecretStr:
        return SecretStr(expanded(value.get_secret_value()))

    @field_validator("topic")
    @classmethod
    def _is_a_topic(cls, value: str) -> str:
        unknown = sorted(set(re.findall(r"\{([^{}]*)\}", value)) - TOPIC_PARTS)
        if unknown or re.search(r"[+#\x00]", value) or re.search(r"[{}]", re.sub(r"\{[a-z]+\}", "", value)):
            raise ValueError(f"a topic has no +, # or other braces than those of {', '.join(sorted(TOPIC_PARTS))}")
        return value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "TargetEntry":
        allowed = _SCHEMES[self.kind]
        try:
            parts, _ = self.parts, self.parts.port
        except ValueError:
            raise ValueError("url: host or port cannot be read") from None
        if parts.scheme not in allowed or not parts.hostname:
            raise ValueError(f"url: a {self.kind} begins with {' or '.join(f'{each}://host' for each in allowed)}")
        if self.kind == "webhook":
            if parts.username or parts.password:
                raise ValueError("url: a webhook is signed by its secret; leave user and password out")
            secret_bytes(self.secret.get_secret_value())
        if self.kind == "gat1400" and not self.device_id:
            raise ValueError("device_id: a view library wants the 20 digits by which it knows us")
        return self

    @property
    def parts(self) -> SplitResult:
        """The URL in its parts; may hold a password."""
        return urlsplit(self.url.get_secret_value())

    @property
    def login(self) -> tuple[str, str]:
        """User and password of the URL, empty where there is none."""
        return unquote(self.parts.username or ""), unquote(self.parts.password or "")

    @property
    def shown(self) -> str:
        """Scheme and host, fit for pages and logs: paths and queries of webhooks may be secrets."""
        port = f":{self.parts.port}" if self.parts.port else ""
        return f"{self.parts.scheme}://{self.parts.hostname}{port}"

    @property
    def wants(self) -> Wants:
        """What is queued for it."""
        return "images" if self.kind == "gat1400" else self.sends


class SenderEntry(BaseModel):
    """Somebody whose exchange forms we take."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str = Field(pattern=SAFE_NAME, description="name that is kept with each form")
    secret: SecretStr = Field(description="whsec_... that signs them; from ${NAME}")

    @field_validator("secret")
    @classmethod
    def _is_a_secret(cls, value: SecretStr) -> SecretStr:
        looked_up = expanded(value.get_secret_value())
        secret_bytes(looked_up)
        return SecretStr(looked_up)


class OutwardSettings(BaseModel):
    """Everything about those outside."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    city: str = Field(default="city", min_length=1, max_length=64, description="stands in MQTT topics")
    district: str = Field(default="district", min_length=1, max_length=64, description="stands in MQTT topics")
    keep_delivered_days: float = Field(
        default=30.0, gt=0, le=3650, description="days that the outbox remembers what was delivered"
    )
    targets: tuple[TargetEntry, ...] = Field(default=(), description="receivers")
    senders: tuple[SenderEntry, ...] = Field(default=(), description="whose forms we take at /api/exchange/forms")

    @model_validator(mode="after")
    def _names_differ(self) -> "OutwardSettings":
        for what, entries in (("targets", self.targets), ("senders", self.senders)):
            names = [entry.id for entry in entries]
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise ValueError(f"two of [[outward.{what}]] are called {doubled[0]}; names must differ")
        secrets = [entry.secret.get_secret_value() for entry in self.senders]
        if len(set(secrets)) < len(secrets):
            raise ValueError("two of [[outward.senders]] have the same secret; nobody could tell them apart")
        return self

    def rooted(self, folder: Path) -> "OutwardSettings":
        """Return the settings with relative paths counted from `folder`."""
        targets = tuple(
            entry.model_copy(update={"ca_file": folder / entry.ca_file}) if entry.ca_file else entry
            for entry in self.targets
        )
        return self.model_copy(update={"targets": targets})
