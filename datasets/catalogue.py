"""Lists the real sets that lie beside the checkout: how each is read, what its classes mean, what it leaves unmarked.

Nothing is copied. What is complete was judged by looking at the pictures, and is claimed only where a class is marked
throughout or cannot be there: a motorway has no stalls. In the other sets too much was missed (in jams the far half of
the vehicles, in Dhaka's street scenes whole cars), so that an unmatched detection on them is no error.

Only the toll road, the highways and the films tell their cameras. Photographs are taken for those of one camera where
their numbers follow closely upon one another (Nepal's stills of films, walks along rubbish or house fronts) or where
they are copies of one original; the rest is left to their looks (`splitting`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from datasets.camera_keys import by_first_match, by_number_runs, by_pattern, one_camera
from datasets.clip_tracks import read_clip_tracks
from datasets.coco import read_coco
from datasets.errors import LabelFileError
from datasets.findings import LabelledSet
from datasets.labelled import NO_CLASS, Domain
from datasets.reading import SetFacts
from datasets.yolo import read_yolo
from vision.classes import StreetClass

Reader = Literal["yolo", "coco", "pictures", "clip"]


@dataclass(frozen=True, slots=True)
class MaterialSet:
    """One set of the material.

    Attributes:
        place: below the material's folder; for a clip that of the film.
        facts: what its files do not say.
        reader: how it is read; `pictures` have no boxes.
        names_at: file of class names below the material's folder, where the set's own folder has none.
        only: the split that it may be in; empty for any. Films that are for tests only are never trained on.
    """

    place: str
    facts: SetFacts
    reader: Reader = "yolo"
    names_at: str = ""
    only: str = ""


ROADS = frozenset({StreetClass.STALL, StreetClass.TABLE, StreetClass.GOODS, StreetClass.UMBRELLA})
"""What cannot be on the roads that we looked at: no one sells there."""

ORIGINAL_NAME = r"^(.+?)_(?:jpe?g|JPE?G|png|PNG)\.rf\."
"""Roboflow writes a picture's own name and then a hash for each copy that it made of it."""

ATL_CAMERAS = (
    (r"\d{1,3}_png.*", "junction"),
    (r"\d{4,6}_png.*", "night-highway"),
    (r"10260(?:0[139]|0?\d{2})_png.*", "field-motorway"),
    (r"1026007\d{3}_png.*|1026007\d{4}_png.*", "curve"),
    (r"1026007\d{5}_png.*", "jam"),
    (r"[AB]\d+_png.*", "boulevard"),
    (r"Z\d+_png.*", "jam"),
)
"""Start of a name → camera, by looking at all 130 pictures; the two jams look down on the same kind of road."""

