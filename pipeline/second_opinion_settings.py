"""The section `[second_opinion]`: who is asked before anything is said or filed because of a new case."""

from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from detectors.catalog import RULES
from pipeline.variables import expanded


def _checked_kind(kind: str) -> str:
    if kind not in RULES:
        raise ValueError(f"there is no rule of kind {kind!r}; the kinds are {', '.join(sorted(RULES))}")
    return kind


Kind = Annotated[str, AfterValidator(_checked_kind)]


class LanguageModelSettings(BaseModel):
    """A vision-language model at an OpenAI-compatible address."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(description="https://host/v1, without user and password; ${NAME} is looked up in the environment")
    model: str = Field(min_length=1, max_length=100, description="name of the model there")
    key: SecretStr = Field(default=SecretStr(""), description="key that the address asks for; from ${NAME}")
    ca_file: Path | None = Field(default=None, description="PEM file of the authority that signed its certificate")
    timeout_s: float = Field(default=20.0, gt=0, le=300, description="seconds that it may take to answer")
    in_house: bool = Field(default=False, description="the address is in the house: heads and plates are not hidden")
    kinds: tuple[Kind, ...] = Field(default=tuple(RULES), description="offences that it is asked about")
    least_certainty: float = Field(
        default=0.6, ge=0, le=1, description="an answer that is less certain neither confirms nor doubts"
    )

    @field_validator("url")
    @classmethod
    def _url_is_looked_up(cls, value: str) -> str:
        looked_up = expanded(value).rstrip("/")
        try:
            parts = urlsplit(looked_up)
            _ = parts.port
        except ValueError:
            raise ValueError("host or port cannot be read") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it begins with https://host or http://host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("leave user, password and query out; the key stands in key")
        return looked_up

    @field_validator("key")
    @classmethod
    def _key_is_looked_up(cls, value: SecretStr) -> SecretStr:
        looked_up = expanded(value.get_secret_value())
        if not looked_up.isascii() or not looked_up.isprintable():
            raise ValueError("a key is of printable ASCII characters")
        return SecretStr(looked_up)

    @model_validator(mode="after")
    def _key_is_not_sent_in_the_clear(self) -> "LanguageModelSettings":
        if self.key.get_secret_value() and self.parts.scheme == "http" and not self.in_house:
            raise ValueError("url: a key goes over https only, unless in_house = true")
        return self

    @property
    def parts(self) -> SplitResult:
        """The URL in its parts."""
        return urlsplit(self.url)

    @property
    def endpoint(self) -> str:
        """Where questions are posted."""
        return self.url if self.url.endswith("/chat/completions") else f"{self.url}/chat/completions"

    @property
    def shown(self) -> str:
        """Scheme and host, fit for pages and logs."""
        port = f":{self.parts.port}" if self.parts.port else ""
        return f"{self.parts.scheme}://{self.parts.hostname}{port}"


class SecondOpinionSettings(BaseModel):
    """Who examines new cases, and how long a case waits for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wait_s: float = Field(
        default=60.0, gt=0, le=600, description="seconds that a case waits at most for all examiners together"
    )
    remembered: int = Field(
        default=64,
        ge=0,
        le=1000,
        description="crops per camera that an operator called false and that look-alikes are compared with; 0 for none",
    )
    model: Path | None = Field(default=None, description="card (TOML) of a larger model that is asked; none if absent")
    language_model: LanguageModelSettings | None = Field(
        default=None, description="a vision-language model that is asked; none if absent"
    )

    def rooted(self, folder: Path) -> "SecondOpinionSettings":
        """Return the section with relative paths counted from a folder."""
        changed: dict[str, object] = {}
        if self.model is not None:
            changed["model"] = folder / self.model
        if self.language_model is not None and self.language_model.ca_file is not None:
            ca_file = folder / self.language_model.ca_file
            changed["language_model"] = self.language_model.model_copy(update={"ca_file": ca_file})
        return self.model_copy(update=changed)
