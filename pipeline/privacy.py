"""Opens what hides bystanders and what lets evidence go: the finder of people and vehicles, the copies, the rules."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from cases.blurred_copies import BlurredCopies
from cases.bystander_finder import BystanderFinder, FinderFacts
from cases.bystanders import LARGE_PLATED
from cases.devices import DeviceEntry
from cases.evidence import EvidenceStore, utc_now
from cases.evidence_errors import BlurError
from cases.keyring import vouched
from cases.marks import Marks
from cases.retention_job import RetentionJob, RetentionParts
from cases.store import CaseStore
from cases.trust import trusted_keys
from models.cards import ModelCard, load_card
from models.choice import FALLBACK, choose_engine
from models.class_names import class_rows
from models.errors import ModelError
from models.faces import Faces, load_face_card
from models.model import Model
from models.shelf import bundled_card
from pipeline.evidence_desk import DeskParts, EvidenceDesk
from pipeline.settings import Settings
from pipeline.site import Site
from pipeline.stores import keys_folder, program
from streams.errors import UnknownCameraError
from vision.classes import StreetClass

COPIES = "blurred"
"""Folder of blurred copies, in the data folder beside the evidence; it may be removed, copies are then made again."""


CASES_A_MINUTE = 5
"""How many cases lose their evidence at a turn of the housekeeper: some seconds, and 7200 a day."""


def open_privacy(
    settings: Settings, cases: CaseStore, evidence: EvidenceStore, site: Site
) -> tuple[EvidenceDesk, Callable[[], object]]:
    """Return the desk that hands out evidence, and the step that lets a few cases go whose time is over."""
    copies = blurred_copies(settings, evidence)
    job = retention_job(settings, cases, evidence, copies)
    parts = DeskParts(
        cases=cases,
        evidence=evidence,
        copies=copies,
        marks=Marks(cases.database),
        device=partial(_entry, site),
        local=ZoneInfo(settings.timezone),
        view_minutes=settings.privacy.view_minutes,
        clock=utc_now,
    )
    return EvidenceDesk(parts), lambda: job.run(CASES_A_MINUTE)


def register_entry(settings: Settings, camera_id: str) -> DeviceEntry | None:
    """Return what the device register says of a camera, of the settings or added on the page; None for nothing."""
    return _entry(Site(settings.data, settings.cameras), camera_id)


def blurred_copies(settings: Settings, evidence: EvidenceStore) -> BlurredCopies:
    """Return the blurred copies of an installation; no model is opened before the first one is made."""
    return BlurredCopies(settings.data.resolve() / COPIES, evidence, partial(open_finder, settings))


def retention_job(settings: Settings, cases: CaseStore, evidence: EvidenceStore, copies: BlurredCopies) -> RetentionJob:
    """Return what applies the rules of retention of an installation; `evidence` signs what it writes."""
    trust = vouched(trusted_keys(keys_folder(settings)), evidence.root)
    days = settings.retention.days
    return RetentionJob(RetentionParts(cases, evidence, copies, days, utc_now, trust, program()))


def open_finder(settings: Settings) -> BystanderFinder:
    """Open the model of the settings once more, for scores that begin lower than those of the rules.

    Raises:
        BlurError: a card or weights are wrong, or the model knows no people or no cars.
    """
    wanted = settings.privacy
    try:
        card = load_card(wanted.card or settings.model.card or bundled_card())
        _check_classes(card)
        least = min(wanted.person_threshold, wanted.vehicle_threshold)
        card = card.model_copy(update={"score_threshold": least})
        # The fallback engine needs no measurement, and what waits for an operator's click need not be the fastest.
        chosen = choose_engine(card, settings.data, wanted="auto" if card.file.suffix == ".pt" else FALLBACK)
        model = Model(chosen.card, chosen.engine)
        faces = Faces(load_face_card(wanted.face_card)) if wanted.face_card else None
    except ModelError as err:
        raise BlurError(f"bystanders cannot be hidden, so nothing is handed out: {err}") from err
    facts = FinderFacts(
        model=card.name,
        sha256=card.sha256,
        person_threshold=wanted.person_threshold,
        vehicle_threshold=wanted.vehicle_threshold,
        face_model=faces.card.name if faces else "",
        face_sha256=faces.card.sha256 if faces else "",
        face_threshold=faces.card.score_threshold if faces else 0.0,
    )
    return BystanderFinder(model, facts, faces)


def _entry(site: Site, camera_id: str) -> DeviceEntry | None:
    try:
        return site.camera(camera_id).device
    except UnknownCameraError:  # its cases outlive a camera; its entry does not
        return None


def _check_classes(card: ModelCard) -> None:
    known = set(class_rows(card.class_names, card.class_map).tolist())
    if StreetClass.PERSON not in known or not known & set(LARGE_PLATED):
        raise BlurError(
            f"model {card.name!r} knows no people or no cars, so it cannot say what must be hidden; name another by "
            'card = "..." under [privacy]'
        )
