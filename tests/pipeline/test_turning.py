"""Cameras are turned for a look and on tours, never from under an operator's hands, and back to where they were."""

from collections.abc import Iterator

import pytest

from pipeline.camera_settings import CameraEntry
from pipeline.ptz_settings import PtzSettings
from pipeline.turning import LEAST_HOLD_S, LONG_REST_S, LOOK_HOLD_S, MISSED_S, Turner
from streams.onvif_ptz import PtzClient
from tests.streams.ptz_server import PtzCamera, serving

VIEWS = [{"id": "kerb", "token": "1"}, {"id": "wall", "token": "2"}, {"id": "roof"}]


class FakeSeeing:
    """Recognises the views at whose preset the served camera points."""

    def __init__(self, camera: PtzCamera) -> None:
        self._camera = camera
        self.known = {"kerb", "wall"}
        self.told: list[str] = []
        self.is_blind = False

    def now(self, _camera_id: str) -> str | None:
        tokens = {"kerb": "1", "wall": "2"}
        if self.is_blind:
            return None
        at = [view for view, token in tokens.items() if self._camera.presets[token] == self._camera.position]
        return next((view for view in at if view in self.known), None)

    def is_known(self, _camera_id: str, view_id: str) -> bool:
        return view_id in self.known

    def tell(self, _camera_id: str, view_id: str) -> None:
        self.told.append(view_id)
        self.known.add(view_id)


class Street:
    def __init__(self, camera: PtzCamera, tour: dict[str, object] | None = None) -> None:
        self.camera = camera
        self.entry = CameraEntry.model_validate(
            {
                "id": "gate",
                "url": "rtsp://a/b",
                "views": VIEWS,
                "ptz": {"url": camera.url, "profile": "1"},
                "tour": tour,
            }
        )
        self.seeing = FakeSeeing(camera)
        self.is_viewed = False
        self.now_s = 1000.0
        self.turner = Turner(lambda: [self.entry], self.seeing, lambda _: self.is_viewed, clock=lambda: self.now_s)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.turner.tick()
            self.now_s += 1.0

    @property
    def at(self) -> tuple[float, ...]:
        return self.camera.position


@pytest.fixture
def camera() -> Iterator[PtzCamera]:
    with serving() as made:
        yield made


def test_camera_is_turned_for_a_look_and_back_to_where_it_was(camera: PtzCamera) -> None:
    street, before = Street(camera), camera.position
    assert street.turner.bring("gate", "wall")
    street.run(5)
    assert street.at == camera.presets["2"]
    assert street.turner.turned_s("gate") is not None
    street.run(LOOK_HOLD_S)
    assert street.at == before
    assert street.turner.turned_s("gate") is None


def test_camera_returns_to_the_preset_that_it_was_at(camera: PtzCamera) -> None:
    street = Street(camera)
    camera.position = camera.presets["1"]
    street.turner.bring("gate", "wall")
    street.run(LOOK_HOLD_S + 5)
    assert camera.asked.count("GotoPreset") == 2
    assert "AbsoluteMove" not in camera.asked


def test_camera_that_somebody_watches_is_not_turned(camera: PtzCamera) -> None:
    street, before = Street(camera, {"views": ["kerb"], "every_s": 60}), camera.position
    street.is_viewed = True
    assert not street.turner.bring("gate", "wall")
    street.run(200)
    assert street.at == before


def test_operator_who_opens_the_live_view_keeps_the_camera(camera: PtzCamera) -> None:
    street = Street(camera)
    street.turner.bring("gate", "wall")
    street.run(5)
    street.is_viewed = True
    street.run(LOOK_HOLD_S + 20)
    assert street.at == camera.presets["2"]
    assert street.turner.turned_s("gate") is None


def test_camera_that_somebody_turns_meanwhile_is_left_there(camera: PtzCamera) -> None:
    street = Street(camera)
    street.turner.bring("gate", "wall")
    street.run(5)
    camera.position = camera.presets["1"]
    street.run(LOOK_HOLD_S + 20)
    assert street.at == camera.presets["1"]


