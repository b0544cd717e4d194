"""Keeps the clips that are being taken on the disk as they come, so that a crash costs a second of them and no more.

What a camera sends is held in memory; a clip is cut from it some seconds after its moment. Between the two a crash
would take it all. So what the clip needs is written down when the moment comes, and then four times a second what came
since, each time forced to the medium. The file goes when the clip has its row. One that is there at a start is of a
clip that a crash cut off: it ends there.

Belongs here: these files. Does not: what is made of them (later_pictures), their layout (streams.packet_log).
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cases.disk import way_out
from cases.records import case_id_of
from detectors.events import Event
from pipeline.agenda import Agenda
from streams.errors import ClipError, StreamError
from streams.packet_log import append_to_log, begin_log, read_log
from streams.packets import Segment, StreamFormat

logger = logging.getLogger(__name__)

SPOOL_EVERY_S = 0.25
"""A crash loses so much of a clip, and what the disk takes to write it: together below a second."""

_EVENTS = TypeAdapter(Event)


@dataclass(frozen=True, slots=True)
class Spooled:
    """A clip as far as it is on the disk."""

    event: Event
    segment: Segment


@dataclass(slots=True)
class _Open:
    """A clip that is being taken: its format, and the decoding stamp of the last packet that is on the disk."""

    event: Event
    format: StreamFormat
    last_dts: int


class ClipSpool:
    """The clips that are being taken. One thread begins and forgets them, that of the agenda writes them on.

    Args:
        folder: one file per clip; it is made.
        cut: returns what the clip of an event holds by now; raises a `StreamError` where the camera has nothing of it.
        agenda: on whose thread clips are written on: one of its own, as evidence that is being written takes its time.
    """

    def __init__(self, folder: Path, cut: Callable[[Event], Segment], agenda: Agenda) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._cut = cut
        self._agenda = agenda
        self._lock = threading.Lock()  # held while a clip is written on, so that none comes back that is forgotten
        self._open: dict[str, _Open] = {}
        self._is_due = False
        self._of_before = {path.stem for path in folder.glob("*.packets")}

    def begin(self, event: Event) -> None:
        """Write down what there is of the clip of an event, and go on with what comes; says it where it cannot.

        What is there of before the start stays, if it is of this moment: an event whose case a crash prevented is
        raised anew where no checkpoint held that it had been.
        """
        case_id = case_id_of(event.event_id)
        if case_id in self._of_before:
            spooled = self.read(case_id)
            if spooled is not None and spooled.event.captured_at == event.captured_at:
                return
        try:
            segment = self._cut(event)
            begin_log(self._path(case_id), segment, _EVENTS.dump_json(event).decode())
        except StreamError as err:
            logger.debug("case %s: nothing of its clip yet: %s", case_id, err)
        except OSError as err:
            self._of_before.discard(case_id)
            logger.warning("case %s: a crash now would lose its clip: %s", case_id, way_out(err))
        else:
            self._of_before.discard(case_id)
            with self._lock:
                self._open[case_id] = _Open(event, segment.format, segment.packets[-1].dts)
                self._go_on()

    def is_of_before(self, case_id: str) -> bool:
        """Return whether what is on the disk of a case's clip was written before the start."""
        return case_id in self._of_before

    def read(self, case_id: str) -> Spooled | None:
        """Return what is on the disk of a case's clip, None where there is nothing that can be read."""
        try:
            segment, about = read_log(self._path(case_id))
            return Spooled(_EVENTS.validate_json(about), segment)
        except FileNotFoundError:
            return None
        except (OSError, ClipError, ValidationError) as err:
            logger.warning("case %s: what was kept of its clip cannot be read: %s", case_id, err)
            return None

    def of_before(self) -> Iterator[tuple[str, Spooled | None]]:
        """Yield the clips that were being taken before the start, by case id, with what is on the disk of each."""
        for case_id in sorted(self._of_before):
            yield case_id, self.read(case_id)

    def forget(self, case_id: str) -> None:
        """Remove what was kept of a clip that has its row, or that nobody needs."""
        self._of_before.discard(case_id)
        with self._lock:
            self._open.pop(case_id, None)
            try:
                self._path(case_id).unlink(missing_ok=True)
            except OSError as err:  # of no harm: the next start finds that the case has its clip
                logger.warning(
                    "case %s: what was kept of its clip stays in %s: %s", case_id, self._folder, way_out(err)
                )

    def _go_on(self) -> None:
        if self._open and not self._is_due:
            self._is_due = True
            self._agenda.after(SPOOL_EVERY_S, "clips: what came since", self._write_on)

    def _write_on(self) -> None:
        try:
            for case_id in list(self._open):
                with self._lock:
                    self._write_one(case_id)
        finally:
            with self._lock:
                self._is_due = False
                self._go_on()

    def _write_one(self, case_id: str) -> None:
        clip = self._open.get(case_id)
        if clip is None:  # it was forgotten meanwhile
            return
        try:
            self._append(case_id, clip)
        except StreamError as err:
            logger.debug("case %s: its clip is not written on: %s", case_id, err)
            del self._open[case_id]
        except OSError as err:
            logger.warning("case %s: a crash now would cut its clip short: %s", case_id, way_out(err))
            del self._open[case_id]

    def _append(self, case_id: str, clip: _Open) -> None:
        segment = self._cut(clip.event)
        if segment.format != clip.format:
            return
        packets = [packet for packet in segment.packets if packet.dts > clip.last_dts]
        if packets:
            append_to_log(self._path(case_id), packets)
            clip.last_dts = packets[-1].dts

    def _path(self, case_id: str) -> Path:
        return self._folder / f"{case_id}.packets"
