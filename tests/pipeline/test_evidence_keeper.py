"""Which pictures evidence is made of, and that none is passed off as one of another time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.completeness import Shortfall, shortfalls
from cases.packs import ModelFacts, PackFacts, PartRole, Why
from cases.stills import Marks
from detectors.events import Event, Phase
from pipeline.evidence_keeper import EvidenceKeeper, KeeperParts, Taken
from pipeline.kept_stills import Moment, Still
from pipeline.machine_clock import MachineClock
from pipeline.offence_place import Place
from pipeline.settings import EvidenceSettings
from streams.clips import decode_at
from streams.errors import NotInRingError, OtherViewError
from streams.ring import PacketRing
from tests.pipeline.fakes import event
from tests.rtsp.clips import Pattern, encode_clip
from tests.streams.helpers import read_all
from vision.frames import Frame
from vision.zones import Zone

PLACE = Place("Gate", "Market street", Zone("kerb", "Kerb", ((0, 0), (1, 0), (1, 1))), "0499 parking")
SETTINGS = EvidenceSettings(still_gap_s=10, clip_before_s=2, clip_after_s=2)
SENT_S = 30
"""Seconds of pictures that the camera sends, from 0 on; `film` keeps them all."""


@dataclass
class Camera:
    """A reader that has a ring and nothing else."""

    ring: PacketRing

    def still(self, t_s: float | None = None) -> Frame:
        segment = self.ring.newest() if t_s is None else self.ring.segment(t_s, t_s)
        return decode_at(segment, segment.span()[1] if t_s is None else t_s)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pattern = Pattern(seconds=SENT_S, fps=5, gop=5, size_wh=(64, 48))
    return encode_clip(tmp_path_factory.mktemp("film") / "film.mp4", pattern)


@pytest.fixture
def places() -> list[Place]:
    """Where the offence is said to be; the last one counts."""
    return [PLACE]


@pytest.fixture
def clocks() -> list[MachineClock]:
    """How good this machine's clock is said to be; the last one counts."""
    return [MachineClock(0.02)]


@pytest.fixture
def elsewhere() -> list[float]:
    """From when to when the camera looks at another view; empty where it never does."""
    return []


@pytest.fixture
def keeper_after(
    film: Path, tmp_path: Path, places: list[Place], clocks: list[MachineClock], elsewhere: list[float]
) -> Callable[..., EvidenceKeeper]:
    """Return a function that gives a keeper of a camera that has sent so many seconds, and keeps the last `ring_s`."""

    def make(sent_s: float, ring_s: float = 60) -> EvidenceKeeper:
        ring = PacketRing("gate", ring_s=ring_s, ring_bytes=10**8)
        for stream_format, packet in read_all(film):
            if packet.t_s <= sent_s:
                ring.add(stream_format, packet)
        camera = Camera(ring)
        parts = KeeperParts(
            model=ModelFacts("m", "0" * 64, 0.3, "fake"),
            reader=lambda _id: camera,  # type: ignore[arg-type, return-value]
            place=lambda _event: places[-1],
            local=UTC,
            program="streetwarden 9",
            machine_clock=lambda: clocks[-1],
            shows=lambda _event, frame: not elsewhere or not elsewhere[0] <= frame.t_s < elsewhere[1],
        )
        return EvidenceKeeper(tmp_path / "pending", SETTINGS, parts)

    return make


def first(t_s: float) -> Moment:
    """When a first panorama was taken, at a wall time long ago."""
    return Moment(t_s, datetime(2020, 1, 1, tzinfo=UTC))


def raised(t_s: float, started_t_s: float = 0.0) -> Event:
    return replace(event(Phase.RAISED, t_s=t_s), started_t_s=started_t_s)


