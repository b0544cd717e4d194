"""Commands that make sets with the help of a model: `data mix`, `data label`, `data verdicts`."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from api.commands.looking import cache_folder
from api.commands.serving import page_address
from api.commands.set_telling import name_of, progress, say, tell, wrong_use
from api.commands.sets import Material, OutFolder, Places, Seed, TestShare, ValShare, shared_out, tell_split
from datasets.findings import Finding, LabelledSet
from datasets.formats import MATERIAL_PREFIX, Format, format_of, read_set
from datasets.label_sets import is_name
from datasets.labelled import TRAINED_CLASSES, Domain, LabelledPicture, Labels, Origin
from datasets.labelling import AgreementSettings, label_frames
from datasets.merging import FillSettings, filled
from datasets.mixture import MixtureSettings, write_mixture
from datasets.proposals import Proposal, Proposer, proposals_of_clip, proposals_of_pictures, write_proposals
from datasets.reading import SetFacts
from datasets.set_folder import check_is_free
from datasets.splitting import SplitSettings
from datasets.verdict_folder import write_verdicts
from datasets.verdicts import verdict_rows
from datasets.yolo import names_its_classes, read_yolo
from models.cards import load_card
from models.choice import EngineName, choose_engine
from models.model import Model
from models.shelf import bundled_card
from pipeline.errors import PipelineError
from pipeline.privacy import open_finder
from pipeline.settings import ServerSettings, Settings, load_settings
from pipeline.stores import stored_cases
from streams.recorded import Recorded

FILM_ENDINGS = frozenset({".mp4", ".mkv", ".avi", ".mov", ".ts", ".webm"})
"""Endings, in lower case, of what `data label` takes for a film."""

Engine = Annotated[EngineName, typer.Option(help="auto measures once and remembers")]


def mix(
    places: Places,
    out: OutFolder,
    teacher: Annotated[
        Path | None, typer.Option(help="card of a stronger model that fills in what is unmarked")
    ] = None,
    engine: Engine = "auto",
    drawn: Annotated[Path | None, typer.Option(help="drawn set, by: streetwarden models draw")] = None,
    val: ValShare = 0.15,
    test: TestShare = 0.15,
    seed: Seed = 0,
    material: Material = None,
) -> None:
    """Write a set to train on, of real and drawn pictures; what the same split keeps for tests stays out of it."""
    with wrong_use():
        shared = shared_out(places, SplitSettings(val, test, seed), material)
    splits = {name: list(shared.pictures[name]) for name in ("train", "val")}
    findings: list[Finding] = []
    if teacher is not None:
        with opened_teacher(teacher, engine, FillSettings().doubtful_score) as model:
            splits = {name: _filled(model, pictures, findings) for name, pictures in splits.items()}
    if drawn is not None:
        facts = SetFacts("drawn", "AGPL-3.0-or-later", Domain.DRAWN, complete=frozenset(TRAINED_CLASSES))
        splits = {name: [*own, *read_yolo(drawn, facts, part=name).pictures] for name, own in splits.items()}
    with progress("writing") as on_progress:
        report = write_mixture(out, splits, MixtureSettings(seed=seed), on_progress=on_progress)
    tell_split(shared)
    tell([*findings, *report.findings])
    say(f"train with: streetwarden models train {report.data_yaml} --note '{'; '.join(report.licences)}'")


def label(
    place: Annotated[str, typer.Argument(help="a film, a folder of pictures, or a set, also material:NAME")],
    out: Annotated[
        Path | None,
        typer.Argument(
            help="folder to write, must not be there yet; with --config a name, that of the place if absent"
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="settings of a service: write where people correct labels on its page"),
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="card of the model; the bundled one if absent")
    ] = None,
    engine: Engine = "auto",
    least: Annotated[float, typer.Option(help="smallest score of a box that is proposed", min=0.01, max=0.99)] = 0.25,
    step: Annotated[float, typer.Option(help="seconds between the frames of a film", min=0.02)] = 0.5,
    camera: Annotated[str | None, typer.Option(help="camera of a film; its name if absent")] = None,
    material: Material = None,
) -> None:
    """Let a model propose labels for a person to correct: pictures, YOLO labels, and a sheet of scores for each."""
    settings = None if config is None else load_settings(config)
    with wrong_use():
        target = _label_folder(place, out, settings)
    check_is_free(target)
    card = load_card(model or bundled_card())
    findings: list[Finding] = []
    with wrong_use(), opened_teacher(model or bundled_card(), engine, least) as looker:
        if Path(place).suffix.lower() in FILM_ENDINGS:
            proposals = _proposed_for_film(looker, Path(place), camera, step)
        else:
            found = _pictures_at(place, material)
            findings += found.findings
            proposals = list(proposals_of_pictures(looker, found.pictures, findings.append))
    folder = write_proposals(target, proposals, Proposer(card.name, card.sha256, datetime.now(UTC)))
    tell(findings)
    say(f"{len(proposals)} pictures labelled by {card.name}: {folder}")
    if settings is not None:
        say(f"correct them on the page: {_label_page(settings.server, folder.name)}")


def verdicts(
    out: Annotated[Path, typer.Argument(help="folder to write; must not be there yet")],
    config: Annotated[Path, typer.Option("--config", "-c", help="settings file (TOML)")] = Path("settings.toml"),
) -> None:
    """Make a training set of what operators confirmed and dismissed, with nobody in it whom [privacy] finds."""
    findings: list[Finding] = []
    settings = load_settings(config)
    with stored_cases(settings) as (store, evidence):
        count = write_verdicts(out, verdict_rows(store, evidence, open_finder(settings), findings))
    tell(findings)
    say(f"{count} cases written: {out}; look through the pictures before you hand them on: no detector finds everybody")


@contextmanager
def opened_teacher(card_path: Path, engine: EngineName, least_score: float) -> Iterator[Model]:
    """Give a model that also returns what it is less sure of than its card asks for.

    Raises:
        ModelError: card, weights, outputs or engine are wrong.
    """
    card = load_card(card_path).model_copy(update={"score_threshold": least_score})
    with cache_folder() as cache:
        chosen = choose_engine(card, cache, wanted=engine)
    try:
        model = Model(chosen.card, chosen.engine, chosen.choice)
    except BaseException:
        chosen.engine.close()
        raise
    with closing(model):
        yield model


def _label_folder(place: str, out: Path | None, settings: Settings | None) -> Path:
    """Return the folder to write: as typed, or a set of the service's.

    Raises:
        ValueError: it was not said, or a set of the service's is no plain name.
    """
    if settings is None:
        if out is None:
            raise ValueError("name a folder to write, or by --config the service on whose page they are corrected")
        return out
    name = str(out) if out is not None else name_of(place)
    if not is_name(name):
        raise ValueError(f"{name!r} is no name of a set; with --config it is written below {settings.labels_folder}")
    return settings.labels_folder / name


def _label_page(server: ServerSettings, set_name: str) -> str:
    address = page_address(server.host, server.port) if server.port else "the address that the service says, and there "
    return f"{address}#/labels/{quote(set_name, safe='')}"


def _filled(model: Model, pictures: Sequence[LabelledPicture], findings: list[Finding]) -> list[LabelledPicture]:
    settings = FillSettings()
    done: list[LabelledPicture] = []
    by_name = {(each.origin.set_name, each.name): each for each in pictures}
    bare = [replace(each, labels=Labels.none()) for each in pictures]
    with progress("filling in what is unmarked") as on_progress:
        for proposal in proposals_of_pictures(model, bare, findings.append):
            seen = proposal.picture
            done.append(filled(by_name[seen.origin.set_name, seen.name], seen.labels, settings))
            on_progress(len(done), len(pictures))
    return done


def _proposed_for_film(model: Model, film: Path, camera: str | None, step_s: float) -> list[Proposal]:
    name = camera or film.stem
    with Recorded(film, name) as recorded, progress("looking") as on_progress:
        length_s = max(1, round(recorded.duration_s or 0))
        frames = label_frames(
            model, recorded, AgreementSettings(step_s=step_s), lambda t_s: on_progress(round(t_s), length_s)
        )
    if recorded.problem:
        raise PipelineError(recorded.problem)
    return proposals_of_clip(film, frames, f"{name}/{name}", Origin(name))


def _pictures_at(place: str, material: Path | None) -> LabelledSet:
    """Read a set, or a folder of bare pictures."""
    is_folder = not place.startswith(MATERIAL_PREFIX) and format_of(Path(place)) is Format.YOLO
    if is_folder and not names_its_classes(Path(place)):
        return read_yolo(Path(place), SetFacts(name_of(place), unlabelled_are_empty=True), class_names=())
    return read_set(place, SetFacts(name_of(place)), material=material)
