"""What the settings file says about the camera's look after dispatch; section `[closing]`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^\d{4}$")]
Wait = Annotated[float, Field(gt=0, le=366 * 86400)]


class ClosingSettings(BaseModel):
    """When the camera looks again at the place of a case that a unit has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    looks: bool = Field(default=True, description="whether the camera looks again after dispatch")
    after_s: Wait = Field(default=7200.0, description="seconds from dispatch to the look")
    again_s: Wait = Field(default=600.0, description="seconds until it is tried again where nothing could be judged")
    repeat_s: Wait = Field(default=7200.0, description="seconds to the next look at what was not gone")
    most_looks: int = Field(default=6, ge=1, le=100, description="looks after one dispatch at most, each with evidence")
    turn: bool = Field(default=False, description="whether a camera is turned to the view of a case that is due")
    codes: dict[Code, Wait] = Field(
        default_factory=dict, description="seconds from dispatch to the look that are different for a code"
    )

    def after(self, code: str) -> float:
        """Return how many seconds after dispatch the camera looks at a case of a code."""
        return self.codes.get(code, self.after_s)

    @property
    def soonest_s(self) -> float:
        """The shortest wait of any code, in seconds."""
        return min((self.after_s, *self.codes.values()))
