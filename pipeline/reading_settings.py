"""The section `[reading]`: what is read on the pictures of new cases."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ReadingSettings(BaseModel):
    """What is read; nothing leaves this machine for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plates: bool = Field(default=True, description="whether the plates of parked vehicles are read")
    posters: bool = Field(default=True, description="whether flyers are read, and told from what is none")
    notices: Path | None = Field(default=None, description="list (TOML) of notices that may hang; see docs/reading.md")

    def rooted(self, folder: Path) -> "ReadingSettings":
        """Return the settings with the list's path counted from `folder`."""
        return self.model_copy(update={"notices": folder / self.notices}) if self.notices else self
