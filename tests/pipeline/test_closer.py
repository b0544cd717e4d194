"""Closer looks in the pipeline: in turns, within the allowance, and a far car is found, kept and let go."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from datasets.demo_scenes import demo_zones
from detectors.catalog import ZoneSettings, smallest_things
from detectors.events import Event, Phase
from pipeline.closer import Allowance, CloserTurns, sizes_wanted
from pipeline.watch import CameraWatch
from vision.boxes import areas, clipped
from vision.cells import GRID_WH, cells_under
from vision.classes import StreetClass
from vision.closer_look import Look, merged
from vision.closer_plan import plan_closer_looks
from vision.detections import Detections
from vision.frames import Frame, Planes
from vision.ground_scale import GroundScale
from vision.observations import Observation
from vision.zones import Zone

SIZE_WH, INPUT_WH = (1280, 720), (320, 192)
CAR = (600, 90, 644, 130)
START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
WHOLE = Zone("kerb", "kerb", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))

_RNG = np.random.default_rng(3)
STREET = cv2.resize(_RNG.integers(60, 180, (90, 160), np.uint8), SIZE_WH, interpolation=cv2.INTER_NEAREST)
PAINT = cv2.resize(_RNG.choice(np.array([214, 240], np.uint8), (10, 11)), (44, 40), interpolation=cv2.INTER_NEAREST)
GREY = np.full((SIZE_WH[1] // 2, SIZE_WH[0] // 2), 128, np.uint8)


def zone(kind: str = "parking", **rule: float) -> ZoneSettings:
    corners = [list(corner) for corner in WHOLE.polygon]
    return ZoneSettings.model_validate({"id": "kerb", "polygon": corners, "rule": {"kind": kind, **rule}})


def _leaves(t_s: float) -> np.ndarray:
    """Return the car's paint behind leaves that move: other pixels at every look, white enough for a model."""
    paint, rng = np.full((40, 44), 240, np.uint8), np.random.default_rng(int(t_s * 2))
    for x, y in rng.integers((0, 0), (32, 28), (4, 2)).tolist():
        paint[y : y + 12, x : x + 12] = 20
    return paint


def frame(t_s: float, *, is_parked: bool = False, flickers: bool = False) -> Frame:
    luma = STREET + np.random.default_rng(int(t_s * 2)).integers(0, 3, STREET.shape, np.uint8)
    if is_parked:
        luma[CAR[1] : CAR[3], CAR[0] : CAR[2]] = _leaves(t_s) if flickers else PAINT
    return Frame("gate", int(t_s * 2), t_s, START + timedelta(seconds=t_s), 0.1, Planes(luma, GREY, GREY))


