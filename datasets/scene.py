"""Draws a script: any moment of a scene as a picture, with the truth about it.

Everything follows from script, light and time, so the same moment always gives the same pixels. What stands still is
painted once (backdrop); per frame only what moves is drawn, far things first.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from datasets.backdrop import Backdrop, Prop, paint_backdrop
from datasets.cast import Cast
from datasets.deck import covered
from datasets.depth_order import far_to_near
from datasets.draw_paper import PaperPatch, paper_patches
from datasets.ground_camera import GroundCamera, focal_for
from datasets.light import LIGHTS
from datasets.scenario import Actor, DemoZone, Script, View
from datasets.shadows import darken, glow
from datasets.sketches import Pose, Sketch, Studio
from datasets.still_papers import StillPapers
from datasets.truth import GroundPlane, Truth
from datasets.visibility import label
from vision.arrays import Picture, SizeWH
from vision.classes import StreetClass


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One labelled thing of a frame."""

    object_id: int
    class_id: StreetClass
    stall_id: int
    pose: Pose
    sketch: Sketch
    distance_m: float


class StreetScene:
    """One scene at one size and light; holds its backdrop and shapes. Not for several threads at once."""

    def __init__(self, script: Script, size_wh: SizeWH = (1280, 720), light: str = "day") -> None:
        """Paint the backdrop.

        Args:
            script: what happens.
            size_wh: picture size in pixels.
            light: a name in `datasets.light.LIGHTS`.

        Raises:
            ValueError: there is no such light.
        """
        if light not in LIGHTS:
            raise ValueError(f"no light is called {light!r}; there are {', '.join(LIGHTS)}")
        self.script = script
        self.light = covered(LIGHTS[light]) if script.street.deck_z else LIGHTS[light]
        self.camera = place_camera(script.view, size_wh)
        self._studio = Studio(self.camera, self.light, script.street.front_y)
        self._cast = Cast(self.light.lamps_on, {})
        self._backdrop: Backdrop = paint_backdrop(script.street, self.camera, self.light)
        self._papers: tuple[PaperPatch, ...] = paper_patches(script, self.camera, self.light)
        self._still = StillPapers(self._backdrop, self._papers, script.street, self.camera)
        self._noise = _noise_tile(self.light.noise_level, size_wh, script.street.look)
        self._resting: dict[int, tuple[Pose, Sketch | None]] = {}

    def picture(self, t_s: float, out: Picture | None = None) -> Picture:
        """Return the scene at a time as (H, W, 3) BGR, in `out` if given; times beyond the period begin again."""
        return self._paint(self._things(t_s), t_s, out)

    def render(self, t_s: float) -> tuple[Picture, Truth]:
        """Return the picture at a time and what is true of it."""
        things = self._things(t_s)
        return self._paint(things, t_s), self._truth(things, t_s)

    def truth(self, t_s: float) -> Truth:
        """Return what is true at a time, without drawing the picture."""
        return self._truth(self._things(t_s), t_s)

    def _things(self, t_s: float) -> list[Drawn]:
        """Everything that is there, the farthest first."""
        things: list[Drawn] = []
        for actor, at_s in present(self.script, t_s):
            motion = actor.path.at(at_s)
            if motion is not None and self.camera.may_see(motion.x, motion.y, REACH_M.get(actor.kind, USUAL_REACH_M)):
                for part, (class_id, shape, pose) in enumerate(self._cast.parts(actor, motion, at_s)):
                    object_id = actor.actor_id * 10 + part
                    steady = motion.speed_m_s == 0.0 and class_id != StreetClass.PERSON
                    sketch = self._sketch(object_id, shape, pose, steady=steady)
                    if sketch is not None and self._in_picture(sketch):
                        things.append(
                            Drawn(
                                object_id,
                                class_id,
                                actor.stall_id,
                                pose,
                                sketch,
                                self._away(pose.x, pose.y) - 0.01 * part,
                            )
                        )
        return far_to_near(things, self.camera.position[:2])

    def _sketch(self, object_id: int, shape: object, pose: Pose, *, steady: bool) -> Sketch | None:
        known = self._resting.get(object_id)
        if steady and known is not None and known[0] == pose:
            return known[1]
        lamp = 0.0
        if self.light.lamps_on:
            lamp = float(self.script.street.lamp_light(np.array([[pose.x, pose.y]]))[0])
        sketch = self._studio.sketch(shape, pose, lamp)  # type: ignore[arg-type]
        if steady:
            self._resting[object_id] = pose, sketch
        return sketch

    def _in_picture(self, sketch: Sketch) -> bool:
        x1, y1, x2, y2 = sketch.box
        return x2 > 1 and y2 > 1 and x1 < self.camera.size_wh[0] - 1 and y1 < self.camera.size_wh[1] - 1

    def _away(self, x: float, y: float) -> float:
        return math.hypot(x - self.camera.position[0], y - self.camera.position[1])

    def _paint(self, things: list[Drawn], t_s: float, out: Picture | None = None) -> Picture:
        bgr: Picture = np.empty_like(self._backdrop.bgr) if out is None else out
        still = self._still.at(t_s % self.script.period_s)
        np.copyto(bgr, still)
        for thing in things:
            darken(bgr, thing.sketch.shadow, self.light.shadow_ratio)
            darken(bgr, thing.sketch.contact, CONTACT_RATIO)
        for thing in things:
            thing.sketch.paint(bgr)
            for prop in self._before(thing):
                x, y = prop.corner
                rows, columns = slice(y, y + prop.mask.shape[0]), slice(x, x + prop.mask.shape[1])
                cv2.copyTo(still[rows, columns], prop.mask, bgr[rows, columns])
        if self.light.lamps_on:
            self._headlights(bgr, things)
        return self._develop(bgr, t_s)

    def _before(self, thing: Drawn) -> list[Prop]:
        """Furniture that stands nearer than a thing and can hide it."""
        x1, y1, x2, y2 = thing.sketch.box
        return [
            prop
            for prop in self._backdrop.props
            if prop.corner[0] < x2
            and prop.corner[1] < y2
            and prop.corner[0] + prop.mask.shape[1] > x1
            and prop.corner[1] + prop.mask.shape[0] > y1
            and self._away(*prop.ground) < thing.distance_m
        ]

    def _headlights(self, bgr: Picture, things: list[Drawn]) -> None:
        """The glare of lamps that look at the camera."""
        for thing in things:
            if thing.class_id not in GLARING:
                continue
            ahead = 2.2 if thing.class_id == StreetClass.CAR else GLARING[thing.class_id]
            cos, sin = math.cos(thing.pose.heading_rad), math.sin(thing.pose.heading_rad)
            lens = self.camera.position
            if (lens[0] - thing.pose.x) * cos + (lens[1] - thing.pose.y) * sin < 2.0:
                continue
            point = np.array([[thing.pose.x + ahead * cos, thing.pose.y + ahead * sin, 0.65]])
            pixels, depths = self.camera.project(point)
            if depths[0] > 2.0:
                glow(
                    bgr,
                    (float(pixels[0, 0]), float(pixels[0, 1])),
                    self.camera.focal_px * 1.5 / float(depths[0]),
                    GLARE,
                )

    def _develop(self, bgr: Picture, t_s: float) -> Picture:
        """What the camera adds: clouds, slow drift of exposure, noise."""
        period = self.script.period_s
        drift = (
            1.0 + 0.012 * math.sin(2 * math.pi * 5 * t_s / period) + 0.006 * math.sin(2 * math.pi * 17 * t_s / period)
        )
        if self.script.clouds:
            _cloud(bgr, t_s, period)
        height, width = bgr.shape[:2]
        y, x = np.random.default_rng(round(t_s * 1000)).integers(0, NOISE_MARGIN, 2)
        cv2.addWeighted(bgr, drift, self._noise[y : y + height, x : x + width], 1.0, -NOISE_MIDDLE, dst=bgr)
        return bgr

    def _truth(self, things: list[Drawn], t_s: float) -> Truth:
        hiding = [[(prop.corner, prop.mask) for prop in self._before(thing)] for thing in things]
        hung = [patch for patch in self._papers if patch.hangs(t_s % self.script.period_s)]
        plane = GroundPlane(self.camera.ground_homography(), self.script.street.door_lines)
        return replace(label(things, hiding, hung, (t_s, self.camera.size_wh)), plane=plane)


