"""The section `[second_opinion]`: who is asked before anything is said or filed because of a new case."""

from pydantic import BaseModel, ConfigDict, Field


class SecondOpinionSettings(BaseModel):
    """Who examines new cases, and how long a case waits for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wait_s: float = Field(
        default=60.0, gt=0, le=600, description="seconds that a case waits at most for all examiners together"
    )
