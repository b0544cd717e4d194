"""Every fault of the table against the real pool, all at once, beside healthy cameras (see tests/simulator)."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import streams.undecodable
from streams.errors import StreamError
from streams.opening import Openers
from streams.probe import probe
from tests.chaos.storm import HASTY, HEALTHY, LOGIN, Seen, run_storm
from tests.simulator.camera import SimulatedCamera
from tests.simulator.table import ELSEWHERE, TABLE, Row, encode_clips

pytestmark = pytest.mark.e2e

ROWS = [pytest.param(row, id=row.name) for row in TABLE]
STILL_RETRIED = [pytest.param(row, id=row.name) for row in TABLE if row.outcome != "gives up"]
KEY_WAIT_S = 3.0
"""Instead of half a minute."""

SILENT_S = 30.0
"""Longer than any time limit of the settings; only a camera that blocks its reader takes this."""

PROBES_AT_ONCE = 12

MOST_GROWTH_BYTES = 600 * 2**20
"""Rings, decoders and the simulator of 70 cameras together; a leak of one huge unit a second would be more."""


@pytest.fixture(scope="module", params=[0, 1], ids=["odd rows in full", "even rows in full"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Two storms: whose camera is watched in full in the first one is watched quietly in the second."""
    quiet = {row.name for number, row in enumerate(TABLE, start=1) if number % 2 == request.param}
    clips: dict[str, Path] = encode_clips(tmp_path_factory.mktemp("storm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams.undecodable, "KEY_WAIT_S", KEY_WAIT_S)
        return run_storm(TABLE, clips, quiet)


@pytest.mark.parametrize("row", ROWS)
def test_fault_has_the_outcome_that_the_table_tells(row: Row, seen: Seen) -> None:
    states = seen.states[row.name]
    if row.outcome == "flows":
        assert seen.during[row.name] >= seen.flowing(row.name)
        assert "refused" not in states
    else:
        assert ("refused" if row.outcome == "gives up" else "away") in states


@pytest.mark.parametrize("row", [param for param in ROWS if param.values[0].says])
def test_health_names_the_fault(row: Row, seen: Seen) -> None:
    assert any(row.says in sentence for sentence in seen.said[row.name]), seen.said[row.name]


@pytest.mark.parametrize("row", STILL_RETRIED)
def test_pictures_come_again_when_the_fault_is_over(row: Row, seen: Seen) -> None:
    health = seen.at_end[row.name]
    assert seen.after[row.name] >= seen.flowing(row.name)
    assert (health.state, health.problem) == ("live", "")


@pytest.mark.parametrize("row", ROWS)
def test_what_is_kept_of_a_bad_stream_can_be_asked_for(row: Row, seen: Seen) -> None:
    assert seen.taken[row.name] == ""


def test_time_never_runs_back(seen: Seen) -> None:
    assert dict(seen.ran_back) == {}


def test_no_sentence_holds_the_password_or_is_a_surprise(seen: Seen) -> None:
    sentences = {sentence for said in seen.said.values() for sentence in said}
    assert not [sentence for sentence in sentences if LOGIN.password in sentence or "unexpected" in sentence]


def test_redirect_is_told_with_the_address_it_leads_to(seen: Seen) -> None:
    assert any(ELSEWHERE in sentence for sentence in seen.said["redirect elsewhere"])


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_camera_beside_them_is_not_disturbed(name: str, seen: Seen) -> None:
    health = seen.at_end[name]
    assert (health.reconnects, health.corrupt, seen.said[name], seen.states[name]) == (0, 0, set(), {"live"})
    assert seen.healthy_ratio[name] >= 0.97


def test_pool_closes_without_waiting_for_the_bad_ones(seen: Seen) -> None:
    assert seen.close_s < SILENT_S


def test_nothing_is_left_behind(seen: Seen) -> None:
    assert seen.threads_left == []
    assert seen.files_left <= 0


def test_memory_stays_bounded(seen: Seen) -> None:
    assert max(health.ring_bytes for health in seen.at_end.values()) <= HASTY.ring_bytes
    assert seen.grown_bytes < MOST_GROWTH_BYTES


def test_probe_of_a_bad_camera_gives_a_report_or_our_error(tmp_path_factory: pytest.TempPathFactory) -> None:
    clips = encode_clips(tmp_path_factory.mktemp("probes"))
    with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        surprises = [problem for problem in pool.map(lambda row: surprise_of_probe(row, clips), TABLE) if problem]
    assert surprises == []


def surprise_of_probe(row: Row, clips: dict[str, Path]) -> str:
    """Probe a camera that has a fault from the first; returns what should not have come of it."""
    settings = HASTY.model_copy(update={"transport": row.transport, "open_timeout_s": 2.0})
    with SimulatedCamera(clips["plain"], faults=row.all_faults(clips), login=LOGIN) as camera:
        try:
            report = probe(camera.url(), settings, Openers(), watch_s=1.5)
        except StreamError as err:
            return f"{row.name}: {err}" if LOGIN.password in str(err) else ""
        except Exception as err:  # noqa: BLE001  # what must not come is what this looks for
            return f"{row.name}: {type(err).__name__}: {err}"
    return f"{row.name}: the password is shown" if LOGIN.password in str(report) else ""
