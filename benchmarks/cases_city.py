"""Makes up the cases of a city over years, always the same: Chinese names, days and states.

A city of the size in `shared/domain.md` 2.6 has about 550 cases a day; a million of them are five years. The newest two
days hold most of what is open; some hundredths of the older ones never came to an end.

Belongs here: what a case looks like. Does not: writing (cases_fill), asking (cases_queries).
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cases.case_numbers import BEIJING, PREFIX
from cases.records import case_id_of
from cases.states import Action

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
"""The moment at which the board is looked at; what lies before it is history."""

CASES_A_DAY = 550.0

UNITS = tuple(f"unit-{number:02d}" for number in range(40))
KINDS = (("vending", "0406", "stall"), ("parking", "0496", "car"), ("flyers", "0201", "flyer"))
KIND_WEIGHTS = (0.5, 0.3, 0.2)

LONG_OVER = (
    *(("closed", 0.72), ("resolved", 0.15), ("dismissed", 0.11)),
    *(("dispatched", 0.005), ("filed", 0.005), ("candidate", 0.01)),
)
RECENT = (
    *(("candidate", 0.25), ("confirmed", 0.15), ("warned", 0.15)),
    *(("filed", 0.1), ("dispatched", 0.15), ("closed", 0.2)),
)
"""States and their shares among cases older than two days, and among the newer ones."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ROADS = _words(
    "解放 人民 中山 建设 和平 胜利 文化 新华 河东 盐湖 涑水 禹都 学苑 红旗 工农 槐东 黄河 圣惠 凤凰 机场 "
    "银湖 府西 府东 康杰 条山"
)
SIDES = _words("东 西 南 北 东北 西南")
SPOTS = _words(
    "菜市场 中学门口 医院东门 汽车站 火车站 广场 公园 小区出入口 农贸市场 体育馆 商场 幼儿园 桥头 加油站 美食街 步行街"
)
ZONES = _words("人行道 机动车道 消防通道 外墙")
RARE = _words("鑫 淼 犇 骉 麓")
"""Characters that stand in the name of one camera each."""


@dataclass(frozen=True, slots=True)
class CameraOfCity:
    """A camera: where it is, and whose street that is."""

    camera_id: str
    name: str
    unit: str


COLUMNS = _words(
    "id number event_id kind code state camera_id camera_name zone_id zone_name zone_version started_at raised_at "
    "ended_at box_x1 box_y1 box_x2 box_y2 class_label score reasons reviewed_by reviewed_at created_at updated_at "
    "revision audit_rows unit due_at dispatched_at running_since handler handled_at closed_at stage_since"
)
"""What a row of a case consists of; the database adds what it works out itself."""


