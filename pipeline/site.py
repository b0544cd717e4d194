"""Keeps the cameras and zones that people edit on the page, as JSON in the data folder.

The settings file says what a site begins with; what is edited here goes before it. The highest version of each zone's
id is remembered although the zone or its camera is removed: evidence says "zone-1 v2", which is to mean one polygon.
"""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from detectors.catalog import ZoneSettings, ZonesFile, load_zones
from pipeline.camera_settings import CameraEntry
from pipeline.errors import DuplicateCameraError, SettingsError
from pipeline.settings import explain
from pipeline.whole_files import write_whole
from streams.errors import UnknownCameraError


class _CamerasFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    added: tuple[CameraEntry, ...] = ()
    removed: tuple[str, ...] = ()


class _VersionsFile(BaseModel):
    """The highest version that each zone had, by camera and zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zones: Mapping[str, Mapping[str, PositiveInt]] = {}


_File = TypeVar("_File", bound=BaseModel)


class Site:
    """The cameras and zones in force; its methods may be called from any thread."""

    def __init__(self, folder: Path, configured: Sequence[CameraEntry]) -> None:
        """Read what was edited before.

        Raises:
            SettingsError: a file in `folder` is not what this program writes.
            DetectorError: a zones file is not valid; the message names it.
            OSError: the folder cannot be made.
        """
        (folder / "zones").mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._configured = frozenset(entry.id for entry in configured)
        self._edited = self._read("cameras.json", _CamerasFile)
        self._versions = self._read("zone_versions.json", _VersionsFile)
        gone = set(self._edited.removed)
        self._cameras = {c.id: c for c in (*configured, *self._edited.added) if c.id not in gone}
        self._zones = {entry.id: self._read_zones(entry) for entry in self._cameras.values()}

    def cameras(self) -> tuple[CameraEntry, ...]:
        """Return all cameras, those of the settings file first."""
        with self._lock:
            return tuple(self._cameras.values())

    def camera(self, camera_id: str) -> CameraEntry:
        """Return one camera.

        Raises:
            UnknownCameraError: there is none of that id.
        """
        with self._lock:
            if camera_id not in self._cameras:
                raise UnknownCameraError(camera_id)
            return self._cameras[camera_id]

    def add(self, entry: CameraEntry) -> None:
        """Add a camera and keep it.

        Raises:
            DuplicateCameraError: the id is taken.
            DetectorError: its zones file is not valid; nothing was added.
            OSError: it cannot be kept; nothing was added.
        """
        zones = self._read_zones(entry)
        with self._lock:
            if entry.id in self._cameras:
                raise DuplicateCameraError(entry.id)
            removed = tuple(i for i in self._edited.removed if i != entry.id)
            self._write(_CamerasFile(added=(*self._edited.added, entry), removed=removed))
            self._cameras[entry.id] = entry
            self._zones[entry.id] = zones

    def remove(self, camera_id: str) -> None:
        """Remove a camera for good; one of the settings file stays away until it is added here again.

        Raises:
            UnknownCameraError: there is none of that id.
            OSError: it cannot be kept; nothing was removed.
        """
        with self._lock:
            if camera_id not in self._cameras:
                raise UnknownCameraError(camera_id)
            self._remember_versions(camera_id, self._zones[camera_id])
            added = tuple(c for c in self._edited.added if c.id != camera_id)
            removed = (*self._edited.removed, *({camera_id} & self._configured))
            self._write(_CamerasFile(added=added, removed=removed))
            del self._cameras[camera_id], self._zones[camera_id]
            self._zones_path(camera_id).unlink(missing_ok=True)

    def zones(self, camera_id: str) -> tuple[ZoneSettings, ...]:
        """Return a camera's zones: as edited, else as configured, else none.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        with self._lock:
            if camera_id not in self._zones:
                raise UnknownCameraError(camera_id)
            return self._zones[camera_id]

    def save_zones(self, camera_id: str, zones: Sequence[ZoneSettings]) -> tuple[ZoneSettings, ...]:
        """Keep a camera's zones; the version of each one that changed counts up, from where its id ever was.

        Returns:
            The zones as they are now in force.

        Raises:
            UnknownCameraError: there is no such camera.
            OSError: they cannot be kept; the old ones stay in force.
        """
        with self._lock:
            if camera_id not in self._zones:
                raise UnknownCameraError(camera_id)
            before = {zone.id: zone for zone in self._zones[camera_id]}
            highest = self._highest(camera_id)
            kept = tuple(_versioned(zone, before.get(zone.id), highest.get(zone.id, 0)) for zone in zones)
            self._remember_versions(camera_id, kept)
            write_whole(self._zones_path(camera_id), ZonesFile(zones=kept).model_dump_json(indent=2).encode())
            self._zones[camera_id] = kept
        return kept

    def _highest(self, camera_id: str) -> dict[str, int]:
        """Return the highest version that each zone of a camera had; those of the settings file count too."""
        highest = dict(self._versions.zones.get(camera_id, {}))
        for zone in self._zones[camera_id]:
            highest[zone.id] = max(zone.version, highest.get(zone.id, 0))
        return highest

    def _remember_versions(self, camera_id: str, zones: Iterable[ZoneSettings]) -> None:
        highest = self._highest(camera_id)
        for zone in zones:
            highest[zone.id] = max(zone.version, highest.get(zone.id, 0))
        if highest == self._versions.zones.get(camera_id, {}):
            return
        versions = _VersionsFile(zones={**self._versions.zones, camera_id: highest})
        write_whole(self._folder / "zone_versions.json", versions.model_dump_json(indent=2).encode())
        self._versions = versions

    def _read_zones(self, entry: CameraEntry) -> tuple[ZoneSettings, ...]:
        edited = self._zones_path(entry.id)
        if edited.exists():
            return load_zones(edited)
        return load_zones(entry.zones) if entry.zones else ()

    def _zones_path(self, camera_id: str) -> Path:
        return self._folder / "zones" / f"{camera_id}.json"

    def _read(self, name: str, kind: type[_File]) -> _File:
        path = self._folder / name
        try:
            return kind.model_validate_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return kind()
        except ValidationError as err:
            raise SettingsError(
                f"{path} cannot be used; mend what is named, or move it away:\n{explain(err)}"
            ) from None

    def _write(self, edited: _CamerasFile) -> None:
        text = json.dumps(edited.model_dump(mode="json"), ensure_ascii=False, indent=2)
        write_whole(self._folder / "cameras.json", text.encode())
        self._edited = edited


def _versioned(zone: ZoneSettings, before: ZoneSettings | None, highest: int) -> ZoneSettings:
    """Return a zone with the version to keep it under: its present one if nothing changed, else the next free one."""
    if before is not None and zone.model_copy(update={"version": before.version}) == before:
        return before
    return zone.model_copy(update={"version": highest + 1})
