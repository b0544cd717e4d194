"""The tables of the database; their rows stay inside this package and leave it as frozen records.

Every change here needs a revision in `cases/migrations/versions`; a test compares the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Computed,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from cases.spots import MAX_ADDRESS_LENGTH, MAX_DISTRICT_LENGTH, MAX_GRID_LENGTH, MAX_UNIT_LENGTH

MAX_ID_LENGTH = 128
MAX_NAME_LENGTH = 200

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints get names that every database agrees on, so that a later migration can find them."""


SEARCHED_NAMES = "lower(code || ' ' || camera_name || ' ' || zone_name || ' ' || address)"
"""What `CaseRow.names` holds; the database itself keeps it in step. Numbers are searched in another way."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time in and out, also where the database (SQLite) forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time to UTC; a naive one is refused, as nobody can tell what it means."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a stored time must be aware, not {value!r}")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite dropped."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The tables' common ground."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, list[Any]: JSON, dict[str, Any]: JSON}  # noqa: RUF012 - SQLAlchemy's way


class CaseRow(Base):
    """One case."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(String(MAX_ID_LENGTH), primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    event_id: Mapped[str] = mapped_column(String(MAX_ID_LENGTH), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    camera_id: Mapped[str] = mapped_column(String(MAX_ID_LENGTH))
    camera_name: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH))
    zone_id: Mapped[str] = mapped_column(String(MAX_ID_LENGTH))
    zone_name: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH))
    zone_version: Mapped[int]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    position_error_m: Mapped[float | None]
    cell: Mapped[int | None] = mapped_column(BigInteger)
    grid: Mapped[str] = mapped_column(String(MAX_GRID_LENGTH))
    area: Mapped[str] = mapped_column(String(MAX_GRID_LENGTH))
    district: Mapped[str] = mapped_column(String(MAX_DISTRICT_LENGTH))
    address: Mapped[str] = mapped_column(String(MAX_ADDRESS_LENGTH))
    proposed_unit: Mapped[str] = mapped_column(String(MAX_UNIT_LENGTH))
    kinship: Mapped[str] = mapped_column(String(16))
    kin: Mapped[str] = mapped_column(String(MAX_ID_LENGTH))
    kinship_sure: Mapped[bool]
    kinship_why: Mapped[str] = mapped_column(String(32))
    cases_before: Mapped[int]
    started_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    box_x1: Mapped[float]
    box_y1: Mapped[float]
    box_x2: Mapped[float]
    box_y2: Mapped[float]
    class_label: Mapped[str] = mapped_column(String(32))
    score: Mapped[float]
    reasons: Mapped[list[Any]]
    reviewed_by: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH))
    reviewed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int]
    audit_rows: Mapped[int]
    names: Mapped[str] = mapped_column(Text, Computed(SEARCHED_NAMES, persisted=True))

    # `cases.handling.Handling`, field by field
    condition: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(MAX_ID_LENGTH))
    handler: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH))
    parent_number: Mapped[str] = mapped_column(String(32))
    returned_from: Mapped[str] = mapped_column(String(16))
    rework_count: Mapped[int]
    supervision: Mapped[str] = mapped_column(String(64))
    suspended_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    running_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    spent_s: Mapped[float]
    overdue: Mapped[bool]
    extensions: Mapped[int]
    extension: Mapped[str] = mapped_column(String(16))
    appeal: Mapped[str] = mapped_column(String(16))
    appeal_first: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH))
    exempt: Mapped[bool]
    stage_since: Mapped[datetime | None]
    stage_spent_s: Mapped[float]
    complaint: Mapped[str] = mapped_column(String(16))
    answer: Mapped[str] = mapped_column(String(16))

    # `cases.closing.ClosingLook`, field by field
    closing_finding: Mapped[str] = mapped_column(String(16))
    closing_proposal: Mapped[str] = mapped_column(String(16))
    closing_looked_at: Mapped[datetime | None]
    closing_looks: Mapped[int]
    closing_round_at: Mapped[datetime | None]
    closing_delay: Mapped[str] = mapped_column(String(32))
    closing_tried_at: Mapped[datetime | None]

    doubted: Mapped[bool]

    packs: Mapped[list["PackRow"]] = relationship(order_by="PackRow.number", lazy="selectin")
    warnings: Mapped[list["WarningRow"]] = relationship(order_by="WarningRow.id", lazy="selectin")

    __table_args__ = (
        Index(None, "cell", "raised_at"),
        Index(None, "raised_at", "id"),
        Index(None, "state", "raised_at"),
        Index(None, "kind", "raised_at"),
        Index(None, "camera_id", "raised_at"),
        Index(None, "unit", "raised_at"),
        Index(None, "due_at"),
        Index(None, "suspended_until"),
        Index(None, "closing_proposal", "raised_at"),
        Index(None, "doubted", "raised_at"),
        Index(None, "state", "unit", "due_at"),
        Index(None, "state", "stage_since"),
    )


