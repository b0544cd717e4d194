"""Turns coordinates of any usual source into WGS-84, which is what is stored, and measures short ways on the ground.

A city's files come in WGS-84, CGCS2000, GCJ-02 (what Chinese web maps show) or in metres of a Gauss-Krueger zone. The
difference between CGCS2000 and WGS-84 is a few centimetres and is left out, as pyproj does. GCJ-02 is shifted by up to
700 m on purpose; it is never stored, only read and shown.

Belongs here: numbers of one place. Does not: polygons (geojson, grids), the picture of a camera (anchoring).
"""

import math
import re
from dataclasses import dataclass

from pyproj import Transformer
from pyproj.exceptions import CRSError, ProjError

from cases.errors import CoordinatesError

WGS84, CGCS2000, GCJ02 = "WGS-84", "CGCS2000", "GCJ-02"

EQUATOR_M, SQUARED_ECCENTRICITY = 6378137.0, 0.00669437999014
"""Half axis and squared eccentricity of WGS-84 (NIMA TR8350.2, 3rd edition, table 3.3)."""

CELLS_PER_DEGREE = 1000
"""Cells by which places are found; see `cell_of`."""

_SOUTH_CELLS, _ROW_CELLS = 90 * CELLS_PER_DEGREE, 1000 * CELLS_PER_DEGREE

GCJ02_ERROR_M = 5.0
"""The published formula only comes near to the secret one; who compared them found a few metres between the two."""

_KRASOVSKY_M, _KRASOVSKY_E2 = 6378245.0, 0.00669342162296594323
"""Ellipsoid of Krasovsky (1940), on which the formula of GCJ-02 reckons."""

_CHINA = (72.004, 137.8347, 0.8293, 55.8271)
"""West, east, south and north end of what GCJ-02 shifts."""

