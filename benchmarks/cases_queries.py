"""The many different questions that people of a city put to their cases, always the same ones.

Belongs here: which questions. Does not: timing (cases), the city (cases_city).
"""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta

from benchmarks.cases_city import CASES_A_DAY, KINDS, NOW, RARE, ROADS, SPOTS, UNITS, CameraOfCity
from cases.due_soon import StageSpan
from cases.inboxes import inbox_of
from cases.posts import Doer, Post
from cases.queries import CasePlace, CaseQuery
from cases.states import CaseState

OPEN = (CaseState.CANDIDATE, CaseState.CONFIRMED, CaseState.WARNED)
EVERY_STATE = (*OPEN, CaseState.FILED, CaseState.DISPATCHED, CaseState.CLOSED, CaseState.RESOLVED, CaseState.DISMISSED)
PAGE = 50
STAGE = timedelta(minutes=15)
"""In which a report must be accepted."""

Make = Callable[[random.Random], CaseQuery]


def lists(count: int, cases: int, streets: list[CameraOfCity]) -> Iterator[tuple[str, CaseQuery]]:
    """Yield `count` filtered lists with their kinds: no text, any filters, any page."""
    makes: dict[str, Make] = {
        "all": lambda r: CaseQuery(offset=PAGE * r.randrange(200)),
        "state": lambda r: CaseQuery(states=(r.choice(EVERY_STATE),), offset=PAGE * r.randrange(5)),
        "open": lambda r: CaseQuery(states=OPEN),
        "kind": lambda r: CaseQuery(kinds=(r.choice(KINDS)[0],), offset=PAGE * r.randrange(100)),
        "kind and state": lambda r: CaseQuery(kinds=(r.choice(KINDS)[0],), states=(r.choice(EVERY_STATE),)),
        "camera": lambda r: CaseQuery(camera_ids=(r.choice(streets).camera_id,)),
        "cameras and state": lambda r: CaseQuery(
            camera_ids=tuple(each.camera_id for each in r.sample(streets, 5)), states=(r.choice(EVERY_STATE),)
        ),
        "unit": lambda r: CaseQuery(units=(r.choice(UNITS),)),
        "unit, state and kind": lambda r: CaseQuery(
            units=(r.choice(UNITS),), states=(CaseState.DISPATCHED,), kinds=(r.choice(KINDS)[0],)
        ),
        "late": lambda r: CaseQuery(due_before=NOW, units=(r.choice(UNITS),) if r.random() < 0.5 else ()),
        "late, own stages too": lambda _: CaseQuery(due_before=NOW, late_stages=(StageSpan("filed", NOW - STAGE),)),
        "inbox": lambda r: CaseQuery(inbox=inbox_of(Doer("王", frozenset({r.choice(tuple(Post))}), r.choice(UNITS)))),
        "day": lambda r: _since(r, cases, days=1),
        "month and kind": lambda r: _since(r, cases, days=30, kinds=(r.choice(KINDS)[0],)),
        "month, unit and state": lambda r: _since(r, cases, days=30, units=(r.choice(UNITS),), states=EVERY_STATE[4:]),
        "deep": lambda r: CaseQuery(after=_place(r, cases)),
        "deep and state": lambda r: CaseQuery(after=_place(r, cases), states=(r.choice(EVERY_STATE),)),
    }
    yield from _many(count, makes, seed=1)


def searches(count: int, cases: int, streets: list[CameraOfCity]) -> Iterator[tuple[str, CaseQuery]]:
    """Yield `count` searches with their kinds: words of every length and rarity, alone or with filters."""
    makes: dict[str, Make] = {
        "number": lambda r: CaseQuery(text=_number(r, cases)),
        "end of a number": lambda r: CaseQuery(text=_number(r, cases)[-5:]),
        "day in numbers": lambda r: CaseQuery(text=_number(r, cases)[2:10]),
        "three digits": lambda r: CaseQuery(text=f"{r.randrange(1000):03d}"),
        "code": lambda r: CaseQuery(text=r.choice(KINDS)[1]),
        "road": lambda r: CaseQuery(text=r.choice(ROADS) + "路"),
        "common character": lambda r: CaseQuery(text=r.choice("路门口站园东西号人道")),
        "rare character": lambda r: CaseQuery(text=r.choice(RARE)),
        "two characters": lambda r: CaseQuery(text=r.choice((*ROADS, *SPOTS))[:2]),
        "camera name": lambda r: CaseQuery(text=r.choice(streets).name),
        "part of a camera name": lambda r: CaseQuery(text=r.choice(streets).name[-6:]),
        "number that was read": lambda r: CaseQuery(reading="138" + _number(r, cases)[6:]),
        "nowhere": lambda r: CaseQuery(text=r.choice(("没有这样的地方", "龘", "不在", "zebra", "999999999"))),
        "road and state": lambda r: CaseQuery(text=r.choice(ROADS) + "路", states=(r.choice(EVERY_STATE),)),
        "spot and month": lambda r: _since(r, cases, days=30, text=r.choice(SPOTS)),
        "spot, kind and unit": lambda r: CaseQuery(
            text=r.choice(SPOTS), kinds=(r.choice(KINDS)[0],), units=(r.choice(UNITS),)
        ),
    }
    yield from _many(count, makes, seed=2)


def _many(count: int, makes: dict[str, Make], *, seed: int) -> Iterator[tuple[str, CaseQuery]]:
    random_ = random.Random(seed)  # noqa: S311 - nothing secret
    names = list(makes)
    for number in range(count):
        name = names[number % len(names)]
        yield name, makes[name](random_)


def _days(cases: int) -> int:
    return max(2, int(cases / CASES_A_DAY))


def _since(random_: random.Random, cases: int, *, days: int, **filters: object) -> CaseQuery:
    begins = NOW - timedelta(days=random_.randrange(1, _days(cases)))
    return CaseQuery(raised_from=begins, raised_before=begins + timedelta(days=days), **filters)  # type: ignore[arg-type]


def _place(random_: random.Random, cases: int) -> CasePlace:
    return CasePlace(NOW - timedelta(days=random_.randrange(_days(cases))), "8")


def _number(random_: random.Random, cases: int) -> str:
    day = NOW - timedelta(days=random_.randrange(1, _days(cases)))
    return f"SW{day:%Y%m%d}{random_.randrange(1, int(CASES_A_DAY)):04d}"
