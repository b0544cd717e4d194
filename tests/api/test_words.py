"""The page's words: both languages, none missing, none forgotten, one for every value that the server can send."""

import ast
import importlib
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from api.app import WEB_FOLDER
from api.errors import ApiError
from broadcast import errors as horn_errors
from broadcast.errors import BroadcastError
from broadcast.horn_worker import MORE_URGENT, HornState
from broadcast.ladder import CAME_BACK, CAMERA_AWAY
from broadcast.play_limit import PlayLimit
from broadcast.quiet_hours import NIGHT, quiet_refusal
from broadcast.settings import LadderSettings
from cases.blocks import BLOCKED
from cases.closing import LOOK, LOOK_DELAYED, ClosingProposal, Cues, Delay, Finding, weigh
from cases.completeness import Shortfall
from cases.errors import (
    BackupError,
    CalendarError,
    CasesError,
    CodeTableError,
    CoordinatesError,
    MigrationError,
    PlaceError,
    PlaceFileError,
)
from cases.examining import EXAMINE, Verdict
from cases.handling import Request, Supervision
from cases.kinship import REASONS
from cases.lights import Light
from cases.packs import PackPurpose, PartRole
from cases.posts import Post
from cases.records import (
    ADD_PACK,
    DELETE,
    END,
    EXPORT,
    LOCK,
    OPEN,
    RELEASE,
    UNLOCK,
    VIEW,
    WITHDRAW_RELEASE,
)
from cases.releases import SENTENCES
from cases.said import SENTENCES as SAID
from cases.said import said_by_program
from cases.spots import Kinship
from cases.stages import Form
from cases.states import Action, CaseState, Detail
from cases.timekeeping import TIME_IS_UP, UNTIL_CAME
from datasets.corrections import Cause
from datasets.errors import DatasetError
from datasets.label_sets import Showing
from datasets.sheets import BoxState, How
from detectors.catalog import RULES
from detectors.errors import DayError, DetectorError, DoorLineError, TimeOfDayError
from pipeline.errors import PipelineError, SettingsError
from pipeline.false_alarms import MEMORY
from pipeline.intake import CORRUPT, FAILED, NOT_DUE, REPLACED, STALE
from pipeline.language_model import LANGUAGE_MODEL
from pipeline.larger_model import LARGER_MODEL
from pipeline.merging import SAME_OFFENCE
from pipeline.plate_examiner import NAME as PLATES
from pipeline.poster_examiner import NAME as POSTERS
from pipeline.recorder import FAULT, LITTLE_ROOM
from pipeline.speaking import NO_HORN
from pipeline.trial_records import CaveatCode
from streams.errors import StreamError
from streams.gears import Gear
from streams.health import CameraState, KeyFault
from streams.rtsp_messages import NO_RTSP
from vision.classes import StreetClass
from vision.error_codes import code_of
from vision.observations import ViewState

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CAMERA_STATES = [*get_args(CameraState), "removed"]
GEARS = list(get_args(Gear.__dataclass_fields__["mode"].type))
LATER_PURPOSES = [PackPurpose.AFTER_WARNING, PackPurpose.CLOSING]


SPEAKING = ["HornUnavailableError", "HornBusyError", "HornAuthError", "HornRefusedError", "HornProtocolError"]
FROM_THE_CLIENT = {
    "RtspFormatError": "HornProtocolError",
    "RtspLengthError": "HornProtocolError",
    "NoRtspError": "HornProtocolError",
    "UnknownSignInError": "HornRefusedError",
}
"""What the RTSP client of cameras and horns raises, and what a horn makes of it."""

BEFORE_THE_PAGE = {
    BackupError,
    CalendarError,
    SettingsError,
    CodeTableError,
    MigrationError,
    DayError,
    DoorLineError,
    TimeOfDayError,
    PlaceError,
    PlaceFileError,
    CoordinatesError,
}
"""These stop the program before there is a page, belong to a command, or come as a mistake in a field (`invalid.*`)."""


def words() -> dict[str, list[str]]:
    text = (WEB_FOLDER / "text.js").read_text(encoding="utf-8")
    table = text[text.index("{", text.index("WORDS =")) : text.index("\n};") + 2]
    return json.loads(re.sub(r",(\s*[}\]])", r"\1", table))


