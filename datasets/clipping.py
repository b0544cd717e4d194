"""Cuts a flat polygon in the street to the part of it that a camera sees.

A corner behind the camera has no pixel, and one beside the picture cannot simply be moved to its border: that turns the
polygon's edges. So the polygon is cut, before the division by depth, along the nearest depth and the picture's borders.
"""

import numpy as np

from datasets.ground_camera import NEAREST_M, GroundCamera, Metres


def seen_outline(camera: GroundCamera, corners: Metres) -> Metres:
    """Return the outline in the picture of what is seen of a polygon.

    Args:
        camera: that looks at it.
        corners: (N, 3) metres, in one plane; convex, as else parts are joined along the border.

    Returns:
        (K, 2) pixels: the very corners where all of them are seen, none where nothing is.

    Source: Sutherland, Hodgman, Reentrant polygon clipping, CACM 17, 1974.
    """
    width, height = camera.size_wh
    pixels, depths = camera.project(corners)
    if depths.min() >= NEAREST_M and (pixels >= 0).all() and (pixels <= (width, height)).all():
        return pixels
    points = corners @ camera.matrix[:, :3].T + camera.matrix[:, 3]
    for normal, least in (
        ((0.0, 0.0, 1.0), NEAREST_M),
        ((1.0, 0.0, 0.0), 0.0),
        ((-1.0, 0.0, float(width)), 0.0),
        ((0.0, 1.0, 0.0), 0.0),
        ((0.0, -1.0, float(height)), 0.0),
    ):
        points = _cut(points, points @ np.array(normal) - least)
    return points[:, :2] / points[:, 2:]


def _cut(points: Metres, inside: Metres) -> Metres:
    """Return the (K, 3) part of (N, 3) points of a polygon that lies where (N,) `inside` is not negative."""
    kept = []
    for i in range(len(points)):
        if (inside[i] < 0) != (inside[i - 1] < 0):
            share = inside[i - 1] / (inside[i - 1] - inside[i])
            kept.append(points[i - 1] + share * (points[i] - points[i - 1]))
        if inside[i] >= 0:
            kept.append(points[i])
    return np.array(kept, np.float64).reshape(-1, 3)