class ShortSighted:
    """A model that finds what is white in its input, if it has 24 px there as the side of a square of its area."""

    def __init__(self) -> None:
        self.whole = self.closer = 0

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        return [self._detect(look) for look in frames]

    def _detect(self, look: Look) -> Detections:
        is_whole = isinstance(look, Frame)
        self.whole, self.closer = self.whole + is_whole, self.closer + (not is_whole)
        bgr, fitting = look.letterboxed(INPUT_WH)
        white = (bgr[..., 1] > 215).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(white)
        seen = [(x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area >= 24**2]
        boxes = clipped(fitting.to_source(np.array(seen, np.float32).reshape(-1, 4)), look.size_wh)
        return Detections.of([(tuple(box), 0.8, StreetClass.CAR.value) for box in boxes[areas(boxes) > 0].tolist()])


class Dreamer(ShortSighted):
    """One that also finds a large thing at every look, each time elsewhere: nothing that stands, ever."""

    def __init__(self) -> None:
        super().__init__()
        self._rng = np.random.default_rng(4)

    def _detect(self, look: Look) -> Detections:
        x, y = (float(at) for at in self._rng.integers((0, 250), (900, 450)))
        dreamt = Detections.of([((x, y, x + 300, y + 200), 0.3, StreetClass.STALL.value)])
        return super()._detect(look).joined(dreamt) if isinstance(look, Frame) else super()._detect(look)


class Eye:
    """A watch that is looked at as the looking thread does, with a closer look at every n-th look of the model."""

    def __init__(self, *, closer_every: int = 1, model: ShortSighted | None = None) -> None:
        self.watch = CameraWatch("gate", [zone(limit_s=60)], input_wh=INPUT_WH)
        self.model = model or ShortSighted()
        self.events: list[Event] = []
        self.observations: list[Observation] = []
        self._every = closer_every

    def run(self, from_s: float, to_s: float, *, is_parked: bool, flickers: bool = False) -> None:
        for t_s in np.arange(from_s, to_s, 0.5):
            if self.watch.is_due(float(t_s), self.watch.pace().look_hz):
                self._look(frame(float(t_s), is_parked=is_parked, flickers=flickers))

    def _look(self, picture: Frame) -> None:
        glance, found, closer = self.watch.glance(picture), None, None
        if self.watch.wants_model(glance, self.watch.pace().model_hz):
            closer = self.watch.closer(glance) if self.model.whole % self._every == 0 else None
            [found] = self.model.detect([picture])
            if closer is not None:
                found = merged(found, *self.model.detect([closer]))
        looked = self.watch.take(glance, found, closer)
        self.events += looked.events
        self.observations.append(looked.observation)


@pytest.fixture(scope="module", params=[1, 2])
def eye(request: pytest.FixtureRequest) -> Eye:
    made = Eye(closer_every=request.param)
    made.run(0, 100, is_parked=False)
    made.run(100, 260, is_parked=True)
    made.run(260, 400, is_parked=False)
    return made


def test_whole_look_alone_never_finds_the_far_car() -> None:
    blind = ShortSighted()
    assert len(blind.detect([frame(0, is_parked=True)])[0]) == 0


def test_far_car_is_found_raised_once_and_ends_when_it_is_gone(eye: Eye) -> None:
    assert [event.phase for event in eye.events] == [Phase.STARTED, Phase.RAISED, Phase.ENDED]
    started, raised, ended = eye.events
    assert 100 <= raised.started_t_s <= 116  # within two scouts; looking back is not in this test
    assert 60 <= raised.t_s - started.started_t_s <= 66
    assert 260 <= ended.t_s <= 320


def test_far_car_keeps_its_place_through_looks_that_cannot_see_it(eye: Eye) -> None:
    cell = int(cells_under(np.array([CAR], np.float32), SIZE_WH)[0])
    blind = [o for o in eye.observations if 120 <= o.t_s < 260 and o.looked and cell in o.unclear]
    assert len(blind) >= 3
    assert all(len(one.detections) == 0 for one in blind)
    assert len({event.event_id for event in eye.events}) == 1


def test_far_news_that_no_closer_look_settles_does_not_hold_the_model_at_near_things() -> None:
    eye = Eye(closer_every=10**6, model=Dreamer())
    eye.run(0, 60, is_parked=False)
    before = eye.model.whole
    eye.run(60, 220, is_parked=True)
    assert eye.model.whole - before <= 40


def test_far_place_whose_pixels_never_prove_it_is_not_stared_at() -> None:
    eye = Eye(closer_every=2)
    eye.run(0, 60, is_parked=False)
    eye.run(60, 90, is_parked=True)
    before = eye.model.whole
    eye.run(90, 190, is_parked=True, flickers=True)
    assert eye.model.whole - before <= 25
    assert not [event for event in eye.events if event.phase is Phase.ENDED]


def test_recorded_observations_give_the_same_events_without_pixels(eye: Eye) -> None:
    again = CameraWatch("gate", [zone(limit_s=60)])
    assert [e for one in eye.observations for e in again.replay(one).events] == eye.events


def test_closer_looks_come_with_looks_of_the_model_only(eye: Eye) -> None:
    assert 0 < eye.model.closer <= eye.model.whole


def test_camera_without_small_things_is_looked_at_as_ever() -> None:
    watch = CameraWatch("gate", [zone("flyers")], input_wh=INPUT_WH)
    glance = watch.glance(frame(0))
    assert watch.closer(glance) is None
    assert watch.take(glance, Detections.empty()).observation.unclear == ()


def test_without_an_input_no_closer_look_is_taken() -> None:
    watch = CameraWatch("gate", [zone()])
    glance = watch.glance(frame(0))
    assert watch.closer(glance) is None
    assert watch.take(glance, Detections.empty()).observation.unclear == ()


def test_what_was_learned_of_sizes_is_kept_over_a_restart() -> None:
    watch, again = CameraWatch("gate", [zone()], input_wh=INPUT_WH), CameraWatch("gate", [zone()], input_wh=INPUT_WH)
    for t_s in range(8):
        x = 20.0 + 180 * (t_s % 5)
        watch.look(frame(t_s), Detections.of([((x, 200.0, x + 500, 600.0), 0.9, StreetClass.CAR.value)]))
    again.restore(watch.checkpoint())
    learned, usual = watch.glance(frame(9)), CameraWatch("gate", [zone()], input_wh=INPUT_WH).glance(frame(9))
    assert again.closer(again.glance(frame(9))) is watch.closer(learned) is None
    assert CameraWatch("gate", [zone()], input_wh=INPUT_WH).closer(usual) is not None


def turns() -> CloserTurns:
    made = CloserTurns(INPUT_WH)
    made.watch([(WHOLE, 2.0)])
    return made


def test_sheets_take_turns() -> None:
    one, seen = turns(), []
    for t_s in range(6):
        look = one.choose(frame(t_s), ())
        assert look is not None
        one.looked(look.frame, look, Detections.empty())
        seen.append(look.sheet)
    assert len(set(seen[:3])) == 3
    assert seen[:3] == seen[3:]


def test_what_is_in_doubt_is_looked_at_every_other_time_and_the_others_still_have_their_turns() -> None:
    one, seen = turns(), []
    cell = int(cells_under(np.array([CAR], np.float32), SIZE_WH)[0])
    for t_s in range(12):
        look = one.choose(frame(t_s), [cell])
        assert look is not None
        one.looked(look.frame, look, Detections.empty())
        seen.append(look.sheet)
    assert sum(cell in sheet.cells for sheet in seen) >= 5
    assert len(set(seen)) == 3


def test_look_tells_where_it_was_too_coarse() -> None:
    one = turns()
    look = one.choose(frame(0), ())
    assert look is not None
    everywhere = one.looked(look.frame, None, Detections.empty())
    elsewhere = one.looked(look.frame, look, Detections.empty())
    assert set(everywhere) - set(elsewhere) == look.sheet.cells
    assert elsewhere


def test_zone_without_small_things_is_not_planned_for() -> None:
    one = CloserTurns(INPUT_WH)
    one.watch([(Zone("near", "near", ((0.0, 0.6), (1.0, 0.6), (1.0, 1.0))), 2.0)])
    assert one.choose(frame(0), ()) is None


def test_smallest_thing_of_the_zones_counts_in_each_cell() -> None:
    left = Zone("left", "left", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    sizes = sizes_wanted([(WHOLE, 2.0), (left, 1.0)], np.full(GRID_WH[1], 10, np.float32))
    assert (sizes[5, 3], sizes[5, 30]) == (10, 20)


@pytest.mark.parametrize(("kind", "size_m"), [("parking", 2.0), ("vending", 1.0)])
def test_rules_over_the_ground_say_how_small_their_things_are(kind: str, size_m: float) -> None:
    assert [size for _, size in smallest_things([zone(kind), zone("flyers")])] == [size_m]


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_allowance_gives_no_more_than_its_rate() -> None:
    clock = Clock()
    allowance, taken = Allowance(2.0, clock), 0
    for _ in range(400):
        clock.now_s += 0.05
        if allowance.has_one():
            allowance.spend()
            taken += 1
    assert taken == pytest.approx(40, abs=2)


def test_allowance_of_nothing_gives_nothing() -> None:
    clock = Clock()
    allowance = Allowance(0.0, clock)
    clock.now_s = 1e6
    assert not allowance.has_one()


def test_quiet_hour_saves_up_no_more_than_a_batch() -> None:
    clock = Clock()
    allowance, taken = Allowance(2.0, clock), 0
    clock.now_s = 3600
    while allowance.has_one():
        allowance.spend()
        taken += 1
    assert taken == 2


@pytest.mark.parametrize("input_wh", [(384, 224), (640, 640)])
def test_ordinary_kerb_needs_no_closer_look(input_wh: tuple[int, int]) -> None:
    kerbs = [(Zone(z.zone_id, z.name, z.polygon), 2.0) for z in demo_zones("parking")]
    sizes = sizes_wanted(kerbs, GroundScale().px_per_metre((1920, 1080)))
    assert kerbs
    assert plan_closer_looks((1920, 1080), input_wh, sizes) == ()