class CaseTallyRow(Base):
    """How many cases are in a state; triggers of the database keep it, in the transaction that changes the case.

    On PostgreSQL a state has several rows, so that two who change cases at once need not wait for each other (slot: the
    number of the server's process, modulo 64); what counts is their sum.
    """

    __tablename__ = "case_tallies"

    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)


class CaseCounterRow(Base):
    """The last case number of a day; counted inside the transaction that opens the case, so that none is left out."""

    __tablename__ = "case_counters"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]


class PackRow(Base):
    """One evidence pack."""

    __tablename__ = "packs"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int]
    purpose: Mapped[str] = mapped_column(String(32))
    folder: Mapped[str] = mapped_column(Text)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    written_at: Mapped[datetime]
    captured_at: Mapped[datetime]
    clock_error_s: Mapped[float]
    incomplete: Mapped[list[Any]]
    deleted_at: Mapped[datetime | None]
    deletion_rule: Mapped[str] = mapped_column(String(32), server_default="")
    deletion_pack: Mapped[int | None]

    files: Mapped[list["FileRow"]] = relationship(order_by="FileRow.id", lazy="selectin")

    __table_args__ = (UniqueConstraint("case_id", "number"),)


class FileRow(Base):
    """One file of an evidence pack."""

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(primary_key=True)
    pack_id: Mapped[int] = mapped_column(ForeignKey("packs.id"), index=True)
    name: Mapped[str] = mapped_column(String(96))
    role: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class MarkRow(Base):
    """One thing that a person set on a case and may lift again: a lock, a release, leave to see originals."""

    __tablename__ = "marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(16))
    set_by: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH))
    set_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime | None]
    detail: Mapped[dict[str, Any]]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH))
    lift_reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index(None, "case_id", "kind"),)


class ReadingRow(Base):
    """One thing that was read on the pictures of a case; it goes with them. See `cases.readings`."""

    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(64), index=True)
    shown: Mapped[str] = mapped_column(String(200))
    score: Mapped[float]


class WarningRow(Base):
    """One warning that was spoken, or tried, because of a case."""

    __tablename__ = "warnings"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    horn_id: Mapped[str] = mapped_column(String(MAX_ID_LENGTH))
    phrase: Mapped[str] = mapped_column(String(64))
    level: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    duration_s: Mapped[float]
    ok: Mapped[bool]
    detail: Mapped[str] = mapped_column(Text)
    codec: Mapped[str] = mapped_column(String(32))
    bytes_sent: Mapped[int] = mapped_column(BigInteger)
    audio_sha256: Mapped[str] = mapped_column(String(64))
    file: Mapped[str] = mapped_column(Text)


class AuditTableRow(Base):
    """One thing that happened to a case; only ever added."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    seq: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH))
    action: Mapped[str] = mapped_column(String(32))
    from_state: Mapped[str] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("case_id", "seq"), Index(None, "to_state", "at"))


class PersonRow(Base):
    """One account."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(Text)
    disabled: Mapped[bool]
    created_at: Mapped[datetime]
    password_number: Mapped[int]
    posts: Mapped[list[Any]]
    unit: Mapped[str] = mapped_column(String(MAX_ID_LENGTH))


class OutboxTargetRow(Base):
    """One receiver outside, as the settings of the last start name it; inactive once they name it no more."""

    __tablename__ = "outbox_targets"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    wants: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool]


class OutboxRow(Base):
    """One event that one receiver is to be told, and what became of it."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(ForeignKey("outbox_targets.name"))
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    seq: Mapped[int]
    event: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int]
    queued_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("target", "case_id", "seq"), Index(None, "target", "state", "id"))


class ReceivedFormRow(Base):
    """One exchange form that came from outside, also one that was refused (`attempt` above 0); only ever added."""

    __tablename__ = "received_forms"

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(String(64))
    case_number: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(32))
    sequence: Mapped[int]
    attempt: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("sender", "case_number", "form", "sequence", "attempt"),)
