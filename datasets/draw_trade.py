"""Makes what vendors bring besides tables: food carts, grills, shoe-shine chairs, baskets, crates, racks, stools."""

import math

import numpy as np

from datasets.draw_goods import CANOPIES, CLOTHS, CRATES, FRUITS
from datasets.draw_pieces import awning, block_writing, dimmed, drum
from datasets.shapes import GLOWING, Colour, Finish, Shape, ShapeBuilder

STEEL: Colour = (186, 188, 190)
WICKER: tuple[Colour, ...] = ((96, 148, 190), (80, 128, 168), (120, 168, 204), (70, 110, 60))
WOOD: tuple[Colour, ...] = ((60, 88, 124), (78, 112, 150), (48, 66, 92))


def make_food_cart(look: int) -> Shape:
    """Return a snack cart with a steel top, pots and steamers, a bright sign and a striped awning."""
    rng = np.random.default_rng(look + 211)
    build = ShapeBuilder()
    length, half, top, roof = float(rng.uniform(0.8, 1.15)), 0.45, 0.95, float(rng.uniform(2.0, 2.25))
    body, trim = CLOTHS[look % len(CLOTHS)], CANOPIES[int(rng.integers(len(CANOPIES)))]
    build.box((-length, -half, 0.22), (length, half, top), Finish(body), lid=Finish(STEEL))
    for side in (-half, half):
        panel = [(-length * 0.92, 0.34), (length * 0.92, 0.34), (length * 0.92, 0.82), (-length * 0.92, 0.82)]
        build.side_panel(panel, side * 1.01, Finish(trim[0], 1))
        for x in (-length * 0.6, length * 0.6):
            build.wheel((x, side * 1.03, 0.24), 0.24, Finish((40, 40, 42), 2), sides=12)
    sign = (-length * 0.8, -half * 1.03, 0.42), (length * 0.8, -half * 1.03, 0.76)
    block_writing(build, sign, 4, Finish((240, 242, 244), 2), rng)
    for x in np.arange(-length + 0.28, length - 0.1, 0.5):
        if rng.random() < 0.5:
            for level in range(int(rng.integers(2, 5))):
                steamer = Finish((132, 186, 216), 1), Finish((150, 200, 226), 1)
                drum(build, (float(x), 0.1, top + 0.13 * level), (0.2, 0.2, 0.12), *steamer)
        else:
            drum(build, (float(x), 0.1, top), (0.17, 0.19, 0.24), Finish(STEEL, 1), Finish((70, 96, 140), 1))
    for x in (-length, length):
        for y in (-half, half):
            build.tube((x, y, top), (x, y, roof), (0.018, 0.018), Finish((160, 162, 164), 2))
    awning(build, (-length - 0.12, -half - 0.4, roof - 0.18), (length + 0.12, half + 0.1, roof + 0.16), trim, 4)
    build.tube((-length, 0.0, 0.8), (-length - 0.42, 0.0, 0.86), (0.025, 0.025), Finish((120, 122, 124)))
    return build.build()


def make_grill(look: int) -> Shape:
    """Return a charcoal grill on legs with skewers over glowing coals and a side board."""
    rng = np.random.default_rng(look + 431)
    build = ShapeBuilder()
    length, half, top = float(rng.uniform(0.6, 0.95)), 0.17, float(rng.uniform(0.76, 0.86))
    dark = ((60, 62, 66), (150, 152, 154), (44, 46, 50))[look % 3]
    for x in (-length + 0.06, length - 0.06):
        for y in (-half + 0.03, half - 0.03):
            build.tube((x, y, 0.0), (x, y, top - 0.18), (0.022, 0.022), Finish((96, 98, 100)))
    build.box((-length + 0.05, -half, 0.24), (length - 0.05, half, 0.28), Finish((110, 112, 114)))
    drum(build, (0.1, 0.0, 0.28), (0.12, 0.12, 0.22), Finish(CRATES[look % 5]), Finish((60, 60, 62)))
    build.box((-length, -half, top - 0.2), (length, half, top), Finish(dark, 1), lid=Finish((40, 44, 62), 1))
    for x in np.arange(-length + 0.1, length - 0.05, 0.15):
        coal = Finish((30, float(rng.uniform(60, 120)), float(rng.uniform(190, 245))), 2, GLOWING)
        build.face([(x, -0.1, top), (x + 0.1, -0.1, top), (x + 0.1, 0.1, top), (x, 0.1, top)], coal)
    for x in np.arange(-length + 0.08, length - 0.05, 0.085):
        meat = Finish(((50, 70, 130), (60, 96, 156), (70, 150, 80))[int(rng.integers(3))], 3)
        build.tube((x, -0.22, top + 0.03), (x, 0.14, top + 0.03), (0.012, 0.03), meat)
    build.box((length, -half, top - 0.05), (length + 0.42, half + 0.06, top), Finish(WOOD[look % 3], 1))
    drum(build, (length + 0.2, 0.0, top), (0.09, 0.1, 0.14), Finish(STEEL, 2), Finish((50, 60, 170), 2))
    return build.build()