def test_view_without_a_token_is_not_turned_to(camera: PtzCamera) -> None:
    assert not Street(camera).turner.bring("gate", "roof")
    assert not Street(camera).turner.bring("nobody", "wall")


def test_preset_that_shows_something_else_is_left_alone_for_a_while_and_said(camera: PtzCamera) -> None:
    street, before = Street(camera), camera.position
    street.turner.bring("gate", "wall")
    street.seeing.is_blind = True
    street.run(30)
    assert street.at == before
    [problem] = street.turner.problems()
    assert problem.code == "view_not_reached"
    assert not street.turner.bring("gate", "wall")
    street.now_s += MISSED_S
    assert street.turner.bring("gate", "wall")


def test_view_that_nobody_has_shown_is_learned_once_the_camera_stands_there(camera: PtzCamera) -> None:
    street = Street(camera)
    street.seeing.known = {"kerb"}
    camera.move_status = "MOVING"
    street.turner.bring("gate", "wall")
    street.run(5)
    assert street.seeing.told == []
    camera.move_status = "IDLE"
    street.run(3)
    assert street.seeing.told == ["wall"]


def test_known_view_is_never_learned_anew_by_turning_to_it(camera: PtzCamera) -> None:
    street = Street(camera)
    street.turner.bring("gate", "wall")
    street.seeing.is_blind = True
    street.run(30)
    assert street.seeing.told == []


def test_refused_login_is_said_and_the_camera_left_alone_for_an_hour(camera: PtzCamera) -> None:
    street = Street(camera)
    wrong = PtzSettings(url=camera.url.replace("sesame", "rice"), profile="1")
    street.entry = street.entry.model_copy(update={"ptz": wrong})
    street.turner.bring("gate", "wall")
    street.run(60)
    assert camera.asked.count("GetStatus") == 1
    [problem] = street.turner.problems()
    assert problem.code == "ptz_auth"
    assert "rice" not in problem.message
    assert not street.turner.bring("gate", "wall")
    street.now_s += LONG_REST_S
    assert street.turner.bring("gate", "wall")


def test_surprise_at_one_camera_ends_no_turning_of_the_others(
    camera: PtzCamera, caplog: pytest.LogCaptureFixture
) -> None:
    street = Street(camera)
    odd = street.entry.model_copy(update={"id": "odd", "ptz": PtzSettings(url="http://10.0.0.9/onvif")})

    def open_head(settings: PtzSettings) -> PtzClient:
        if settings == odd.ptz:
            raise ValueError("no head")
        return PtzClient(settings.address, settings.profile)

    turner = Turner(lambda: [odd, street.entry], street.seeing, lambda _: False, open_head=open_head)
    turner.bring("gate", "wall")
    turner.tick()
    assert street.at == camera.presets["2"]
    assert "camera odd: unexpected" in caplog.text


def test_tour_leads_through_its_views_and_home_once_in_its_time(camera: PtzCamera) -> None:
    street, before = Street(camera, {"views": ["wall", "kerb"], "dwell_s": 20, "every_s": 300}), camera.position
    places = []
    for _ in range(700):
        street.run(1)
        places.append(street.at)
    assert places[250] == before
    assert places[310] == camera.presets["2"]
    assert places[335] == camera.presets["1"]
    assert places[360] == before
    assert camera.asked.count("GotoPreset") == 4


def test_look_goes_before_the_tour_which_goes_on_after_it(camera: PtzCamera) -> None:
    street = Street(camera, {"views": ["wall", "wall"], "dwell_s": 200, "every_s": 60})
    street.run(65)
    assert street.at == camera.presets["2"]
    assert street.turner.bring("gate", "kerb")
    street.run(LEAST_HOLD_S + 5)
    assert street.at == camera.presets["1"]
    street.run(LOOK_HOLD_S + 5)
    assert street.at == camera.presets["2"]


def test_looks_at_two_views_do_not_chase_each_other(camera: PtzCamera) -> None:
    street, seen = Street(camera), []
    for _ in range(8):
        for view in ("wall", "kerb"):
            street.turner.bring("gate", view)
            street.run(5)
            seen.append(street.seeing.now("gate"))
    assert {"wall", "kerb"} <= set(seen)
    assert camera.asked.count("GotoPreset") <= 8
