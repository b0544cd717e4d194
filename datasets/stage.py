"""Holds what stays the same while a camera looks one way: the still street under its weather, and what draws on it.

A camera that turns away gets another stage, and so does a sun that has moved on; a scene keeps the few that it needs.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from datasets.backdrop import Backdrop, paint_backdrop
from datasets.draw_paper import PaperPatch, paper_patches
from datasets.ground_camera import GroundCamera
from datasets.haze import Haze
from datasets.lamps import LampLight, Lamps, lamps_of, street_lamps
from datasets.light import Light
from datasets.moving_shade import CLOUD_GRID_PX, CloudShade, LeafShade, leaf_shades
from datasets.scenario import Script
from datasets.shapes import Shape
from datasets.sightlines import Sightlines, sightlines
from datasets.sketches import Pose, Sketch, Studio
from datasets.still_papers import StillPapers
from datasets.street import Street
from datasets.weather import CLEAR, Weather, air_colour
from datasets.wet_ground import WetGround


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How one thing looks: itself, what a wet ground mirrors of it (or None), and its lamps (or None)."""

    sketch: Sketch
    mirrored: Sketch | None
    lamps: Lamps | None


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What one view of a street under one light consists of.

    Attributes:
        street: what is seen.
        camera: from where.
        light: under which light.
        backdrop: the still picture, weather included, and the furniture that can hide things.
        papers: flyers as patches of the picture.
        still: the backdrop with the papers that hang at a time.
        haze: veils what is far; None in clear air.
        wet: the wet ground; None where it is dry.
        lamps: beams and halos; None where lamps have none.
        leaves: moving flecks of sun under trees.
        clouds: shadows of clouds that pass; None where there are none.
        resting: sketches of what stands still, by object; filled while drawing.
    """

    street: Street
    camera: GroundCamera
    light: Light
    backdrop: Backdrop
    papers: tuple[PaperPatch, ...]
    still: StillPapers
    haze: Haze | None = None
    wet: WetGround | None = None
    lamps: LampLight | None = None
    leaves: tuple[LeafShade, ...] = ()
    clouds: CloudShade | None = None
    resting: dict[int, tuple[Pose, Look | None]] = field(default_factory=dict)

    def look(self, object_id: int, shape: Shape, pose: Pose, *, steady: bool) -> Look | None:
        """Return how a thing looks, or None where the camera cannot see it; `steady` things are kept."""
        known = self.resting.get(object_id)
        if steady and known is not None and known[0] == pose:
            return known[1]
        look = self._look(shape, pose)
        if steady:
            self.resting[object_id] = pose, look
        return look

    def _look(self, shape: Shape, pose: Pose) -> Look | None:
        lamp = 0.0
        if self.light.lamps_on:
            lamp = float(self.street.lamp_light(np.array([[pose.x, pose.y]]))[0])
        sketch = Studio(self.camera, self.light, self.street.front_y).sketch(shape, pose, lamp)
        if sketch is None:
            return None
        x, y, z = self.camera.position
        distance_m = math.hypot(pose.x - x, pose.y - y, z)
        mirrored = self.wet.sketch(shape, pose, lamp, distance_m) if self.wet is not None else None
        if self.haze is not None:
            sketch = self.haze.over(sketch, distance_m)
            mirrored = self.haze.over(mirrored, distance_m) if mirrored is not None else None
        return Look(sketch, mirrored, lamps_of(shape, pose) if self.lamps is not None else None)


def set_stage(script: Script, camera: GroundCamera, light: Light) -> Stage:
    """Return the stage of a script for a camera and a light; takes some hundred milliseconds at 720p."""
    street, weather = script.street, script.weather
    backdrop = paint_backdrop(street, camera, light)
    papers = paper_patches(script, camera, light)
    plain = Stage(street, camera, light, backdrop, papers, StillPapers(backdrop, papers, street, camera))
    if weather == CLEAR and light.beams_ratio == 0:
        return plain
    sight = sightlines(camera, street.front_y)
    lamps = street_lamps(street) if light.lamps_on else None
    lit = LampLight(camera, light.beams_ratio, _veil_ratio(weather)) if light.beams_ratio else None
    haze = _haze(light, weather)
    if haze is not None:
        backdrop = replace(backdrop, bgr=haze.over_still(backdrop.bgr, sight.distances))
        papers = tuple(_veiled(paper, haze, sight) for paper in papers)
    wet = WetGround(street, camera, light, weather.wet_ratio) if weather.wet_ratio else None
    if wet is not None:
        backdrop = wet.soak(backdrop, sight, lit, lamps)
    if lit is not None and lamps is not None:
        backdrop = replace(backdrop, bgr=lit.glare_still(backdrop.bgr, lamps))
    clouds = None
    if weather.clouds_ratio and light.shadow_ratio > 0:
        coarse = sightlines(camera, street.front_y, CLOUD_GRID_PX)
        clouds = CloudShade(coarse, weather.clouds_ratio * light.shadow_ratio, street.look)
    still = StillPapers(backdrop, papers, street, camera)
    leaves = leaf_shades(street, camera, light, weather.wind_ratio)
    return replace(
        plain,
        backdrop=backdrop,
        papers=papers,
        still=still,
        haze=haze,
        wet=wet,
        lamps=lit,
        leaves=leaves,
        clouds=clouds,
        resting={},
    )


def _haze(light: Light, weather: Weather) -> Haze | None:
    if weather.visibility_m == math.inf:
        return None
    return Haze(air_colour(light), weather.visibility_m, LEAST_LAMP_LEVEL if light.lamps_on else 256.0)


LEAST_LAMP_LEVEL = 200.0
"""By night nothing but lamps is as bright as this."""


def _veil_ratio(weather: Weather) -> float:
    """How much the air scatters the light of lamps: all of it in thick fog."""
    return max(weather.rain_ratio * 0.6, math.exp(-weather.visibility_m / 120.0))


def _veiled(paper: PaperPatch, haze: Haze, sight: Sightlines) -> PaperPatch:
    """A flyer behind haze, as far away as the wall it hangs on."""
    (x, y), (height, width) = paper.corner, paper.mask.shape
    return replace(paper, pixels=haze.over_still(paper.pixels, sight.distances[y : y + height, x : x + width]))
