"""Watches flat surfaces (walls, shutters, boxes) for what appears on them.

A `Surface` is rectified to a small luma picture at each visit. What people and vehicles hide is filled with what was
there before; the median of the last visits leaves out who is not detected. The reference is the median of the first
visits; it follows slowly where nothing changed. Differences from it, after undoing gain and offset, become
`SurfaceChange`s with the measurements by which a rule tells paper from shadow.

Belongs here: rectifying, reference, differences. Does not: what is paper (detectors.flyers).
"""

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import Boxes, FloatArray, Mask, Picture, Points, SizeWH
from vision.light import fit_light, gradient
from vision.observations import SurfaceChange, SurfaceLook
from vision.zones import Zone

MAX_SIDE_PX = 240
"""Longest side of the rectified surface: A4 on a 6 m wall is 12 px wide, and a visit costs half a millisecond."""

MIN_SIDE_PX = 24
"""Shortest side, so that medians and edges have something to work on."""

VISIT_EVERY_S = 0.8
"""Visits closer in time show the same passer-by at the same spot."""

LEARN_S, LEARN_VISITS = 5.0, 6
"""The reference is the median over at least so long and so many visits: who passes hides a spot for less than half."""

RECENT = 5
"""Visits whose median is what is there now; new paper shows after three of them."""

LONG_UNSEEN = 3 * RECENT
"""What was hidden for so many visits in a row is not known any more; counted no further."""

MIN_DIFFERENCE = 12.0
"""Grey values by which paper must differ from the wall: compression noise of flat walls stays below 8."""

MIN_EDGE = 5.0
"""Grey values per pixel of a strong edge, after the light inside the region is undone."""

MIN_AREA_PX = 14
"""Smaller regions are noise."""

MAX_CHANGED_RATIO = 0.6
"""If more of the surface differs, the surface itself is another (a shutter went up): nothing is concluded."""

RELEARN_S = 60.0
"""After so long the other surface is the new reference."""

FOLLOW_S = 300.0
"""Time constant with which the reference follows where nothing differs (weathering, slow light)."""

WENT_RATIO = 2.0
"""Where a region's border was so much stronger in the reference than it is now, something went: a new thing brings its
own border with it. On walls full of edges neither is told, and it is taken for something that came."""

Box = tuple[float, float, float, float]


