"""Draws the cameras of the power-cut benchmark live, and knows which vehicle stood where and when.

Every camera shows one yard with many bays. Which bay is taken is a function of the wall clock alone, so that a service
that was killed and started again meets the same vehicles, as in a real street, and so that each case can be told to be
the one vehicle it must be of. `VehicleFinder` stands for the model: it finds the drawn vehicles by their colour.

Belongs here: pictures and the truth behind them. Does not: the service (powercut_service), judging (powercut_checks).
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import av
import cv2
import numpy as np
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from datasets.synthetic import BUFFER_BYTES, PROBE_OPTIONS
from vision.arrays import Picture, SizeWH
from vision.classes import StreetClass
from vision.closer_look import Look
from vision.detections import Detections
from vision.frames import Frame

SIZE_WH: SizeWH = (320, 192)
FPS = 8
COLUMNS, ROWS = 5, 4
BAYS = COLUMNS * ROWS
VEHICLE_WH = (36, 18)
STAYS_S, PERIOD_S = 24.0, 100.0
"""A bay is empty for much longer than it is taken, so that no vehicle is taken for the one before it."""

GOLDEN = 0.618033988749895
"""Multiples of it, less their whole part, lie evenly: vehicles come at all times (Weyl's equidistribution)."""

CELL_PX = 6
REDS, REDNESS = (130, 251), 120
"""Each cell of a vehicle's paint has its own red, between these; green and blue are less by the redness."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle that stood in a bay from one wall time to another, in Unix seconds."""

    camera: int
    bay: int
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Yards:
    """All cameras: how many, and the Unix time from which on vehicles come."""

    cameras: int
    began_s: float

    def url(self, camera: int) -> str:
        """Return the URL that `open_yard` opens."""
        return f"synthetic://yard?camera={camera}&began={self.began_s:.3f}"

    def standing(self, camera: int, at_s: float) -> list[Vehicle]:
        """Return what stands before a camera at a time."""
        found = (self._visit(camera, bay, at_s) for bay in range(BAYS))
        return [vehicle for vehicle in found if vehicle is not None and vehicle.from_s <= at_s < vehicle.to_s]

    def vehicle_of(self, camera: int, box: tuple[float, float, float, float], at_s: float) -> Vehicle | None:
        """Return the vehicle that a box is of, which stood at a time or had left shortly before; None for no vehicle.

        Args:
            camera: which one.
            box: (x1, y1, x2, y2) in pixels of the whole picture.
            at_s: Unix seconds.
        """
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        for bay in range(BAYS):
            left, top, right, bottom = bay_box(bay)
            if left <= x <= right and top <= y <= bottom:
                return self._visit(camera, bay, at_s)
        return None

    def between(self, from_s: float, to_s: float) -> Iterator[Vehicle]:
        """Yield the vehicles that stood during the whole of a time."""
        for camera in range(self.cameras):
            yield from (vehicle for vehicle in self.standing(camera, from_s) if vehicle.to_s >= to_s)

    def came_between(self, from_s: float, to_s: float) -> list[Vehicle]:
        """Return the vehicles that came within a time shorter than a period."""
        bays = ((camera, bay) for camera in range(self.cameras) for bay in range(BAYS))
        newest = (self._visit(camera, bay, to_s) for camera, bay in bays)
        return [vehicle for vehicle in newest if vehicle is not None and from_s <= vehicle.from_s]

    def _visit(self, camera: int, bay: int, at_s: float) -> Vehicle | None:
        """Return the newest vehicle that came into a bay up to a time."""
        first_s = self.began_s + PERIOD_S * ((camera * BAYS + bay) * GOLDEN % 1)
        number = (at_s - first_s) // PERIOD_S
        if number < 0:
            return None
        from_s = first_s + number * PERIOD_S
        return Vehicle(camera, bay, from_s, from_s + STAYS_S)


def bay_box(bay: int) -> tuple[int, int, int, int]:
    """Return (x1, y1, x2, y2) of a bay in pixels."""
    column, row = bay % COLUMNS, bay // COLUMNS
    width, height = SIZE_WH[0] // COLUMNS, SIZE_WH[1] // ROWS
    x, y = column * width + (width - VEHICLE_WH[0]) // 2, row * height + (height - VEHICLE_WH[1]) // 2
    return x, y, x + VEHICLE_WH[0], y + VEHICLE_WH[1]


class VehicleFinder:
    """Finds the drawn vehicles in pictures; stands for the model, and is as sure as one that is right."""

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        """See `pipeline.inference.Looker`; closer looks are not asked for here."""
        return [_found(look.bgr(SIZE_WH), look.size_wh) for look in frames if isinstance(look, Frame)]


def open_yard(url: str, settings: object = None) -> InputContainer:
    """Open a drawn camera as libav opens a real one; see `streams.opening.StreamOpener`."""
    del settings
    told = parse_qs(urlsplit(url).query)
    camera, began_s = int(told["camera"][0]), float(told["began"][0])
    return av.open(_Camera(camera, Yards(100, began_s)), "r", "mpegts", options=PROBE_OPTIONS, buffer_size=BUFFER_BYTES)


class _Camera:
    """A file that libav reads a live transport stream from; one thread may call `read`, any may `close`."""

    name = "yard"

    def __init__(self, camera: int, yards: Yards) -> None:
        self._camera, self._yards = camera, yards
        self._closed = threading.Event()
        self._ground = _ground(camera)
        self._parts: list[bytes] = []
        self._left = b""
        self._number = 0
        self._began_s = time.monotonic()
        self._container: OutputContainer = av.open(self, "w", "mpegts", options={"flush_packets": "1"})
        options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "28", "x264-params": f"keyint={FPS}:scenecut=0"}
        self._stream: VideoStream = self._container.add_stream("libx264", rate=Fraction(FPS), options=options)
        self._stream.width, self._stream.height = SIZE_WH
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.thread_count = 1

    def write(self, data: bytes) -> int:
        """Take what the muxer makes."""
        self._parts.append(bytes(data))
        return len(data)

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, waiting until there are some; nothing once it is closed."""
        while not self._left:
            due_s = self._began_s + self._number / FPS - time.monotonic()
            if self._closed.wait(max(0.0, due_s)):
                return b""
            frame = av.VideoFrame.from_ndarray(self._picture(time.time()), format="bgr24")
            frame.pts = self._number
            self._container.mux(self._stream.encode(frame))
            self._number += 1
            self._left, self._parts = b"".join(self._parts), []
        head, self._left = self._left[:size], self._left[size:]
        return head

    def close(self) -> None:
        """End a waiting `read` at once."""
        self._closed.set()

    def _picture(self, at_s: float) -> Picture:
        bgr = self._ground.copy()
        for vehicle in self._yards.standing(self._camera, at_s):
            left, top, right, bottom = bay_box(vehicle.bay)
            bgr[top:bottom, left:right] = _paint(vehicle)
        return bgr


def _ground(camera: int) -> Picture:
    rng = np.random.default_rng(camera)
    coarse = rng.integers(90, 150, (SIZE_WH[1] // 8, SIZE_WH[0] // 8, 1))
    return np.kron(coarse, np.ones((8, 8, 3))).astype(np.uint8)


def _paint(vehicle: Vehicle) -> Picture:
    """Return the pixels of a vehicle: no two that came after each other into a bay look alike, as on a real street."""
    rng = np.random.default_rng((vehicle.camera, vehicle.bay, int(vehicle.from_s)))
    reds = rng.integers(*REDS, (VEHICLE_WH[1] // CELL_PX, VEHICLE_WH[0] // CELL_PX))
    cells = np.stack((reds - REDNESS, reds - REDNESS, reds), axis=-1)
    return np.kron(cells, np.ones((CELL_PX, CELL_PX, 1))).astype(np.uint8)


def _found(bgr: Picture, size_wh: SizeWH) -> Detections:
    red = (bgr[..., 2].astype(np.int16) - bgr[..., 1] > 60).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(red)
    scale_x, scale_y = size_wh[0] / SIZE_WH[0], size_wh[1] / SIZE_WH[1]
    rows = []
    for x, y, width, height, area in stats[1:count].tolist():
        if area > VEHICLE_WH[0] * VEHICLE_WH[1] / 2:
            box = (x * scale_x, y * scale_y, (x + width) * scale_x, (y + height) * scale_y)
            rows.append((box, 0.9, int(StreetClass.CAR)))
    return Detections.of(rows)
