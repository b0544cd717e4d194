"""The command that asks a camera over ONVIF which presets it has, so that their tokens can be put into the settings."""

import dataclasses
import json
import sys
from typing import Annotated

import typer

from api.commands.facts import print_facts
from pipeline.errors import PipelineError
from streams.onvif_ptz import PtzClient, PtzStatus


def presets(
    url: Annotated[str, typer.Argument(help="http://user:password@host/onvif/ptz_service")],
    profile: Annotated[str, typer.Option(help="token of the media profile; the camera's first one if absent")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Ask a camera which presets it has and where it points; it is not turned."""
    try:
        client = PtzClient(url, profile)
    except ValueError as err:
        raise PipelineError(str(err)) from None
    known, status = client.presets(), client.status()
    if as_json:
        told = {"presets": [dataclasses.asdict(preset) for preset in known], "status": dataclasses.asdict(status)}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        return
    print_facts({f"token {preset.token}": preset.name or "without a name" for preset in known} | _in_words(status))


def _in_words(status: PtzStatus) -> dict[str, str]:
    moves = {True: "moves", False: "stands", None: "does not say whether it moves"}[status.is_moving]
    at = status.position
    points = "does not say where it points" if at is None else f"pan {at.pan:g}, tilt {at.tilt:g}, zoom {at.zoom:g}"
    return {"camera": moves, "position": points}