def scripts() -> list[Path]:
    return sorted(WEB_FOLDER.glob("*.js"))


def code() -> str:
    """All scripts without the table of words."""
    texts = [path.read_text(encoding="utf-8") for path in scripts()]
    return "\n".join(re.sub(r"WORDS = \{.*?\n\};", "", text, flags=re.S) for text in texts)


def test_every_key_has_words_in_both_languages() -> None:
    assert all(len(pair) == 2 and all(pair) for pair in words().values())


def test_both_languages_have_the_same_places_to_fill_in() -> None:
    def places(text: str) -> list[str]:
        return sorted(re.findall(r"\{(\w+)\}", text))

    assert [key for key, (zh, en) in words().items() if places(zh) != places(en)] == []


def test_chinese_is_chinese_and_english_is_not() -> None:
    others = {"bar.language"}  # names the other language
    table = words()
    assert [key for key, (_, en) in table.items() if CHINESE.search(en) and key not in others] == []
    without = [key for key, (zh, _) in table.items() if not CHINESE.search(zh) and re.search(r"[A-Za-z]", zh)]
    assert [key for key in without if key not in others and not re.fullmatch(r"[{}\w，、：]+", table[key][0])] == []


def test_every_key_that_is_used_has_words() -> None:
    used = set(re.findall(r"""\bt\(\s*["']([\w.]+)["']""", code()))

    assert used - words().keys() == set()


def test_every_word_is_used() -> None:
    text = code()
    literal = set(re.findall(r"""["']([a-z]\w*\.\w+)["']""", text))
    literal |= {f"{family}.{key}" for family, key, _ in SAID}
    families = set(re.findall(r"""\bword\(\s*["'](\w+)["']""", text)) | set(re.findall(r"""has\(`(\w+)\.""", text))
    unused = {key for key in words() if key not in literal and key.split(".")[0] not in families}

    assert unused == set()


def test_page_holds_no_words_outside_the_table() -> None:
    lines = [line for path in scripts() for line in path.read_text(encoding="utf-8").splitlines()]
    table = {json.dumps(word, ensure_ascii=False) for pair in words().values() for word in pair}
    outside = [line for line in lines if CHINESE.search(line) and not any(word in line for word in table)]

    assert outside == []
    assert not CHINESE.search((WEB_FOLDER / "index.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("state", list(CaseState)),
        ("action", [each for each in Action if each is not Action.RESOLVE] + [LOCK, UNLOCK, RELEASE, WITHDRAW_RELEASE]),
        ("blocked", BLOCKED),
        ("detail", [*Detail, "reason"]),
        ("detailfault", ["missing", "not_wanted", "too_long", "out_of_range"]),
        ("form", list(Form)),
        ("post", list(Post)),
        ("request", [step for step in Request if step]),
        ("supervision", list(Supervision)),
        ("kin", list(REASONS)),
        ("kinship", [f"{kin}{sure}" for kin in (Kinship.SAME, Kinship.RECURRENCE) for sure in ("", "_sure")]),
        ("light", list(Light)),
        ("weekday", range(1, 8)),
        ("happened", [*Action, OPEN, ADD_PACK, END, EXPORT, VIEW, LOCK, UNLOCK, DELETE, RELEASE, WITHDRAW_RELEASE]),
        ("happened", [LOOK, LOOK_DELAYED, EXAMINE]),
        ("examverdict", list(Verdict)),
        ("examiner", [MEMORY, LARGER_MODEL, LANGUAGE_MODEL, PLATES, POSTERS]),
        ("finding", list(Finding)),
        ("proposal", [each for each in ClosingProposal if each]),
        ("delay", list(Delay)),
        ("role", list(PartRole)),
        ("hindrance", list(SENTENCES)),
        ("purpose", LATER_PURPOSES),
        ("label", [kind.label for kind in StreetClass]),
        ("camera", CAMERA_STATES),
        ("gear", GEARS),
        ("hornstate", list(get_args(HornState))),
        ("missing", list(Shortfall)),
        ("view", list(ViewState)),
        ("offence", list(RULES)),
        ("sessionrole", ["viewer", "operator", "admin"]),
        ("dropped", [REPLACED, STALE, NOT_DUE, FAILED, CORRUPT]),
        ("keyfault", [fault for fault in get_args(KeyFault) if fault]),
        ("correction", list(Cause)),
        ("showing", list(Showing)),
        ("trialcaveat", list(get_args(CaveatCode))),
        ("machine", [LITTLE_ROOM, FAULT]),
        ("how", list(get_args(How))),
        ("boxstate", [BoxState.PROPOSED, BoxState.CONFIRMED]),
    ],
)
def test_every_value_of_the_server_has_a_word(family: str, values: list[str]) -> None:
    assert [value for value in values if f"{family}.{value}" not in words()] == []