_NAMES = {"WGS84": WGS84, "CGCS2000": CGCS2000, "GCJ02": GCJ02, "CRS84": WGS84, "EPSG4326": WGS84, "EPSG4490": CGCS2000}
_EPSG = re.compile(r"EPSG:{1,2}(?P<code>\d{4,6})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Position:
    """A place on the ground.

    Attributes:
        longitude, latitude: degrees in WGS-84.
        error_m: how far off it may be, in metres; about two thirds of such places lie nearer.
    """

    longitude: float
    latitude: float
    error_m: float = 0.0

    def __post_init__(self) -> None:
        if not (abs(self.longitude) <= 180 and abs(self.latitude) <= 90):
            raise CoordinatesError(f"longitude {self.longitude} and latitude {self.latitude} are no place on earth")
        if not 0 <= self.error_m < math.inf:
            raise CoordinatesError(f"the error of a place is a number of metres, not {self.error_m}")


class SourceCrs:
    """A system of coordinates that a file is written in; any thread may use it.

    Args:
        name: WGS-84, CGCS2000, GCJ-02, or EPSG:n such as EPSG:4547 (CGCS2000, 3 degrees around 114 E).

    Raises:
        CoordinatesError: there is no such system.
    """

    def __init__(self, name: str) -> None:
        self.name = _canonical(name)
        self.is_projected = False
        self._transformer: Transformer | None = None
        if not self.name.startswith("EPSG:"):
            return
        try:
            transformer = Transformer.from_crs(self.name, "EPSG:4326", always_xy=True)
        except (CRSError, ProjError):
            raise CoordinatesError(
                f"there is no system of coordinates {name!r}; write WGS-84, CGCS2000, GCJ-02 or EPSG:n, as EPSG:4547"
            ) from None
        source = transformer.source_crs
        self.is_projected = source is not None and source.is_projected
        self._transformer = transformer

    def wgs84(self, x: float, y: float) -> tuple[float, float]:
        """Return longitude and latitude in WGS-84.

        Args:
            x: longitude in degrees; in a projected system metres to the east.
            y: latitude in degrees, or metres to the north.

        Raises:
            CoordinatesError: this is no place within the system.
        """
        if self._transformer is not None:
            x, y = self._transformer.transform(x, y)
        elif self.name == GCJ02:
            x, y = wgs84_of_gcj02(x, y)
        if not (abs(x) <= 180 and abs(y) <= 90):
            raise CoordinatesError(f"this is no place within {self.name}")
        return x, y


def gcj02_of(longitude: float, latitude: float) -> tuple[float, float]:
    """Return where a place of WGS-84 is shown on a Chinese web map; outside of China it stays where it is.

    Source: the formula that became public in 2010 (googollee/eviltransform on GitHub); sums of sines stand for the
    secret original.
    """
    west, east, south, north = _CHINA
    if not (west <= longitude <= east and south <= latitude <= north):
        return longitude, latitude
    x, y = longitude - 105.0, latitude - 35.0
    shared = _waves(x, (20.0, 6.0), (20.0, 2.0))
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north_m += shared + _waves(y, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east_m += shared + _waves(x, (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))
    east_per_degree, north_per_degree = _per_degree(latitude, _KRASOVSKY_M, _KRASOVSKY_E2)
    return longitude + east_m / east_per_degree, latitude + north_m / north_per_degree


def wgs84_of_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the place of WGS-84 that `gcj02_of` takes there, to a millimetre; the formula's own error is larger."""
    x, y = longitude, latitude
    for _ in range(6):  # each round leaves about a thousandth of the error: the shift changes slowly
        shown_x, shown_y = gcj02_of(x, y)
        x, y = x + longitude - shown_x, y + latitude - shown_y
    return x, y


def per_degree_m(latitude: float) -> tuple[float, float]:
    """Return how many metres a degree of longitude and one of latitude are at a latitude on WGS-84.

    Source: radii of curvature in the prime vertical and in the meridian (Snyder, Map Projections, USGS Professional
    Paper 1395, 1987, equations 4-18 and 4-20).
    """
    return _per_degree(latitude, EQUATOR_M, SQUARED_ECCENTRICITY)


def distance_m(a: Position, b: Position) -> float:
    """Return the way between two places in metres; for ways within a city, where the earth is flat to 1 in 10,000."""
    east, north = per_degree_m((a.latitude + b.latitude) / 2)
    return math.hypot((b.longitude - a.longitude) * east, (b.latitude - a.latitude) * north)


def box_around(position: Position, radius_m: float) -> tuple[float, float, float, float]:
    """Return west, south, east and north, in degrees, of a box that holds every place within a radius."""
    east, north = per_degree_m(position.latitude)
    wide, high = radius_m / max(east, 1.0), radius_m / north
    x, y = position.longitude, position.latitude
    return x - wide, y - high, x + wide, y + high


def cell_of(longitude: float, latitude: float) -> int:
    """Return the number of the cell that a place lies in: a thousandth of a degree wide and high, some 100 m.

    Rows near a place are found by equality with a few such numbers, which every database does by its index; from two
    ranges of degrees SQLite would rather look through all cases of a month.
    """
    return (math.floor(latitude * CELLS_PER_DEGREE) + _SOUTH_CELLS) * _ROW_CELLS + math.floor(
        longitude * CELLS_PER_DEGREE
    )


def cells_of(west: float, south: float, east: float, north: float) -> tuple[int, ...]:
    """Return the numbers of all cells that touch a box of degrees."""
    columns, rows = (
        range(math.floor(begin * CELLS_PER_DEGREE), math.floor(end * CELLS_PER_DEGREE) + 1)
        for begin, end in ((west, east), (south, north))
    )
    return tuple((row + _SOUTH_CELLS) * _ROW_CELLS + column for row in rows for column in columns)


def _canonical(name: str) -> str:
    epsg = _EPSG.search(name.strip())
    plain = f"EPSG{epsg['code']}" if epsg else re.sub(r"[^A-Z0-9]", "", name.upper())
    plain = "CRS84" if plain.endswith("CRS84") else plain  # urn:ogc:def:crs:OGC:1.3:CRS84
    if plain in _NAMES:
        return _NAMES[plain]
    if epsg:
        return f"EPSG:{epsg['code']}"
    raise CoordinatesError(
        f"there is no system of coordinates {name!r}; write WGS-84, CGCS2000, GCJ-02 or EPSG:n, as EPSG:4547"
    )


def _waves(at: float, *terms: tuple[float, float]) -> float:
    return 2 / 3 * sum(amplitude * math.sin(frequency * math.pi * at) for amplitude, frequency in terms)


def _per_degree(latitude: float, half_axis_m: float, e2: float) -> tuple[float, float]:
    angle = math.radians(latitude)
    flat = 1 - e2 * math.sin(angle) ** 2
    east = half_axis_m / math.sqrt(flat) * math.cos(angle)
    north = half_axis_m * (1 - e2) / flat**1.5
    return math.radians(east), math.radians(north)
