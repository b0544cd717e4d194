"""What all sections of the settings file share."""

from pydantic import BaseModel, ConfigDict

SAFE_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""What an id may be: it becomes part of file names, thread names and addresses."""


class Section(BaseModel):
    """Base of the sections: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