def test_every_reason_of_an_examiner_has_a_sentence() -> None:
    folder = WEB_FOLDER.parent.parent / "pipeline"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    used = set(re.findall(r'(?:ExaminerError\(|Verdict\.[A-Z]+, )"(\w+)"', text))

    assert len(used) > 12
    assert sorted(reason for reason in used if f"examined.{reason}" not in words()) == []


def kinds_of(base: type[Exception]) -> set[type[Exception]]:
    return {base}.union(*(kinds_of(kind) for kind in base.__subclasses__()))


BASES = (ApiError, PipelineError, CasesError, BroadcastError, StreamError, DetectorError, DatasetError)


@pytest.mark.parametrize("base", BASES)
def test_every_error_that_can_reach_the_page_has_a_sentence(base: type[Exception]) -> None:
    importlib.import_module("api.app")  # knows every module that defines an error
    ours = {kind for kind in kinds_of(base) if not kind.__module__.startswith("tests.")}
    codes = {kind.code if issubclass(kind, ApiError) else code_of(kind) for kind in ours - BEFORE_THE_PAGE}

    assert sorted(code for code in codes if f"problem.{code}" not in words()) == []


def test_no_two_errors_have_the_same_code() -> None:
    importlib.import_module("api.app")
    kinds = {kind for base in BASES for kind in kinds_of(base) if not kind.__module__.startswith("tests.")}
    codes = Counter(kind.code if issubclass(kind, ApiError) else code_of(kind) for kind in kinds - {ApiError})

    assert [code for code, count in codes.items() if count > 1] == []


VIEWS = ("pipeline/camera_views.py", "pipeline/turning.py")


def test_every_code_without_a_class_has_a_sentence() -> None:
    folder = WEB_FOLDER.parent.parent
    text = "".join(
        (folder / path).read_text()
        for path in (
            "api/problems.py",
            "pipeline/shard.py",
            "pipeline/system.py",
            "pipeline/room.py",
            "pipeline/recorder.py",
            "pipeline/outward/post_office.py",
            "pipeline/examining.py",
            *VIEWS,
        )
    )
    codes = set(re.findall(r'code="(\w+)"', text)) | set(re.findall(r'SystemProblem\("(\w+)"', text))
    codes |= set(re.findall(r'"(\w+)": self\._\w+\.problem', text))

    assert {"fault", "low_disk", "model_fails"} <= codes
    assert [code for code in codes if f"problem.{code}" not in words()] == []


def test_every_class_has_a_key_and_a_colour_of_its_own_in_the_editor() -> None:
    text = (WEB_FOLDER / "label_classes.js").read_text(encoding="utf-8")
    rows = re.findall(r'\{ name: "(\w+)", key: "(\w)", colour: "(#[0-9a-f]{6})" \}', text)

    assert [name for name, _, _ in rows] == [kind.label for kind in StreetClass]
    assert len({key for _, key, _ in rows}) == len({colour for _, _, colour in rows}) == len(rows)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_every_number_of_a_rule_has_a_word(rule: type[BaseModel]) -> None:
    numbers = [name for name, field in rule.model_fields.items() if field.annotation in {int, float}]

    assert numbers
    assert [name for name in numbers if f"rule.{name}" not in words()] == []