MATERIAL_SETS: tuple[MaterialSet, ...] = (
    MaterialSet(
        "datasets/toll_road_cctv_train",
        SetFacts(
            "toll_road_cctv",
            "CC BY 4.0",
            Domain.STREET_CAMERA,
            complete=ROADS
            | {
                StreetClass.PERSON,
                StreetClass.BICYCLE,
                StreetClass.MOTORCYCLE,
                StreetClass.TRICYCLE,
            },  # not let onto it
            camera_rule=one_camera,
        ),
    ),
    MaterialSet(
        "datasets/atl_traffic_train",
        SetFacts(
            "atl_traffic",
            "CC BY 4.0",
            Domain.STREET_CAMERA,
            class_map={"bike": "motorcycle"},
            complete=ROADS,
            camera_rule=by_first_match(ATL_CAMERAS),
        ),
    ),
    MaterialSet(
        "datasets/dhaka_street_view_train",
        SetFacts(
            "dhaka_street_view",
            "CC BY 4.0 or MIT",
            Domain.STREET_CAMERA,
            class_map={"vehicle": "unknown"},
            complete=NO_CLASS,
        ),
    ),
    MaterialSet(
        "datasets/nepal_street_vehicles_train",
        SetFacts(
            "nepal_street_vehicles",
            "CC BY 4.0",
            Domain.ROADSIDE,
            class_map={
                **dict.fromkeys(("ambulance", "micro_bus", "police_vehicle"), "car"),
                **dict.fromkeys(("mini_truck", "transport_vehicle", "tractor"), "truck"),
                "school_bus": "bus",
                "tempo": "tricycle",
                "bike": "motorcycle",
            },
            complete=NO_CLASS,
            camera_rule=by_number_runs(4),
        ),
    ),
    MaterialSet(
        "datasets/dhaka_rickshaw_bike_train",
        SetFacts("dhaka_rickshaw_bike", "none stated: inside only", Domain.ROADSIDE, complete=NO_CLASS),
    ),
    MaterialSet(
        "datasets/vehicles_openimages_train",
        SetFacts(
            "vehicles_openimages",
            "not stated",
            Domain.CLOSE,
            class_map={"Ambulance": "car"},
            complete=NO_CLASS,  # Open Images marks in each picture only the classes that were asked for in it
            camera_rule=by_pattern(ORIGINAL_NAME),
        ),
    ),
    MaterialSet(
        "datasets/cn_street_garbage_train",
        SetFacts(
            "cn_street_garbage",
            "CC BY 4.0, but photographs of news pages: inside only",
            Domain.ROADSIDE,
            class_map={"*": "ignore"},
            complete=frozenset({StreetClass.STALL}),  # none in 249 pictures: piles and bins that are no stalls
            camera_rule=by_number_runs(3),
        ),
    ),
    MaterialSet(
        "datasets/facade_ads_train",
        SetFacts(
            "facade_ads",
            "CC0",
            Domain.SURFACE,
            class_map={"*": "ignore"},
            complete=NO_CLASS,
            camera_rule=by_number_runs(1),
        ),
    ),
    MaterialSet(
        "datasets/graffiti_cls_train",
        SetFacts("graffiti_cls", "CC BY 4.0", Domain.SURFACE, complete=NO_CLASS, camera_rule=by_pattern(ORIGINAL_NAME)),
        reader="pictures",
    ),
    MaterialSet(
        "datasets/coco128_train",
        SetFacts("coco128", "COCO: annotations CC BY 4.0, pictures as on Flickr", Domain.CLOSE, {"*": "ignore"}),
        names_at="weights/coco.names",
    ),
    MaterialSet(
        "datasets/tiny_coco_train",
        SetFacts("tiny_coco", "MIT; pictures as on Flickr", Domain.CLOSE, {"*": "ignore"}),
        reader="coco",
    ),
    *(
        MaterialSet(
            f"videos/{clip}.mp4",
            SetFacts(clip[:12], "Powered by TfL Open Data; labels MIT; for tests only", complete=NO_CLASS),
            reader="clip",
            only="test",
        )
        for clip in ("jamcam_03601_blackfriars_20190628", "jamcam_06514_hydepark_20190628")
    ),
)
"""The material's sets; those of street cameras first."""


def read_material_set(material: Path, entry: MaterialSet) -> LabelledSet:
    """Read one set.

    Args:
        material: the folder with `datasets/`, `videos/` and `weights/`.
        entry: the set.

    Raises:
        LabelFileError: it is not there, or not what it should be.
        SetEmptyError: no picture can be used.
    """
    place = material / entry.place
    if not place.exists():
        raise LabelFileError(f"{place} is not there; the material's README says what lies where")
    if entry.reader == "coco":
        return read_coco(place / "instances_train2017.json", place / "images", entry.facts)
    if entry.reader == "clip":
        return read_clip_tracks(place.with_suffix(".tracks.json"), place, entry.facts)
    if entry.reader == "pictures":
        return read_yolo(place, replace(entry.facts, unlabelled_are_empty=True), class_names=())
    names = (material / entry.names_at).read_text(encoding="utf-8").splitlines() if entry.names_at else None
    return read_yolo(place, entry.facts, class_names=names)


def settled_splits(read: Iterable[tuple[MaterialSet, LabelledSet]]) -> dict[str, str]:
    """Return camera → split for the pictures of sets that may be in one split only."""
    return {picture.camera: entry.only for entry, found in read if entry.only for picture in found.pictures}


def material_set(name: str, sets: Sequence[MaterialSet] = MATERIAL_SETS) -> MaterialSet:
    """Return a set by its name.

    Raises:
        ValueError: there is none of this name.
    """
    for entry in sets:
        if entry.facts.name == name:
            return entry
    raise ValueError(f"there is no set {name!r}; there are {', '.join(entry.facts.name for entry in sets)}")
