"""Pictures that come late are counted although all have come in the end."""

from tests.simulator.lateness import LATE_S, ON_THE_WAY, Lateness


class Street:
    """A camera that sends a picture a tenth of a second; time goes on with each look at the clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.held_from_s = self.held_until_s = -1.0

    def clock(self) -> float:
        self.now_s = round(self.now_s + 0.1, 1)
        return self.now_s

    def sent(self) -> dict[str, int]:
        return {"gate": round(self.now_s * 10)}

    def came(self) -> dict[str, int]:
        is_held = self.held_from_s <= self.now_s < self.held_until_s
        return {"gate": round((self.held_from_s if is_held else self.now_s) * 10)}


def ratio_of(street: Street, until_s: float) -> float:
    lateness = Lateness(street.sent, street.came, street.clock)
    while street.now_s < until_s:
        lateness.look()
    lateness.end()
    return lateness.ratio("gate")


def test_all_came_where_nothing_was_held_up() -> None:
    assert ratio_of(Street(), 20.0) == 1.0


def test_nap_is_no_lateness() -> None:
    street = Street()
    street.held_from_s, street.held_until_s = 10.0, 10.0 + LATE_S - 0.5
    assert ratio_of(street, 20.0) == 1.0


def test_what_was_held_up_and_came_before_the_end_is_missing() -> None:
    street = Street()
    street.held_from_s, street.held_until_s = 5.0, 15.0
    assert 0.5 < ratio_of(street, 20.0) < 0.7


def test_what_is_still_held_up_at_the_end_is_missing() -> None:
    street = Street()
    street.held_from_s, street.held_until_s = 15.0, 100.0
    assert 0.6 < ratio_of(street, 20.0) < 0.85


def test_camera_that_sends_on_is_given_the_pictures_on_the_way() -> None:
    lateness = Lateness(lambda: {"gate": 100}, lambda: {"gate": 100 - ON_THE_WAY}, Street().clock)
    lateness.end()
    assert lateness.missing == {"gate": 0}
