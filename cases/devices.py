"""The register of devices: what a camera needs before a record of it may serve a penalty.

Source: 行政处罚法 (2021), article 41: legal and technical review, conformity with standards, signs, published places.
A camera without an entry gives leads only (线索). An entry stands with its camera, `[cameras.device]` in the settings
file, and a release keeps a copy of what it said.
"""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

Text = Annotated[str, Field(min_length=1, max_length=200)]


class DeviceEntry(BaseModel):
    """What the register says of one camera."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    approval: Text = Field(description="number of the legal and technical review (审核文号)")
    standard: Text = Field(description="standard that it was found to meet, for example GA/T 832-2014")
    published_at: Text = Field(description="where its place was published (公示), address or notice")
    sign: Text = Field(description="reference of the photo that shows its sign (标志)")
    legal_basis: Text = Field(description="law or regulation on which its records may serve a penalty")
    valid_from: date = Field(description="first day of its calibration or test (检定)")
    valid_until: date = Field(description="last day of its calibration or test, included")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "DeviceEntry":
        if self.valid_until < self.valid_from:
            raise ValueError(f"valid_until {self.valid_until} lies before valid_from {self.valid_from}")
        return self

    def is_valid_on(self, day: date) -> bool:
        """Say whether the calibration held on a day at the camera's place."""
        return self.valid_from <= day <= self.valid_until

    def told(self) -> dict[str, JsonValue]:
        """Return the entry as plain JSON, for records and histories."""
        return self.model_dump(mode="json")