class Surface:
    """One watched surface of one camera; one thread at a time.

    Attributes:
        is_stirred: whether the last visit found something that stays and that most of the visits before did not show:
            more visits are to settle it.
    """

    def __init__(self, zone: Zone, frame_wh: SizeWH) -> None:
        self.zone, self.frame_wh = zone, frame_wh
        quad = surface_quad(zone, frame_wh)
        self.size_wh = _rectified_size(quad)
        width, height = self.size_wh
        target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        self._to_surface = cv2.getPerspectiveTransform(quad, target)
        self._to_frame = np.linalg.inv(self._to_surface)
        self._inside = self._polygon_mask()
        self._reference: FloatArray | None = None
        self._lessons: list[tuple[Picture, Mask]] = []
        self._recent: list[Picture] = []
        self._glanced: Picture | None = None
        self._visited: Picture | None = None  # as it was seen, with whoever stood before it
        self._passing = np.zeros((height, width), bool)
        self._unseen = np.full((height, width), RECENT, np.uint8)
        self._since_visit_s = VISIT_EVERY_S
        self._watched_s = 0.0
        self._other_s = 0.0
        self.is_stirred = False

    def has_news(self, luma: Picture) -> bool:
        """Tell whether something stays on the surface, or before it, that was not there at the last visit.

        What differs from glance to glance is somebody who passes.

        Args:
            luma: (H, W) uint8 of the whole frame at full size.
        """
        now = cv2.warpPerspective(luma, self._to_surface, self.size_wh, flags=cv2.INTER_LINEAR)
        before, self._glanced = self._glanced, now
        if self._visited is None or before is None:
            return True
        self._passing = cv2.absdiff(now, before) > MIN_DIFFERENCE
        return self._differ(now, self._visited, self._passing)

    def visit(self, luma: Picture, things: Boxes, step_s: float) -> SurfaceLook | None:
        """Look at the surface, if a visit is due.

        Args:
            luma: (H, W) uint8 of the whole frame at full size.
            things: (N, 4) boxes in pixels of the frame of whoever may stand before it.
            step_s: watched seconds since the last call.

        Returns:
            The look, or None when no visit is due or the reference is still being learned.
        """
        self._since_visit_s += step_s
        if self._since_visit_s < VISIT_EVERY_S:
            return None
        elapsed_s, self._since_visit_s = self._since_visit_s, 0.0
        now = cv2.warpPerspective(luma, self._to_surface, self.size_wh, flags=cv2.INTER_LINEAR)
        hidden_boxes = self._hidden(things)
        hidden = self._mask_of(hidden_boxes)
        self._visited = now
        self._remember(now, hidden)
        present = _median5(self._recent)
        self.is_stirred = self._differ(now, present, hidden | self._passing)
        if self._reference is None:
            self._learn(now, hidden, elapsed_s)
            return None
        return self._look((present.astype(np.float32), self._reference), hidden, hidden_boxes, elapsed_s)

    def checkpoint(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the reference and the last visits as arrays; empty while it is being learned."""
        if self._reference is None:
            return {}
        return {
            "reference": self._reference,
            "recent": np.stack(self._recent),
            "unseen": self._unseen,
            "seconds": np.array([self._since_visit_s, self._watched_s, self._other_s], np.float64),
            "corners": self.zone.corners_px(self.frame_wh),
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned; a reference of another polygon or frame size is left aside."""
        if not arrays:
            return
        corners = self.zone.corners_px(self.frame_wh)
        if arrays["corners"].shape != corners.shape or not np.allclose(arrays["corners"].astype(np.float32), corners):
            return
        self._reference = arrays["reference"].astype(np.float32).copy()
        self._recent = [picture.astype(np.uint8) for picture in arrays["recent"]]
        self._unseen = np.minimum(arrays["unseen"], LONG_UNSEEN).astype(np.uint8)
        seconds = arrays["seconds"].astype(np.float64)
        self._since_visit_s, self._watched_s, self._other_s = (float(value) for value in seconds)

    def _differ(self, now: Picture, before: Picture, left_out: Mask) -> bool:
        """Return whether a region that is not left out differs from an earlier picture by more than the light."""
        left_out = left_out | ~self._inside
        present, last = now.astype(np.float32), before.astype(np.float32)
        light = fit_light(present[::2, ::2], last[::2, ::2], ~left_out[::2, ::2])
        differs = np.abs(present - light.expected(last)) > max(MIN_DIFFERENCE, 4 * light.noise)
        mask = cv2.morphologyEx((differs & ~left_out).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        return int(mask.sum()) >= MIN_AREA_PX

    def _polygon_mask(self) -> Mask:
        corners = self.zone.corners_px(self.frame_wh).reshape(-1, 1, 2)
        mask = np.zeros((self.size_wh[1], self.size_wh[0]), np.uint8)
        cv2.fillPoly(mask, [np.round(cv2.perspectiveTransform(corners, self._to_surface)).astype(np.int32)], 1)
        return cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=0).astype(bool)

    def _hidden(self, things: Boxes) -> list[Box]:
        """Return what the boxes hide, as boxes on the surface in fractions."""
        width, height = self.size_wh
        found: list[Box] = []
        quad = cv2.perspectiveTransform(
            np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float32), self._to_frame
        )
        (left, top), (right, bottom) = quad.min(axis=0)[0], quad.max(axis=0)[0]
        for x1, y1, x2, y2 in things:
            x1, y1, x2, y2 = max(x1, left), max(y1, top), min(x2, right), min(y2, bottom)
            if x2 <= x1 or y2 <= y1:
                continue
            corners = np.array([[[x1, y1]], [[x2, y1]], [[x2, y2]], [[x1, y2]]], np.float32)
            points = cv2.perspectiveTransform(corners, self._to_surface)[:, 0] / np.array([width, height], np.float32)
            (u1, v1), (u2, v2) = np.clip(points.min(axis=0) - 0.02, 0, 1), np.clip(points.max(axis=0) + 0.02, 0, 1)
            if u2 > u1 and v2 > v1:
                found.append((float(u1), float(v1), float(u2), float(v2)))
        return found

    def _mask_of(self, boxes: list[Box]) -> Mask:
        width, height = self.size_wh
        mask = np.zeros((height, width), bool)
        for x1, y1, x2, y2 in boxes:
            mask[int(y1 * height) : int(np.ceil(y2 * height)), int(x1 * width) : int(np.ceil(x2 * width))] = True
        return mask

    def _remember(self, now: Picture, hidden: Mask) -> None:
        """Keep the visit; what was hidden shows what was there before."""
        if self._recent:
            now = np.where(hidden, self._recent[-1], now)
        self._recent = [*self._recent, now][-RECENT:]
        self._unseen = np.where(hidden, np.minimum(self._unseen + 1, LONG_UNSEEN), 0).astype(np.uint8)

    def _learn(self, now: Picture, hidden: Mask, elapsed_s: float) -> None:
        if self._lessons:
            self._watched_s += elapsed_s
        self._lessons.append((now, hidden))
        self._lessons = self._lessons[-30:]
        if self._watched_s < LEARN_S or len(self._lessons) < LEARN_VISITS:
            return
        seen = np.stack([~mask for _, mask in self._lessons])
        if np.median(seen.sum(axis=0)[self._inside]) < LEARN_VISITS / 2:
            return
        pictures = np.stack([picture for picture, _ in self._lessons]).astype(np.float32)
        pictures[~seen] = np.nan
        never = ~seen.any(axis=0)
        pictures[0][never] = now[never]
        self._reference = np.nanmedian(pictures, axis=0).astype(np.float32)
        self._lessons = []

    def _look(
        self, pictures: tuple[FloatArray, FloatArray], hidden: Mask, hidden_boxes: list[Box], elapsed_s: float
    ) -> SurfaceLook:
        """Compare what is there now with the reference."""
        present, reference = pictures
        known = self._inside & (self._unseen < LONG_UNSEEN)
        light = fit_light(present[::2, ::2], reference[::2, ::2], known[::2, ::2])
        expected = light.expected(reference)
        differs = (np.abs(present - expected) > max(MIN_DIFFERENCE, 4 * light.noise)) & known
        inside = max(1, int(self._inside.sum()))
        visible = float((self._inside & ~hidden).sum()) / inside
        if differs.sum() > MAX_CHANGED_RATIO * inside:
            self._other_s += elapsed_s
            if self._other_s >= RELEARN_S:
                self._reference, self._other_s, self._watched_s = None, 0.0, 0.0
            return SurfaceLook(self.zone.zone_id, visible, (), tuple(hidden_boxes))
        self._other_s = 0.0
        weight = np.float32(1 - np.exp(-elapsed_s / FOLLOW_S))
        self._reference = np.where(
            differs | ~known, reference, reference + weight * (light.undone(present) - reference)
        )
        changes, went = self._changes(present, expected, differs)
        # What went was there before anybody watched: the bare wall is what further visits are compared with.
        self._reference = np.where(went, light.undone(present), self._reference)
        return SurfaceLook(self.zone.zone_id, visible, tuple(changes), tuple(hidden_boxes))

    def _changes(self, present: FloatArray, expected: FloatArray, differs: Mask) -> tuple[list[SurfaceChange], Mask]:
        """Return what came, and where something went."""
        mask = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        found: list[SurfaceChange] = []
        went = np.zeros(mask.shape, bool)
        for contour in contours:
            x, y, width, height = cv2.boundingRect(contour)
            window = slice(max(0, y - 2), y + height + 2), slice(max(0, x - 2), x + width + 2)
            region = np.zeros(mask.shape, np.uint8)
            cv2.drawContours(region, [contour], -1, 1, cv2.FILLED)
            area = int(region[window].sum())
            if area < MIN_AREA_PX:
                continue
            inner = present[window], expected[window], region[window].astype(bool)
            if _has_gone(*inner):
                went[window] |= cv2.dilate(region[window], np.ones((3, 3), np.uint8)).astype(bool)
            else:
                found.append(self._change((x, y, x + width, y + height), contour, area, inner))
        return sorted(found, key=lambda change: change.box), went

    def _change(
        self, box: tuple[int, int, int, int], contour: Points, area: int, inner: tuple[FloatArray, FloatArray, Mask]
    ) -> SurfaceChange:
        present, expected, region = inner
        x1, y1, x2, y2 = box
        width, height = self.size_wh
        (_, (long, short), _) = cv2.minAreaRect(contour)
        fills = area / max((long + 1) * (short + 1), 1.0)
        corners = np.array([[[x1, y1]], [[x2, y1]], [[x2, y2]], [[x1, y2]]], np.float32)
        points = cv2.perspectiveTransform(corners, self._to_frame)[:, 0]
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return SurfaceChange(
            box=(x1 / width, y1 / height, x2 / width, y2 / height),
            frame_box=(float(left), float(top), float(right), float(bottom)),
            contrast=float(np.abs(present - expected)[region].mean()) / 255,
            rectangularity_ratio=float(min(1.0, max(fills, area / ((x2 - x1) * (y2 - y1))))),
            edge_ratio=_edge_ratio(present, expected, region),
        )


