"""Commands for sets of labelled pictures: `data show`, `data convert`, `data split`."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.commands.facts import NOTHING, print_facts
from api.commands.set_telling import name_of, progress, say, tell, wrong_use
from datasets.camera_keys import by_pattern, each_its_own
from datasets.catalogue import MATERIAL_SETS, settled_splits
from datasets.class_map import parsed_map
from datasets.findings import Finding
from datasets.formats import Format, read_set, write_set
from datasets.labelled import Domain, LabelledPicture
from datasets.reading import SetFacts
from datasets.splitting import SPLITS, Split, SplitSettings, looked_at, named_for_all, split_by_camera
from datasets.yolo_folder import write_yolo
from vision.classes import StreetClass

Place = Annotated[str, typer.Argument(help="folder or file of a set, or material:NAME")]
Places = Annotated[list[str], typer.Argument(help="folders or files of sets, or material:NAME")]
Material = Annotated[Path | None, typer.Option(help="folder of the real material, for material:NAME")]
Seed = Annotated[int, typer.Option(help="another seed gives another split", min=0)]
ValShare = Annotated[float, typer.Option(help="share of the pictures to choose the best epoch by", min=0, max=0.9)]
TestShare = Annotated[float, typer.Option(help="share of the pictures to judge by at the end", min=0, max=0.9)]
OutFolder = Annotated[Path, typer.Option(help="folder to write, in YOLO format; must not be there yet")]


def show(place: Place, material: Material = None) -> None:
    """Read a set and say what is in it, and what is wrong with it."""
    with wrong_use():
        found = read_set(place, SetFacts(name_of(place)), material=material)
    boxes = Counter(StreetClass(kind).label for each in found.pictures for kind in each.labels.class_ids.tolist())
    complete = frozenset[StreetClass].intersection(*(each.complete for each in found.pictures))
    print_facts(
        {
            "set": found.name,
            "pictures": str(len(found.pictures)),
            "cameras": str(len({each.camera for each in found.pictures})),
            "boxes": ", ".join(f"{name} {count}" for name, count in boxes.most_common()) or NOTHING,
            "marked completely": ", ".join(kind.label for kind in sorted(complete)) or NOTHING,
            "licence": "; ".join(sorted({each.origin.licence for each in found.pictures})),
        }
    )
    tell(found.findings)


def convert(
    place: Place,
    out: Annotated[Path, typer.Argument(help="folder (or file of a recording) to write; must not be there yet")],
    to: Annotated[Format, typer.Option(help="format to write")],
    written_as: Annotated[
        Format | None, typer.Option("--from", help="format to read; told by the files if absent")
    ] = None,
    name: Annotated[str | None, typer.Option(help="name of the set; that of its folder if absent")] = None,
    licence: Annotated[str, typer.Option(help="as the set states it")] = "not stated",
    domain: Annotated[Domain, typer.Option(help="from where its pictures look")] = Domain.STREET_CAMERA,
    class_map: Annotated[
        list[str] | None, typer.Option("--map", help="what a class is: rickshaw=tricycle, window=ignore, *=ignore")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="regular expression; its first group in a picture's name is the camera")
    ] = None,
    clip: Annotated[
        Path | None, typer.Option(help="film of a recording, or of a MOT sequence without pictures")
    ] = None,
    fps: Annotated[float, typer.Option(help="frames a second of a MOT sequence that is written", min=0.01)] = 25.0,
    empty: Annotated[bool, typer.Option("--empty", help="pictures without a label file show nothing")] = False,
    material: Material = None,
) -> None:
    """Write a set in another format, or in the same one with its cameras, licence and classes said for good."""
    with wrong_use():
        facts = SetFacts(
            name or name_of(place),
            licence,
            domain,
            class_map=parsed_map(class_map or []),
            camera_rule=by_pattern(camera) if camera else each_its_own,
            unlabelled_are_empty=empty,
        )
        found = read_set(place, facts, written_as=written_as, clip=clip, material=material)
        written = write_set(out, found.pictures, to, fps=fps)
    tell(found.findings)
    say(f"{len(found.pictures)} pictures written: {written}")


def split(
    places: Places,
    out: OutFolder,
    val: ValShare = 0.15,
    test: TestShare = 0.15,
    seed: Seed = 0,
    material: Material = None,
) -> None:
    """Split sets by camera, never by frame, with alike pictures kept together and doubles dropped."""
    with wrong_use():
        shared = shared_out(places, SplitSettings(val, test, seed), material)
    written = write_yolo(out, {name: named_for_all(shared.pictures[name]) for name in SPLITS if shared.pictures[name]})
    tell_split(shared)
    say(f"written: {written}")


def shared_out(places: Sequence[str], settings: SplitSettings, material: Path | None) -> Split:
    """Read sets and split them; films that are for tests only fall into the test split.

    Raises:
        DatasetError: a set cannot be read.
        ValueError: a place is none, or two cameras that look alike are settled for two splits.
    """
    findings: list[Finding] = []
    pictures: list[LabelledPicture] = []
    pinned = dict(settings.pinned)
    for place in places:
        found = read_set(place, SetFacts(name_of(place)), material=material)
        entries = [entry for entry in MATERIAL_SETS if entry.facts.name == found.name and entry.only]
        pinned |= settled_splits((entry, found) for entry in entries)
        findings += found.findings
        pictures += found.pictures
    with progress("looking for alike pictures") as on_progress:
        kept, likeness, broken = looked_at(pictures, on_progress)
    tell([*findings, *broken])
    return split_by_camera(
        kept, likeness, SplitSettings(settings.val_ratio, settings.test_ratio, settings.seed, pinned)
    )


def tell_split(shared: Split) -> None:
    """Say how sets were split, what was dropped, and which cameras were taken for one."""
    report = shared.report
    for name, groups in report.groups.items():
        counts = ", ".join(f"{each} {report.counts.get((name, each), 0)}" for each in SPLITS)
        sys.stdout.write(f"{name}: {counts} pictures of {groups} cameras\n")
    if report.dropped:
        dropped, kept = report.dropped[0]
        sys.stdout.write(
            f"{len(report.dropped)} pictures are there twice and count once (first: {dropped} is {kept})\n"
        )
    for cameras in report.joined[:MOST_TOLD]:
        sys.stdout.write(f"taken for one camera, as they look alike: {', '.join(cameras[:MOST_TOLD])}\n")
    if len(report.joined) > MOST_TOLD:
        sys.stdout.write(f"... and {len(report.joined) - MOST_TOLD} more such groups\n")


MOST_TOLD = 5
"""Groups, and names in a group, that are told; a large set has hundreds."""
