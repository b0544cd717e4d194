"""Draws a script: any moment of a scene as a picture, with the truth about it.

Everything follows from script, light and time, so the same moment always gives the same pixels. What stands still is
painted once (stage); per frame only what moves is drawn, far things first. Then the camera has its way (lens): truth
says where it shows things.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from datasets.backdrop import Prop
from datasets.barrel import bent
from datasets.camera_faults import AT_PRESET, FAULTLESS, Aim, aim_at, gain_at
from datasets.cast import Cast
from datasets.clipping import seen_outline
from datasets.deck import covered
from datasets.depth_order import far_to_near
from datasets.ground_camera import GroundCamera, focal_for
from datasets.lamps import Lamps
from datasets.lens import Lens
from datasets.light import LIGHTS
from datasets.motion_blur import paint_moving, smear_across
from datasets.moving_shade import passing_cloud
from datasets.rain import Rain
from datasets.scenario import Actor, DemoZone, Motion, Script, View
from datasets.shadows import darken, glow
from datasets.sketches import Pose, Sketch
from datasets.stage import Stage, set_stage
from datasets.truth import GroundPlane, Truth
from datasets.visibility import label
from datasets.weather import CLEAR, lit_under
from vision.arrays import FloatArray, Picture, SizeWH
from vision.classes import StreetClass
from vision.errors import PolygonError
from vision.zones import Zone


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One labelled thing of a frame.

    Attributes:
        object_id: the same over time.
        class_id: what it is.
        stall_id: the same for all parts of a stall, else 0.
        pose: where it stands.
        sketch: how it is drawn.
        distance_m: over the ground from the camera.
        way_px: how far it moves in the picture, right and down, while that is exposed.
        mirrored: what a wet ground mirrors of it, or None.
        lamps: its lamps where they have beams or halos, or None.
    """

    object_id: int
    class_id: StreetClass
    stall_id: int
    pose: Pose
    sketch: Sketch
    distance_m: float
    way_px: tuple[float, float] = (0.0, 0.0)
    mirrored: Sketch | None = None
    lamps: Lamps | None = None