def _has_gone(present: FloatArray, expected: FloatArray, region: Mask) -> bool:
    """Return whether the border of a region belongs to what was there, and not to what is there now."""
    square = np.ones((3, 3), np.uint8)
    shape = region.astype(np.uint8)
    border = (cv2.dilate(shape, square) - cv2.erode(shape, square, borderValue=0)).astype(bool)
    now, before = gradient(present)[border].mean(), gradient(expected)[border].mean()
    return bool(before > WENT_RATIO * now)


def _edge_ratio(present: FloatArray, expected: FloatArray, region: Mask) -> float:
    """Return the share of strong edges inside a region that no change of light explains; its border does not count."""
    core = cv2.erode(region.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).astype(bool)
    if core.sum() < 6:
        return 0.0
    light = fit_light(present, expected, core)
    edges = gradient(present - light.expected(expected)) > MIN_EDGE
    inner = cv2.erode(core.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).astype(bool)
    used = inner if inner.sum() >= 6 else core
    return float(edges[used].mean())


def _median5(pictures: list[Picture]) -> Picture:
    """Return the median of up to five pictures, for odd numbers exactly; fewer than three give the newest."""
    if len(pictures) < 3:
        return pictures[-1]
    if len(pictures) < RECENT:
        a, b, c = pictures[-3:]
        return cv2.max(cv2.min(a, b), cv2.min(cv2.max(a, b), c))
    a, b, c, d, e = pictures
    low, high = cv2.max(cv2.min(a, b), cv2.min(c, d)), cv2.min(cv2.max(a, b), cv2.max(c, d))
    return cv2.max(cv2.min(low, high), cv2.min(cv2.max(low, high), e))