def test_every_reason_that_a_detector_gives_has_words() -> None:
    folder = WEB_FOLDER.parent.parent / "detectors"
    given = {key for path in folder.glob("*.py") for key in re.findall(r'Reason\(\s*"(\w+)"', path.read_text())}

    assert given
    assert [key for key in given if f"reason.{key}" not in words()] == []


def test_every_measurement_of_a_look_after_dispatch_has_words() -> None:
    cues = [Cues(watched, 0.5, 0.5, 0.5) for watched in ("standing", "empty", "unknown")]  # type: ignore[arg-type]
    told = {measure.key for each in cues for measure in weigh(each).measures}

    assert [key for key in told if f"reason.{key}" not in words()] == []


def test_page_loads_nothing_from_elsewhere() -> None:
    own = {"http://www.w3.org/2000/svg"}  # a name, not an address that is fetched
    texts = [path.read_text(encoding="utf-8") for path in WEB_FOLDER.iterdir() if path.is_file()]
    found = {address for text in texts for address in re.findall(r"https?://[\w./-]+", text)}

    assert found - own == set()


def said_by_the_program() -> list[str]:
    """Sentences that the program writes into a case, made by the code that makes them wherever it can be called."""
    limit = PlayLimit(LadderSettings())
    for _ in range(LadderSettings().max_plays):
        limit.record("gate", 0.0)
    night = datetime(2026, 11, 21, 23, tzinfo=UTC)
    runner = (WEB_FOLDER.parent.parent / "pipeline" / "ladder_runner.py").read_text()
    left = re.findall(r'"(left \w+ \w+ warning)"', runner)
    worker = (WEB_FOLDER.parent.parent / "broadcast" / "horn_worker.py").read_text()
    cut = re.findall(r'cut_off\("([^"]+)"\)', worker) + re.findall(
        r'\(\(?(?:job|self\._waiting\.pop\(\)), "([^"]+)"\)', worker
    )
    assert (len(left), len(cut)) == (2, 5)
    late = "waited more than 60 s behind others"
    return [
        CAMERA_AWAY,
        CAME_BACK,
        NO_HORN,
        limit.refusal("gate", 1.0),
        quiet_refusal([NIGHT], ZoneInfo("UTC"), night),
        *left,
        *cut,
        MORE_URGENT,
        late,
        TIME_IS_UP,
        UNTIL_CAME,
        SAME_OFFENCE,
    ]


def said_by_horns() -> dict[str, set[str]]:
    """The sentences with which horns fail while they speak, by the code of their error; 7 for what is filled in."""
    found: dict[str, set[str]] = {}
    root = WEB_FOLDER.parent.parent
    for path in [*(root / "broadcast").glob("*.py"), *(root / "streams").glob("rtsp_*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=kind), args=[_, said]) if kind in SPEAKING:
                    pass
                case ast.Call(func=ast.Attribute(attr="_told"), args=[said]):
                    kind = "HornUnavailableError"
                case ast.Call(func=ast.Name(id=raised), args=[said]) if raised in FROM_THE_CLIENT:
                    kind = FROM_THE_CLIENT[raised]
                case _:
                    continue
            if sentence := sentence_of(said):
                found.setdefault(kind, set()).add(sentence)
    return found


def sentence_of(node: ast.expr) -> str:
    """What a literal says; nothing where the sentence is made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
        case ast.Name(id="NO_RTSP"):
            return NO_RTSP
    return ""


@pytest.mark.parametrize("kind", SPEAKING)
def test_what_a_horn_fails_with_has_the_words_of_its_error(kind: str) -> None:
    sentences = said_by_horns()[kind]
    found = {said: said_by_program(said) for said in sentences}
    keys = {said: f"{known.family}.{known.key}" if known else "" for said, known in found.items()}
    wanted = {f"problem.{code_of(getattr(horn_errors, kind))}", "said.program_stopped"}

    assert {said: key for said, key in keys.items() if key not in wanted} == {}


def test_what_the_program_writes_into_a_case_has_words() -> None:
    assert [said for said in said_by_the_program() if said_by_program(said) is None] == []
    assert [key for key in (f"{family}.{key}" for family, key, _ in SAID) if key not in words()] == []