def test_clip_shows_the_moment_and_says_when_it_is_of(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    taken = keeper_after(30).clip(raised(10))
    assert taken.facts.t_s == pytest.approx(10, abs=0.2)
    assert taken.facts.incomplete == ()


def test_clip_whose_time_has_left_the_ring_is_said_to_be_missing(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    with pytest.raises(NotInRingError, match="not of that time any more"):
        keeper_after(30, ring_s=5).clip(raised(10))


def test_clip_that_is_cut_early_says_so(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    assert keeper_after(10.8).clip(raised(10)).facts.incomplete == ("clip_too_short",)


def test_second_panorama_is_the_first_picture_after_the_gap(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    taken = keeper_after(30).second(raised(10), first(10.1), None)
    assert 20.1 <= taken.facts.t_s <= 20.4


def test_no_later_picture_stands_in_for_a_second_panorama(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    with pytest.raises(NotInRingError):
        keeper_after(30, ring_s=2).second(raised(2), first(2.0), None)


def test_no_earlier_picture_stands_in_for_a_second_panorama(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    with pytest.raises(NotInRingError):
        keeper_after(15).second(raised(10), first(10.0), None)


def test_no_second_panorama_of_an_offence_that_was_over(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    with pytest.raises(NotInRingError, match=r"over 3\.0 s before"):
        keeper_after(30).second(raised(10), first(10.0), 17.0)


def test_late_second_panorama_is_the_newest_picture(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    keeper = keeper_after(30)
    assert keeper.late_second(raised(10), datetime.now(UTC) - timedelta(days=1)).facts.t_s == pytest.approx(29.8)


def test_late_second_panorama_is_late_enough(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    keeper = keeper_after(30)
    newest_at = keeper.after_warning(raised(10)).facts.captured_at
    with pytest.raises(NotInRingError):
        keeper.late_second(raised(10), newest_at - timedelta(seconds=9))


def test_opening_has_two_panoramas_when_the_offence_took_long(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    keeper_after(1).keep_first(raised(15))
    assert panoramas(keeper_after(15), raised(15)) == ["panorama-1.jpg", "panorama-2.jpg"]


def test_opening_takes_no_later_picture_for_a_second_panorama(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    keeper_after(1).keep_first(raised(15))
    assert panoramas(keeper_after(30, ring_s=2), raised(15)) == ["panorama-1.jpg"]


def test_first_panoramas_of_events_that_are_no_more_are_removed(
    keeper_after: Callable[..., EvidenceKeeper], tmp_path: Path
) -> None:
    keeper = keeper_after(1)
    keeper.keep_first(replace(raised(15), event_id="gate-kerb-2"))
    keeper.keep_first(raised(15))
    keeper.keep_only({"gate-kerb-2"})
    assert {path.name for path in (tmp_path / "pending").iterdir()} == {"gate-kerb-2.jpg", "gate-kerb-2.json"}


def acts(keeper: EvidenceKeeper, source: Event) -> list[str]:
    return [part.name for part in keeper.opening(source, "label", "0801").parts if part.role is PartRole.ACT]


def test_opening_shows_who_posted_a_paper(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    keeper = keeper_after(15)
    keeper.keep_act("gate", raised(15).event_id, 8.0)
    assert acts(keeper, raised(15)) == ["act.jpg"]


def test_opening_without_such_a_picture_has_none(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    assert acts(keeper_after(15), raised(15)) == []


def test_no_picture_of_another_time_stands_in_for_the_act(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    keeper = keeper_after(30, ring_s=5)
    with pytest.raises(NotInRingError):
        keeper.keep_act("gate", raised(15).event_id, 8.0)
    assert acts(keeper, raised(30)) == []


def test_picture_of_the_act_goes_with_its_offence(keeper_after: Callable[..., EvidenceKeeper], tmp_path: Path) -> None:
    keeper = keeper_after(15)
    for event_id in ("gate-kerb-2", "gate-kerb-3", "gate-kerb-4"):
        keeper.keep_act("gate", event_id, 8.0)
    keeper.forget_first(replace(raised(15), event_id="gate-kerb-2"))
    keeper.keep_only({"gate-kerb-3"})
    assert {path.stem for path in (tmp_path / "pending" / "acts").iterdir()} == {"gate-kerb-3"}


def panoramas(keeper: EvidenceKeeper, source: Event) -> list[str]:
    taken = keeper.opening(source, "label", "0499")
    return [part.name for part in taken.parts if part.name.startswith("panorama")]


def why(facts: PackFacts) -> dict[str, Why]:
    return {unknown.field: unknown.why for unknown in facts.unknown}


def test_facts_tell_the_rule_its_outline_the_clock_and_the_program(
    keeper_after: Callable[..., EvidenceKeeper], places: list[Place]
) -> None:
    places.append(replace(PLACE, rule={"kind": "parking", "limit_s": 300}))
    facts = keeper_after(30).clip(raised(10)).facts
    assert (facts.rule, facts.zone_polygon) == ({"kind": "parking", "limit_s": 300}, PLACE.zone.polygon)
    assert (facts.machine_clock_error_s, facts.program) == (0.02, "streetwarden 9")
    assert why(facts) == {"preset": Why.PRESETS_NOT_READ}


def test_facts_tell_the_preset_at_which_the_zone_judged(
    keeper_after: Callable[..., EvidenceKeeper], places: list[Place]
) -> None:
    places.append(replace(PLACE, preset="Kerb (kerb), ONVIF 3"))
    facts = keeper_after(30).clip(raised(10)).facts
    assert facts.preset == "Kerb (kerb), ONVIF 3"
    assert "preset" not in why(facts)


def test_picture_of_another_view_proves_nothing(
    keeper_after: Callable[..., EvidenceKeeper], elsewhere: list[float]
) -> None:
    keeper = keeper_after(30)
    elsewhere.extend((18.0, 100.0))
    with pytest.raises(OtherViewError):
        keeper.after_warning(raised(10))
    with pytest.raises(OtherViewError):
        keeper.second(raised(10), first(9.0), None)
    with pytest.raises(OtherViewError):
        keeper.opening(raised(20), "label", "0499")
    assert keeper.opening(raised(10), "label", "0499").facts.t_s < 18.0


def test_facts_say_why_something_is_not_known_instead_of_making_it_up(
    keeper_after: Callable[..., EvidenceKeeper], clocks: list[MachineClock]
) -> None:
    clocks.append(MachineClock(None, Why.CLOCK_NOT_SYNCHRONISED))
    facts = keeper_after(30).clip(raised(10)).facts
    assert (facts.rule, facts.zone_polygon, facts.machine_clock_error_s, facts.preset) == (None, None, None, None)
    assert why(facts) == {
        "preset": Why.PRESETS_NOT_READ,
        "machine_clock_error_s": Why.CLOCK_NOT_SYNCHRONISED,
        "rule": Why.ZONE_CHANGED,
        "zone_polygon": Why.ZONE_CHANGED,
    }


def test_each_picture_says_when_it_was_taken(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    keeper_after(5).keep_first(raised(20, started_t_s=4))
    keeper = keeper_after(20)
    keeper.keep_act("gate", "gate-kerb-1", 11)
    taken = keeper.opening(raised(20, started_t_s=4), "case", "0499")
    times = {part.name: part.taken for part in taken.parts}
    assert all(times.values())
    assert times["panorama-2.jpg"] == times["close-up.jpg"] == times["marked.jpg"]
    gaps = [times["panorama-2.jpg"].captured_at - times[name].captured_at for name in ("panorama-1.jpg", "act.jpg")]
    assert [gap.total_seconds() for gap in gaps] == pytest.approx([15.8, 9.8], abs=0.3)
    keeper.forget_first(raised(20))
    assert keeper.opening(raised(20), "case", "0499").parts[0].taken == times["panorama-2.jpg"]


def test_clip_says_when_it_begins(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    taken = keeper_after(30).clip(raised(10))
    (clip,) = taken.parts
    assert clip.taken is not None
    assert (taken.facts.captured_at - clip.taken.captured_at).total_seconds() == pytest.approx(2, abs=1.2)


LARGE = "picture_too_small", "camera_too_small"


def lacks(taken: Taken) -> list[str]:
    """What a pack lacks but for size: the film is smaller than the law wants."""
    return [what for what in taken.facts.incomplete if what not in LARGE]


def test_pictures_of_a_camera_that_has_no_more_are_told_from_those_that_could_be_larger(
    keeper_after: Callable[..., EvidenceKeeper],
) -> None:
    assert "camera_too_small" in keeper_after(30).after_warning(raised(10)).facts.incomplete


def test_still_kept_before_the_camera_was_set_to_more_is_too_small() -> None:
    small = Still(b"", 0.0, datetime(2026, 1, 1, tzinfo=UTC), 0.1, (640, 480))
    missing = shortfalls([small.shot(MachineClock(0.0), (1920, 1080))], has_close_up=True, has_clip=True)
    assert missing == (Shortfall.NO_SECOND_PANORAMA, Shortfall.PICTURE_TOO_SMALL)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (MachineClock(0.02), []),
        (MachineClock(1.5), ["clock_error_too_large"]),
        (MachineClock(None, Why.CLOCK_NOT_SYNCHRONISED), ["clock_error_unknown"]),
    ],
)
def test_clock_of_this_machine_counts_and_not_knowing_it_is_no_excuse(
    keeper_after: Callable[..., EvidenceKeeper], clocks: list[MachineClock], clock: MachineClock, expected: list[str]
) -> None:
    clocks.append(clock)
    assert lacks(keeper_after(30).after_warning(raised(10))) == expected


def test_zone_that_asks_for_more_gets_its_second_panorama_later(
    keeper_after: Callable[..., EvidenceKeeper], places: list[Place]
) -> None:
    places.append(replace(PLACE, still_gap_s=20.0))
    keeper_after(1).keep_first(raised(15))
    assert panoramas(keeper_after(15), raised(15)) == ["panorama-1.jpg"]
    assert keeper_after(30).second(raised(2), first(2.0), None).facts.t_s >= 22.0
    places.append(replace(PLACE, still_gap_s=None))
    assert panoramas(keeper_after(15), raised(15)) == ["panorama-1.jpg", "panorama-2.jpg"]


def test_second_panorama_is_late_enough_by_the_clock_too(keeper_after: Callable[..., EvidenceKeeper]) -> None:
    taken = keeper_after(30).second(raised(10), first(10.0), None).facts
    told_late = taken.captured_at - timedelta(seconds=taken.t_s - 11.5)  # its delay was not learned yet
    second = keeper_after(30).second(raised(10), Moment(10.0, told_late), None)
    assert (second.facts.captured_at - told_late).total_seconds() >= 10
    assert second.facts.t_s == pytest.approx(21.6, abs=0.2)
    with pytest.raises(NotInRingError, match="late enough by the clock"):
        keeper_after(20.6).second(raised(10), Moment(10.0, told_late), None)


def test_second_panorama_after_a_clock_that_was_set_back_is_marked(
    keeper_after: Callable[..., EvidenceKeeper],
) -> None:
    keeper = keeper_after(30)
    set_back = Moment(10.0, datetime.now(UTC) + timedelta(days=1))
    assert lacks(keeper.second(raised(10), set_back, None)) == ["panoramas_too_close"]
    assert lacks(keeper.second(raised(10), first(10.0), None)) == []


@pytest.mark.parametrize(
    ("place", "told_as"), [("Market street", "Market street Gate [gate] Kerb"), ("Gate", "Gate [gate] Kerb")]
)
def test_marked_copy_names_the_camera_by_its_number_too_and_nothing_twice(
    place: str,
    told_as: str,
    keeper_after: Callable[..., EvidenceKeeper],
    places: list[Place],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places.append(replace(PLACE, place=place))
    told: list[Marks] = []

    def marked(original: bytes, marks: Marks, **_: object) -> bytes:
        told.append(marks)
        return original

    monkeypatch.setattr("pipeline.evidence_keeper.marked_jpeg", marked)
    keeper_after(15).opening(raised(15), "label", "0499")
    assert told[0].place == told_as
    assert told[0].clock_error_s is not None
    assert told[0].clock_error_s >= 0.02