CONTACT_RATIO = 0.34
"""How much of the light is missing right below a thing."""

USUAL_REACH_M = 4.0
REACH_M = {"bus": 8.0, "midi_bus": 7.0, "truck": 6.0, "panel_van": 5.0, "banner": 5.0}
"""How far a thing and its shadow reach from its middle, metres."""

NOISE_MIDDLE = 128
"""Grey level of the noise tile that changes nothing."""

NOISE_MARGIN = 64
"""Pixels by which the noise tile is larger than the picture, so that it can be shifted from frame to frame."""

GLARE = (120.0, 150.0, 165.0)
GLARING = {StreetClass.CAR: 2.2, StreetClass.BUS: 5.2, StreetClass.TRUCK: 3.2, StreetClass.MOTORCYCLE: 0.6}
"""How far ahead of its middle a vehicle's headlights are, metres."""


def place_camera(view: View, size_wh: SizeWH) -> GroundCamera:
    """Return the camera of a view for a picture size; the view's field of view is that of a 16:9 picture."""
    focal = focal_for(round(size_wh[1] * 16 / 9), view.field_of_view_deg)
    return GroundCamera(
        (view.x, view.y, view.height_m), math.radians(view.yaw_deg), math.radians(view.pitch_deg), focal, size_wh
    )


