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

MAX_ID_LENGTH = 128
MAX_NAME_LENGTH = 200

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints get names that every database agrees on, so that a later migration can find them."""


SEARCHED_NAMES = "lower(code || ' ' || camera_name || ' ' || zone_name)"
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
    unit: Mapped[str] = mapped_column(String(MAX_ID_LENGTH), default="")
    due_at: Mapped[datetime | None] = mapped_column(default=None)
    names: Mapped[str] = mapped_column(Text, Computed(SEARCHED_NAMES, persisted=True))

    packs: Mapped[list["PackRow"]] = relationship(order_by="PackRow.number", lazy="selectin")
    warnings: Mapped[list["WarningRow"]] = relationship(order_by="WarningRow.id", lazy="selectin")

    __table_args__ = (
        Index(None, "raised_at", "id"),
        Index(None, "state", "raised_at"),
        Index(None, "kind", "raised_at"),
        Index(None, "camera_id", "raised_at"),
        Index(None, "unit", "raised_at"),
        Index(None, "state", "unit", "due_at"),
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

    __table_args__ = (UniqueConstraint("case_id", "seq"),)


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