def make_shoe_chair(look: int) -> Shape:
    """Return a shoe-shine chair: a cushioned armchair on a plinth, a foot rest before it, a kit box beside."""
    rng = np.random.default_rng(look + 613)
    build = ShapeBuilder()
    wood, cushion = Finish(WOOD[look % 3]), Finish(CLOTHS[int(rng.integers(len(CLOTHS) - 2))], 1)
    build.box((-0.42, -0.36, 0.0), (0.28, 0.36, 0.2), Finish(dimmed(wood.colour)))
    build.box((-0.34, -0.3, 0.2), (0.22, 0.3, 0.55), wood, lid=cushion)
    build.box((-0.42, -0.3, 0.2), (-0.3, 0.3, 1.3), wood)
    build.face([(-0.29, -0.25, 0.6), (-0.29, 0.25, 0.6), (-0.29, 0.25, 1.22), (-0.29, -0.25, 1.22)], cushion)
    for y in (-0.34, 0.28):
        build.box((-0.34, y, 0.55), (0.2, y + 0.06, 0.78), wood)
    build.box((0.4, -0.16, 0.0), (0.62, 0.16, 0.3), Finish(dimmed(wood.colour)), lid=Finish((60, 62, 64)))
    build.box((0.2, 0.5, 0.0), (0.62, 0.82, 0.3), Finish((70, 100, 140)), lid=Finish((52, 78, 110)))
    for i in range(4):
        tint = ((40, 40, 42), (40, 60, 110), (60, 60, 180), (150, 150, 150))[i]
        drum(build, (0.27 + 0.1 * i, 0.62, 0.3), (0.04, 0.04, 0.08), Finish(tint, 1), Finish(dimmed(tint), 1))
    return build.build()


def make_baskets(look: int) -> Shape:
    """Return round baskets of fruit and vegetables on the ground."""
    rng = np.random.default_rng(look + 733)
    build = ShapeBuilder()
    places = [(-0.55, 0.0), (0.02, 0.12), (0.58, -0.02), (-0.25, -0.5), (0.32, -0.48)][: int(rng.integers(2, 6))]
    for x, y in sorted(places, key=lambda place: -place[1]):
        _basket(build, (x, y, 0.0), float(rng.uniform(0.22, 0.3)), rng)
    return build.build()


def make_shoulder_pole(look: int) -> Shape:
    """Return two baskets that hang from a pole over somebody's shoulder; its origin is the carrier's place."""
    rng = np.random.default_rng(look + 739)
    build = ShapeBuilder()
    build.tube((-0.85, -0.2, 1.3), (0.85, -0.2, 1.3), (0.022, 0.022), Finish((90, 150, 190), 2))
    for x in (-0.78, 0.78):
        _basket(build, (x, -0.2, 0.3), 0.25, rng)
        for side in (-0.2, 0.2):
            build.tube((x + side, -0.2, 0.56), (x, -0.2, 1.3), (0.008, 0.008), Finish((110, 130, 150), 1))
    return build.build()


