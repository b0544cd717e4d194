"""What the settings file says about turning a camera: where its PTZ service is, and the tour it is led on."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.variables import expanded
from streams.onvif_ptz import check_ptz_url


def _checked(url: str) -> str:
    check_ptz_url(expanded(url))
    return url


class PtzSettings(BaseModel):
    """Where the ONVIF service is that turns a camera; section `[cameras.ptz]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(_checked)] = Field(
        repr=False, description="http://user:password@host/onvif/ptz_service; ${NAME} is looked up"
    )
    profile: str = Field(default="", max_length=64, description="token of the media profile; the first one if empty")
    timeout_s: float = Field(default=5.0, ge=0.5, le=60, description="seconds that it may take to answer")
    settle_s: float = Field(
        default=20.0, ge=2, le=300, description="seconds that turning to a view may take until it is recognised"
    )

    @property
    def address(self) -> str:
        """The URL with `${NAME}` looked up; may hold a password."""
        return expanded(self.url)


class TourSettings(BaseModel):
    """Views that the program turns a camera to in turn; section `[cameras.tour]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    views: tuple[str, ...] = Field(min_length=1, description="ids of the views, in their order")
    dwell_s: float = Field(default=120.0, ge=10, le=86400, description="seconds that it looks at each")
    every_s: float = Field(default=7200.0, ge=60, le=7 * 86400, description="seconds from one tour to the next")