def cameras(count: int) -> list[CameraOfCity]:
    """Return the cameras of the city; each name is a road, a spot, a side and a number."""
    made = []
    for number in range(count):
        road, spot = ROADS[number % len(ROADS)], SPOTS[number // 7 % len(SPOTS)]
        rare = RARE[number // 97] if number % 97 == 0 and number // 97 < len(RARE) else ""
        name = f"{road}路{rare}{spot}{SIDES[number % len(SIDES)]}侧{number:04d}号"
        made.append(CameraOfCity(f"camera-{number:04d}", name, UNITS[number % len(UNITS)]))
    return made


def cases_of_city(count: int, streets: list[CameraOfCity], *, seed: int = 8) -> Iterator[tuple[object, ...]]:
    """Yield the rows of `count` cases, oldest first, fields in the order of `COLUMNS`."""
    random_ = random.Random(seed)  # noqa: S311 - nothing secret
    first = NOW - timedelta(days=count / CASES_A_DAY)
    of_day: Counter[str] = Counter()
    for index in range(count):
        raised_at = first + timedelta(days=(index + random_.random()) / CASES_A_DAY)
        raised_at = raised_at.replace(microsecond=raised_at.microsecond // 1000 * 1000)  # as fine as SQLite reckons
        day = f"{raised_at.astimezone(BEIJING):%Y%m%d}"
        of_day[day] += 1
        shares = RECENT if NOW - raised_at < timedelta(days=2) else LONG_OVER
        state = _one_of(random_, shares)
        kind, code, label = random_.choices(KINDS, KIND_WEIGHTS)[0]
        camera = streets[int(len(streets) * random_.random() ** 2)]  # a few places have most cases
        yield _row(random_, (index, f"{PREFIX}{day}{of_day[day]:04d}", raised_at), (kind, code, label, state), camera)


def _row(
    random_: random.Random, which: tuple[int, str, datetime], what: tuple[str, str, str, str], camera: CameraOfCity
) -> tuple[object, ...]:
    index, number, raised_at = which
    kind, code, label, state = what
    event_id = f"{camera.camera_id}-{index}"
    zone = random_.randrange(len(ZONES))
    reasons = json.dumps([{"key": "dwell", "value": round(300 * random_.random(), 1), "unit": "s"}])
    reviewed_at, ended_at = _minute_of("confirm", state, raised_at), _minute_of("end", state, raised_at)
    revision = sum(1 for _, action in PATHS[state] if action in DECISIONS) + 1
    place = (camera.camera_id, camera.name, f"zone-{zone}", ZONES[zone], 1)
    times = (raised_at - timedelta(minutes=5), raised_at, ended_at)
    box = (100.0, 120.0, 220.0, 300.0)
    review = ("李雷" if reviewed_at else "", reviewed_at)
    counted = (raised_at, raised_at + timedelta(minutes=len(PATHS[state])), revision, len(PATHS[state]))
    dispatched_at, is_running = _minute_of("dispatch", state, raised_at), state == "dispatched"
    due_at = raised_at + timedelta(hours=random_.choice((2, 4, 24, 48))) if is_running else None
    ends = (_minute_of("feed_back", state, raised_at), _minute_of("close", state, raised_at))
    clock = (due_at, dispatched_at, dispatched_at if is_running else None, "李雷" if ends[0] else "", *ends)
    stage_since = (
        _minute_of("file", state, raised_at) if state == "filed" else None
    )  # of its states the one with a clock
    named = (case_id_of(event_id), number, event_id, kind, code, state)
    unit = camera.unit if dispatched_at else ""
    return (
        *named,
        *place,
        *times,
        *box,
        label,
        random_.random(),
        reasons,
        *review,
        *counted,
        unit,
        *clock,
        stage_since,
    )


DECISIONS = frozenset(action.value for action in Action)
"""Steps that decide; each counts the revision up by one."""

PATHS: dict[str, list[tuple[str, str]]] = {
    "candidate": [("candidate", "open"), ("candidate", "add_pack"), ("candidate", "add_pack")],
}
"""What happened to a case that is in a state: the state after each step, and the step."""
PATHS["confirmed"] = [*PATHS["candidate"], ("confirmed", "confirm")]
PATHS["warned"] = [*PATHS["confirmed"], ("confirmed", "add_warning"), ("warned", "warn")]
PATHS["filed"] = [*PATHS["warned"], ("filed", "file")]
PATHS["dispatched"] = [*PATHS["filed"], ("accepted", "accept"), ("approved", "approve"), ("dispatched", "dispatch")]
PATHS["closed"] = [
    *PATHS["dispatched"],
    *(("handling", "start"), ("handled", "report"), ("checking", "feed_back"), ("checking", "end")),
    *(("checked", "pass_check"), ("closed", "close")),
]
PATHS["resolved"] = [*PATHS["candidate"], ("candidate", "add_warning"), ("warned", "warn"), ("resolved", "resolve")]
PATHS["dismissed"] = [*PATHS["candidate"], ("dismissed", "dismiss")]


def _minute_of(action: str, state: str, raised_at: datetime) -> datetime | None:
    """Return when an action was taken, a minute after each other from when the case was raised; None if it was not."""
    actions = [taken for _, taken in PATHS[state]]
    return raised_at + timedelta(minutes=actions.index(action) + 1) if action in actions else None


def _one_of(random_: random.Random, shares: tuple[tuple[str, float], ...]) -> str:
    return random_.choices([state for state, _ in shares], [share for _, share in shares])[0]
