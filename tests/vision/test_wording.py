"""Mistakes in settings are said with the way out."""

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from vision.wording import sentence_of


class Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(default="a", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    plate: str = Field(default="A1", pattern=r"^[A-Z]\d$")
    port: int = Field(default=1, ge=0, le=65535)
    share: float = Field(default=0.5, gt=0)
    engine: Literal["auto", "torch"] = "auto"
    name: str = Field(default="", max_length=3)

    @field_validator("name")
    @classmethod
    def _is_no_x(cls, value: str) -> str:
        if value == "x":
            raise ValueError("x is taken; choose another")
        return value


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"id": "a/b"}, "write 1 to 64 of the signs A-Z a-z 0-9 _ -, beginning with one of A-Z a-z 0-9"),
        ({"plate": "11"}, r"write it in the form ^[A-Z]\d$"),
        ({"port": 70000}, "write a number of 65535 or less"),
        ({"port": "many"}, "write a whole number"),
        ({"share": 0}, "write a number above 0"),
        ({"engine": "cuda"}, "write one of 'auto' or 'torch'"),
        ({"name": "long"}, "write at most 3 characters"),
        ({"name": 5}, 'write text in quotation marks, as "text"'),
        ({"name": "x"}, "x is taken; choose another"),
        ({"nome": "x"}, "there is no such key; check its spelling"),
    ],
)
def test_mistake_says_what_to_write(written: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Sheet.model_validate(written)
    assert [sentence_of(mistake) for mistake in caught.value.errors()] == [sentence]
