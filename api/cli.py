"""The command `streetwarden`: one entry for all command groups.

Whatever goes wrong for a reason that a person can mend ends in one sentence on the error output and a status of 1;
a wrong use of the command itself in a status of 2. A stack trace means a fault of ours.
"""

import logging
import sys

import typer

from api.commands import (
    backing_up,
    checking,
    codes,
    dispatch,
    evaluating,
    evidence,
    grids,
    looking,
    outbox,
    people,
    presets,
    recording,
    serving,
    set_making,
    sets,
    shelf,
    speaking,
)
from broadcast.errors import BroadcastError
from cases.errors import CasesError
from datasets.errors import DatasetError
from detectors.errors import DetectorError
from models.errors import ModelError
from pipeline.errors import PipelineError
from streams.errors import StreamError
from streams.urls import redact
from vision.errors import VisionError

EXPECTED = (
    PipelineError,
    StreamError,
    ModelError,
    DetectorError,
    CasesError,
    BroadcastError,
    VisionError,
    DatasetError,
)

app = typer.Typer(
    name="streetwarden",
    help="Watches street cameras for street vending, illegal parking and posted flyers; files cases, speaks warnings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("demo")(serving.demo)
app.command("run")(serving.run)
app.command("check")(checking.check)
app.command("probe")(looking.probe)
app.command("record")(recording.record)
app.command("presets")(presets.presets)
app.command("replay")(looking.replay)
app.command("say")(speaking.say)
app.command("evaluate")(evaluating.evaluate)
app.command("backup")(backing_up.backup)
app.command("restore")(backing_up.restore)
app.add_typer(people.app, name="user")
app.add_typer(evidence.app, name="evidence")
app.add_typer(evidence.app, name="cases", hidden=True)  # what it was called before
app.add_typer(codes.app, name="codes")
app.add_typer(shelf.app, name="models")
app.add_typer(grids.app, name="grids")
app.add_typer(dispatch.app, name="dispatch")
app.add_typer(outbox.app, name="outbox")
data = typer.Typer(help="Sets of labelled pictures: look at them, convert, split, mix, label.", no_args_is_help=True)
data.command("show")(sets.show)
data.command("convert")(sets.convert)
data.command("split")(sets.split)
data.command("mix")(set_making.mix)
data.command("label")(set_making.label)
data.command("verdicts")(set_making.verdicts)
app.add_typer(data, name="data")


def main() -> None:
    """Run the command that was typed and end the process with its status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every plug-in it loads
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it shows addresses with their queries, which may be secrets
    try:
        app()
    except EXPECTED as err:
        sys.stderr.write(f"streetwarden: {err}\n")
        sys.exit(1)
    except OSError as err:
        where = f" {redact(str(err.filename))}:" if err.filename else ""  # a URL typed where a file belongs
        sys.stderr.write(f"streetwarden:{where} {err.strerror or err}\n")
        sys.exit(1)