def script_zones(script: Script) -> tuple[DemoZone, ...]:
    """Return the zones of a script as polygons in fractions of the picture, the same at every size of 16:9."""
    camera = place_camera(script.view, (1280, 720))
    zones = []
    for zone_id, name, kind, corners in script.zones_m:
        pixels, _ = camera.project(np.array(corners))
        fractions = np.clip(pixels / np.array(camera.size_wh), 0.0, 1.0).round(4)
        zones.append(DemoZone(zone_id, name, kind, tuple((float(x), float(y)) for x, y in fractions)))
    return tuple(zones)


def present(script: Script, t_s: float) -> list[tuple[Actor, float]]:
    """Return the actors that are there at a time, each with its own time (a story may reach over the period's end)."""
    t_s %= script.period_s
    found = []
    for actor in script.actors:
        begin, end = actor.path.span_s
        for at_s in (t_s, t_s + script.period_s):
            if begin <= at_s < end:
                found.append((actor, at_s))
                break
    return found


def _noise_tile(level: float, size_wh: SizeWH, seed: int) -> Picture:
    """Noise around `NOISE_MIDDLE`, (H + margin, W + margin, 3); its lower half repeats the upper."""
    rng = np.random.default_rng(seed)
    rows, columns = size_wh[1] + NOISE_MARGIN, size_wh[0] + NOISE_MARGIN
    half = -(-rows // 2), columns
    luma = rng.standard_normal(half, np.float32)[..., None] * level
    noise = luma + rng.standard_normal((*half, 3), np.float32) * (level * 0.4) + (NOISE_MIDDLE + 0.5)
    tile = np.clip(noise, 0, 255).astype(np.uint8)
    return np.concatenate([tile, tile])[:rows]


def _cloud(bgr: Picture, t_s: float, period_s: float) -> None:
    """A soft shadow that passes over the street twice in a period."""
    width = bgr.shape[1]
    columns = np.linspace(0, 1, 32, dtype=np.float32)
    where = (t_s / period_s * 2 % 1) * 6 - 2.5
    depth = 0.3 * np.exp(-((columns - where) ** 2) / 0.5)
    if depth.max() < 0.01:
        return
    small = np.repeat((255 * (1 - depth)).astype(np.uint8)[None, :, None], 3, axis=2)
    factor = cv2.resize(small, (width, 1), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(bgr, np.broadcast_to(factor, bgr.shape).copy(), dst=bgr, scale=1 / 255)