class StreetScene:
    """One scene at one size and light; holds its stage and shapes. Not for several threads at once."""

    def __init__(self, script: Script, size_wh: SizeWH = (1280, 720), light: str = "day") -> None:
        """Paint the backdrop.

        Args:
            script: what happens, in which weather, and before which camera. Under a deck it is always `CLEAR`: neither
                rain nor sun comes there.
            size_wh: picture size in pixels.
            light: a name in `datasets.light.LIGHTS`.

        Raises:
            ValueError: there is no such light.
        """
        if light not in LIGHTS:
            raise ValueError(f"no light is called {light!r}; there are {', '.join(LIGHTS)}")
        script = replace(script, weather=CLEAR) if script.street.deck_z else script
        plain_light = covered(LIGHTS[light]) if script.street.deck_z else LIGHTS[light]
        self.script, self.light = script, lit_under(plain_light, script.weather)
        self.camera = place_camera(script.view, size_wh)
        self._plain_light, self._seed = plain_light, script.street.look
        self._cast = Cast(self.light.lamps_on, {})
        self._stages: dict[tuple[Aim, int], Stage] = {(AT_PRESET, 0): set_stage(script, self.camera, self.light)}
        noise_level = self.light.noise_level * script.faults.noise_gain
        self._noise = _noise_tile(noise_level, size_wh, script.street.look)
        rain_ratio = script.weather.rain_ratio
        self._rain = Rain(size_wh, rain_ratio, self.light, self._seed) if rain_ratio else None
        self._lens = Lens(size_wh, script.faults, self._seed) if script.faults != FAULTLESS else None

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

    def view_at(self, t_s: float) -> View:
        """Return where the camera looks at a time: its preset, or away from it where it can turn."""
        return turned(self.script.view, aim_at(self.script.faults, t_s % self.script.period_s))

    def shift_px(self, t_s: float) -> tuple[float, float]:
        """Return by how many pixels the camera's shaking moves the picture at a time: right and down."""
        return self._lens.shift_px(t_s) if self._lens is not None else (0.0, 0.0)

    def drops_cover(self, t_s: float) -> FloatArray | None:
        """Return (H, W) float32 in [0, 1]: how much drops on the lens hide at a time; None where there are none."""
        return self._lens.drops_cover(t_s) if self._lens is not None else None

    def _stage_at(self, t_s: float) -> Stage:
        """The stage for where the camera looks and the sun stands; one that was not there yet is painted now."""
        aim = aim_at(self.script.faults, t_s % self.script.period_s)
        step = 0 if self.script.weather.hour is None else int(t_s // SUN_STEP_S)
        if (aim, step) not in self._stages:
            self._stages = {key: stage for key, stage in self._stages.items() if key == (AT_PRESET, step)}
            light = lit_under(self._plain_light, self.script.weather, step * SUN_STEP_S)
            camera = place_camera(turned(self.script.view, aim), self.camera.size_wh)
            self._stages[aim, step] = set_stage(self.script, camera, light)
        return self._stages[aim, step]

    def _things(self, t_s: float) -> list[Drawn]:
        """Everything that is there, the farthest first."""
        stage = self._stage_at(t_s)
        things: list[Drawn] = []
        for actor, at_s in present(self.script, t_s):
            motion = actor.path.at(at_s)
            if motion is not None and stage.camera.may_see(motion.x, motion.y, REACH_M.get(actor.kind, USUAL_REACH_M)):
                way_px = self._way_px(motion, stage.camera)
                for part, (class_id, shape, pose) in enumerate(self._cast.parts(actor, motion, at_s)):
                    object_id = actor.actor_id * 10 + part
                    steady = motion.speed_m_s == 0.0 and class_id != StreetClass.PERSON
                    look = stage.look(object_id, shape, pose, steady=steady)
                    if look is not None and self._in_picture(look.sketch):
                        away, dressed = self._away(pose.x, pose.y) - 0.01 * part, (way_px, look.mirrored, look.lamps)
                        things.append(Drawn(object_id, class_id, actor.stall_id, pose, look.sketch, away, *dressed))
        return far_to_near(things, self.camera.position[:2])

    def _way_px(self, motion: Motion, camera: GroundCamera) -> tuple[float, float]:
        """How far a thing moves in the picture while it is exposed."""
        way_m = motion.speed_m_s * self.script.faults.shutter_s
        if way_m == 0:
            return 0.0, 0.0
        dx, dy = way_m / 2 * math.cos(motion.heading_rad), way_m / 2 * math.sin(motion.heading_rad)
        ends = np.array([(motion.x - dx, motion.y - dy, 0.8), (motion.x + dx, motion.y + dy, 0.8)])
        pixels, depths = camera.project(ends)
        if depths.min() < 1.0:
            return 0.0, 0.0
        return float(pixels[1, 0] - pixels[0, 0]), float(pixels[1, 1] - pixels[0, 1])

    def _in_picture(self, sketch: Sketch) -> bool:
        x1, y1, x2, y2 = sketch.box
        return x2 > 1 and y2 > 1 and x1 < self.camera.size_wh[0] - 1 and y1 < self.camera.size_wh[1] - 1

    def _away(self, x: float, y: float) -> float:
        return math.hypot(x - self.camera.position[0], y - self.camera.position[1])

    def _paint(self, things: list[Drawn], t_s: float, out: Picture | None = None) -> Picture:
        stage = self._stage_at(t_s)
        still = stage.still.at(t_s % self.script.period_s)
        bgr: Picture = np.empty_like(still) if out is None else out
        np.copyto(bgr, still)
        self._light_ground(bgr, stage, things, t_s)
        for thing in things:
            left_ratio = 1.0 if stage.haze is None else 1 - float(stage.haze.veiled_ratio(thing.distance_m))
            darken(bgr, thing.sketch.shadow, left_ratio * stage.light.shadow_ratio)
            darken(bgr, thing.sketch.contact, left_ratio * CONTACT_RATIO)
        before = [self._before(thing, stage) for thing in things]
        for thing, props in zip(things, before, strict=True):
            paint_moving(bgr, thing.sketch, thing.way_px)
            for prop in props:
                x, y = prop.corner
                rows, columns = slice(y, y + prop.mask.shape[0]), slice(x, x + prop.mask.shape[1])
                cv2.copyTo(still[rows, columns], prop.mask, bgr[rows, columns])
        if stage.lamps is not None:
            stage.lamps.glare(bgr, things, before)
        elif stage.light.lamps_on:
            self._headlights(bgr, things, stage.camera)
        shown = self._develop(bgr, stage, t_s)
        if out is None or shown is out:
            return shown
        np.copyto(out, shown)
        return out

    @staticmethod
    def _light_ground(bgr: Picture, stage: Stage, things: list[Drawn], t_s: float) -> None:
        """What moves on the ground before anything stands on it: light, mirrored things, flecks of sun."""
        if stage.lamps is not None:
            stage.lamps.light_road(bgr, things)
        if stage.wet is not None:
            stage.wet.lay(bgr, things, stage.lamps)
        for leaves in stage.leaves:
            leaves.lay(bgr, t_s)

    def _before(self, thing: Drawn, stage: Stage) -> list[Prop]:
        """Furniture that stands nearer than a thing and can hide it."""
        x1, y1, x2, y2 = thing.sketch.box
        return [
            prop
            for prop in stage.backdrop.props
            if prop.corner[0] < x2
            and prop.corner[1] < y2
            and prop.corner[0] + prop.mask.shape[1] > x1
            and prop.corner[1] + prop.mask.shape[0] > y1
            and self._away(*prop.ground) < thing.distance_m
        ]

    @staticmethod
    def _headlights(bgr: Picture, things: list[Drawn], camera: GroundCamera) -> None:
        """The plain glare of headlights that look at the camera, where a light has no beams."""
        for thing in things:
            if thing.class_id not in GLARING:
                continue
            ahead = 2.2 if thing.class_id == StreetClass.CAR else GLARING[thing.class_id]
            cos, sin = math.cos(thing.pose.heading_rad), math.sin(thing.pose.heading_rad)
            lens = camera.position
            if (lens[0] - thing.pose.x) * cos + (lens[1] - thing.pose.y) * sin < 2.0:
                continue
            point = np.array([[thing.pose.x + ahead * cos, thing.pose.y + ahead * sin, 0.65]])
            pixels, depths = camera.project(point)
            if depths[0] > 2.0:
                glow(
                    bgr,
                    (float(pixels[0, 0]), float(pixels[0, 1])),
                    camera.focal_px * 1.5 / float(depths[0]),
                    GLARE,
                )

    def _develop(self, bgr: Picture, stage: Stage, t_s: float) -> Picture:
        """What air and camera add: clouds, rain, the lens, drift of the exposure, noise."""
        period = self.script.period_s
        drift = (
            1.0 + 0.012 * math.sin(2 * math.pi * 5 * t_s / period) + 0.006 * math.sin(2 * math.pi * 17 * t_s / period)
        )
        if self.script.clouds:
            passing_cloud(bgr, t_s, period)
        if stage.clouds is not None:
            stage.clouds.lay(bgr, t_s)
        if self._rain is not None:
            self._rain.fall(bgr, t_s)
        if self._lens is not None:
            smear_across(bgr, self._turn_px(t_s))
            bgr = self._lens.show(bgr, t_s)
            drift *= gain_at(self.script.faults, t_s, self._seed)
        height, width = bgr.shape[:2]
        y, x = np.random.default_rng(round(t_s * 1000)).integers(0, NOISE_MARGIN, 2)
        cv2.addWeighted(bgr, drift, self._noise[y : y + height, x : x + width], 1.0, -NOISE_MIDDLE, dst=bgr)
        return bgr

    def _turn_px(self, t_s: float) -> float:
        """How far the whole picture moves sideways while it is exposed, where the camera is turning."""
        t_s %= self.script.period_s
        ends = [aim_at(self.script.faults, t_s + sign * TURNING_SHUTTER_S / 2).pan_deg for sign in (-1, 1)]
        return self.camera.focal_px * math.radians(ends[1] - ends[0])

    def _truth(self, things: list[Drawn], t_s: float) -> Truth:
        stage = self._stage_at(t_s)
        hiding = [[(prop.corner, prop.mask) for prop in self._before(thing, stage)] for thing in things]
        hung = [patch for patch in stage.papers if patch.hangs(t_s % self.script.period_s)]
        plane = GroundPlane(stage.camera.ground_homography(), self.script.street.door_lines)
        truth = replace(label(things, hiding, hung, (t_s, self.camera.size_wh)), plane=plane)
        return truth if self._lens is None else self._lens.follow(truth, t_s)


SUN_STEP_S = 600.0
"""Where the sun moves, shadows are drawn anew this often; it goes on by 2.5 degrees meanwhile."""

TURNING_SHUTTER_S = 0.02
"""Exposure while the camera turns."""

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


def turned(view: View, aim: Aim) -> View:
    """Return a view turned away from its preset."""
    if aim == AT_PRESET:
        return view
    return replace(
        view,
        yaw_deg=view.yaw_deg + aim.pan_deg,
        pitch_deg=view.pitch_deg + aim.tilt_deg,
        field_of_view_deg=view.field_of_view_deg / aim.zoom,
    )


def script_zones(script: Script) -> tuple[DemoZone, ...]:
    """Return the zones of a script as polygons in fractions of the picture, the same at every size of 16:9.

    A polygon is what the camera at its preset sees of the zone; one that leaves the picture has more corners, or fewer.
    A lens with barrel distortion bends the corners; edges between them stay straight.

    Raises:
        ValueError: the camera sees nothing of a zone.
    """
    camera = place_camera(script.view, (1280, 720))
    zones = []
    for zone_id, name, kind, corners in script.zones_m:
        pixels = seen_outline(camera, np.array(corners))
        if script.faults.barrel_ratio:
            pixels = bent(pixels, camera.size_wh, script.faults.barrel_ratio)
        fractions = np.clip(pixels / np.array(camera.size_wh), 0.0, 1.0).round(4)
        polygon = tuple(dict.fromkeys((float(x), float(y)) for x, y in fractions))
        try:
            Zone(zone_id, name, polygon)
        except PolygonError:
            raise ValueError(f"the camera sees nothing of zone {zone_id!r}; move the zone or the camera") from None
        zones.append(DemoZone(zone_id, name, kind, polygon))
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