def make_crates(look: int) -> Shape:
    """Return plastic crates and cartons stacked on the ground, fruit in the uppermost."""
    rng = np.random.default_rng(look + 857)
    build = ShapeBuilder()
    columns = int(rng.integers(2, 4))
    for i in range(columns):
        for j in range(int(rng.integers(1, 3))):
            x, y = (i - columns / 2) * 0.54, (0.5 - j) * 0.42 - 0.2
            levels = int(rng.integers(1, 5))
            for level in range(levels):
                crate = Finish(CRATES[int(rng.integers(5))] if rng.random() < 0.7 else (96, 148, 186), level)
                low, high = (x, y, 0.3 * level), (x + 0.5, y + 0.38, 0.3 * level + 0.28)
                build.box(low, high, crate, lid=Finish(dimmed(crate.colour, 0.5), level))
            tint = FRUITS[int(rng.integers(len(FRUITS)))]
            for dx in (0.12, 0.25, 0.38):
                for dy in (0.1, 0.27):
                    build.ball((x + dx, y + dy, 0.3 * levels - 0.02), 0.075, Finish(tint, levels))
    return build.build()


def make_clothes_rack(look: int) -> Shape:
    """Return a rail on wheels with clothes on hangers."""
    rng = np.random.default_rng(look + 941)
    build = ShapeBuilder()
    length, top = float(rng.uniform(0.65, 1.0)), float(rng.uniform(1.5, 1.75))
    metal = Finish((170, 172, 174))
    for x in (-length, length):
        build.tube((x, 0.0, 0.06), (x, 0.0, top), (0.018, 0.018), metal)
        build.tube((x, -0.28, 0.05), (x, 0.28, 0.05), (0.022, 0.022), metal)
    build.tube((-length, 0.0, top), (length, 0.0, top), (0.016, 0.016), Finish((190, 192, 194), 2))
    x = -length + 0.1
    while x < length - 0.1:
        cloth = np.array(FRUITS[int(rng.integers(len(FRUITS)))], float) * float(rng.uniform(0.6, 1.1))
        tint: Colour = (min(255.0, cloth[0]), min(255.0, cloth[1]), min(255.0, cloth[2]))
        drop = float(rng.uniform(0.55, 1.0))
        build.box((x - 0.03, -0.2, top - drop), (x + 0.03, 0.2, top - 0.1), Finish(tint, 1))
        x += float(rng.uniform(0.08, 0.14))
    return build.build()


def make_stool(look: int, *, height: float = 0.46) -> Shape:
    """Return a plastic stool."""
    build = ShapeBuilder()
    tint = ((60, 60, 205), (190, 110, 40), (80, 160, 60), (60, 190, 235), (210, 210, 208))[look % 5]
    for i in range(4):
        turn = math.pi / 4 + i * math.pi / 2
        cos, sin = math.cos(turn), math.sin(turn)
        build.tube((0.19 * cos, 0.19 * sin, 0.0), (0.14 * cos, 0.14 * sin, height), (0.03, 0.03), Finish(dimmed(tint)))
    drum(build, (0.0, 0.0, height - 0.06), (0.17, 0.16, 0.06), Finish(tint, 1), Finish(tint, 1))
    return build.build()


def make_low_stool(look: int) -> Shape:
    """Return a stool as low as shoe shiners and vegetable sellers sit on."""
    return make_stool(look, height=0.27)


def _basket(build: ShapeBuilder, foot: tuple[float, float, float], radius: float, rng: np.random.Generator) -> None:
    weave = WICKER[int(rng.integers(len(WICKER)))]
    x, y, z = foot
    drum(build, foot, (radius * 0.78, radius, 0.26), Finish(weave), Finish(dimmed(weave, 0.6)))
    tint = FRUITS[int(rng.integers(len(FRUITS)))]
    for i in range(7):
        turn, out = i * 2 * math.pi / 6, 0.0 if i == 6 else radius * 0.6
        shade = float(rng.uniform(0.85, 1.1))
        fruit = Finish((tint[0] * shade, tint[1] * shade, tint[2] * shade), 1)
        build.ball((x + out * math.cos(turn), y + out * math.sin(turn), z + 0.27), radius * 0.33, fruit)