def surface_quad(zone: Zone, frame_wh: SizeWH) -> Points:
    """Return the surface's four corners in the picture, clockwise from the top left: (4, 2) float32, pixels."""
    return _quad(zone.corners_px(frame_wh))


def rectified_ratio(zone: Zone, frame_wh: SizeWH) -> float:
    """Return how much smaller than in the picture the surface is looked at, in (0, 1]."""
    return min(1.0, MAX_SIDE_PX / max(*_longest_sides(surface_quad(zone, frame_wh)), 1.0))


def _quad(corners: Points) -> Points:
    """Return four corners, clockwise from the top left: the polygon's own, or those of its smallest rectangle."""
    if len(corners) != 4 or not cv2.isContourConvex(corners.reshape(-1, 1, 2)):
        corners = cv2.boxPoints(cv2.minAreaRect(corners.reshape(-1, 1, 2)))
    x, y = corners[:, 0], corners[:, 1]
    if float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) < 0:
        corners = corners[::-1]
    return np.roll(corners, -int(np.argmin(corners.sum(axis=1))), axis=0).astype(np.float32)


def _rectified_size(quad: Points) -> SizeWH:
    width, height = _longest_sides(quad)
    scale = min(1.0, MAX_SIDE_PX / max(width, height, 1))
    return max(MIN_SIDE_PX, round(float(width * scale))), max(MIN_SIDE_PX, round(float(height * scale)))


def _longest_sides(quad: Points) -> tuple[float, float]:
    """Return the longer of both widths and of both heights."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return float(max(sides[0], sides[2])), float(max(sides[1], sides[3]))
