"""Faces drawn by a program, whose age shows: what stands in for photographs that may not be passed on."""

import hashlib
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.datasets.images import Faces
from noisyweights.datasets.source import DataSource

__all__ = ["LARGEST", "SMALLEST", "drawn_faces"]

SMALLEST, LARGEST = 8, 200  # pixels: below, no eye is left; above, a photograph has no more
YOUNGEST, OLDEST = 1, 116
BLOCK = 64  # faces that share a random stream: a face does not depend on how many are drawn

# A rough likeness of the ages in collections of photographs: share, kind, first and second parameter.
AGES = (
    (0.15, "exponential", 1.0, 3.5),  # infants: least age, mean above it
    (0.09, "normal", 14.0, 4.0),
    (0.40, "normal", 28.0, 4.5),
    (0.24, "normal", 43.0, 9.0),
    (0.12, "normal", 70.0, 14.0),
)

SKIN = np.array(
    [[0.98, 0.87, 0.78], [0.93, 0.75, 0.60], [0.76, 0.55, 0.39], [0.50, 0.33, 0.22], [0.30, 0.19, 0.13]]
)
HAIR = np.array(
    [[0.09, 0.07, 0.06], [0.25, 0.15, 0.09], [0.47, 0.30, 0.16], [0.80, 0.64, 0.38], [0.55, 0.24, 0.12]]
)
IRIS = np.array([[0.25, 0.14, 0.07], [0.36, 0.24, 0.11], [0.27, 0.40, 0.30], [0.30, 0.45, 0.60]])
GREY = np.array([0.80, 0.80, 0.79])
BLACK = np.zeros(3)


def drawn_faces(n: int, *, size: int, seed: int) -> Faces:
    """Draw `n` faces of 1 to 116 years in `size` × `size` pixels (8 to 200); the first do not depend on `n`.

    Age shows in the proportions of the head (round, with low and large eyes in a child), in wrinkles, in the
    hair (thin, then full, grey, receding), in lids, lips, nose, ears and spots. Each cue has its own scatter,
    so no cue tells the age exactly, nor do all together. Tone of skin, hair, beard, glasses, pose, light,
    background, contrast and noise tell nothing or little. Shapes are covered pixel by pixel from their
    distance functions, so the same faces come out at every size.

    Raises ValueError for a negative `n` or a size out of range.
    """
    if n < 0 or not SMALLEST <= size <= LARGEST:
        raise ValueError(f"{n} faces of size {size}: give 0 or more, and {SMALLEST} to {LARGEST} pixels")
    images, ages = np.empty((n, size, size, 3), np.uint8), np.empty(n, np.float32)
    for block in tqdm(range(-(-n // BLOCK)), desc="drawn faces", unit="block", delay=3, leave=False):
        where = slice(block * BLOCK, min((block + 1) * BLOCK, n))
        people = _people(seeds.generator(seed, "drawn faces", block))
        count = where.stop - where.start
        ages[where] = people.age[:count]
        images[where] = _draw(people, size, seeds.generator(seed, "drawn faces", block, "noise"))[:count]
    checksum = hashlib.sha256(images.tobytes() + ages.tobytes()).hexdigest()
    origin = f"a program (noisyweights.datasets.face_drawing), seed {seed}, {n:,} faces"
    return Faces(images, ages, DataSource("drawn faces", origin, checksum, drawn=True))


@dataclass(frozen=True, eq=False)
class _People:
    """What sets one face apart from another; each array (n,), colours (n, 3)."""

    age: np.ndarray
    growth: np.ndarray  # of the head: 0 at birth, 1 when grown up
    wear: np.ndarray  # of the skin: 0 below 25 years, about 1 at 90
    grey: np.ndarray  # share of grey hair
    bald: np.ndarray  # how far the hair has receded: 0 to 1
    thin: np.ndarray  # density of the hair: 0 to 1
    beard: np.ndarray  # density: 0 to 1
    long: np.ndarray  # length of the hair beside the face: 0 to 1
    glasses: np.ndarray  # 0 or 1
    skin: np.ndarray
    hair: np.ndarray
    iris: np.ndarray
    cloth: np.ndarray
    background: np.ndarray  # (n, 2, 3): above, below
    build: np.ndarray  # (n, 8) standard normal: the small differences of shape
    spots: np.ndarray  # (n, 5, 2): places
    pose: np.ndarray  # (n, 4): angle, scale, two shifts
    light: np.ndarray  # (n, 4): direction, strength, contrast, noise


def _people(random: np.random.Generator) -> _People:
    n = BLOCK
    age = _ages(random, n)
    looks = age + random.normal(0, 0.6 + 0.05 * age)  # what body and habits make of the years
    skin_age, hair_age = looks * random.lognormal(0, 0.10, n), looks * random.lognormal(0, 0.08, n)
    adult = _rise(looks, 16, 2)
    man = random.random(n) < 0.5
    return _People(
        age=age,
        growth=1 - np.exp(-np.maximum(looks, 0.2) / 7),
        wear=np.clip((skin_age - 24) / 62, 0, 1.4),
        grey=_rise(hair_age, random.normal(50, 7, n), 5),
        bald=_rise(hair_age, random.normal(58, 14, n), 8) * (man & (random.random(n) < 0.65)),
        thin=np.clip(0.25 + looks / 4, 0.25, 1) * np.clip(1.25 - hair_age / 180, 0.5, 1),
        beard=adult * man * (random.random(n) < 0.45) * random.uniform(0.25, 0.95, n),
        long=np.where(man, 0.05, random.uniform(0.2, 1, n)) * _rise(looks, 3, 1),
        glasses=(random.random(n) < 0.04 + 0.3 * _rise(looks, 52, 12)).astype(float),
        skin=_between(SKIN, random.random(n)) * random.normal(1, 0.04, (n, 3)),
        hair=HAIR[random.choice(len(HAIR), n, p=[0.35, 0.3, 0.17, 0.12, 0.06])]
        * random.normal(1, 0.1, (n, 3)),
        iris=IRIS[random.choice(len(IRIS), n, p=[0.45, 0.25, 0.15, 0.15])],
        cloth=random.uniform(0.05, 0.95, (n, 3)),
        background=np.clip(random.uniform(0.15, 0.9, (n, 1, 1)) + random.normal(0, 0.07, (n, 2, 3)), 0, 1),
        build=random.normal(0, 1, (n, 8)),
        spots=random.uniform(-1, 1, (n, 5, 2)),
        pose=random.normal([0, 0.98, 0, 0.02], [0.09, 0.05, 0.04, 0.04], (n, 4)),
        light=np.stack(
            [
                random.uniform(-np.pi, 0, n),
                random.uniform(0.02, 0.3, n),
                random.lognormal(0, 0.16, n),
                random.uniform(0.005, 0.045, n),
            ],
            axis=1,
        ),
    )


def _ages(random: np.random.Generator, n: int) -> np.ndarray:
    """Whole years, a draw of the mixture `AGES`."""
    share = [part[0] for part in AGES]
    _, kind, first, second = zip(*AGES, strict=True)
    pick = random.choice(len(AGES), n, p=share)
    first, second = np.array(first)[pick], np.array(second)[pick]
    infant = np.array(kind)[pick] == "exponential"
    years = np.where(
        infant, first + random.exponential(1, n) * second, random.normal(0, 1, n) * second + first
    )
    return np.clip(np.floor(years), YOUNGEST, OLDEST)


class _Canvas:
    """Colours (n, 3, size, size), and where each pixel lies in the frame of the face: x right, y down."""

    def __init__(self, people: _People, size: int) -> None:
        side = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
        angle, scale, right, down = (_column(p) for p in people.pose.T)
        x, y = side[None, None, None, :] - right, side[None, None, :, None] - down
        self.x = (np.cos(angle) * x + np.sin(angle) * y) / scale
        self.y = (np.cos(angle) * y - np.sin(angle) * x) / scale
        self.pixel = 2 / size / scale
        above, below = (_colour(people.background[:, k]) for k in (0, 1))
        self.colours = above + (below - above) * ((side[:, None] + 1) / 2) * np.ones(size, np.float32)

    def paint(self, cover: np.ndarray, colour: np.ndarray) -> None:
        """Put a colour (n, 3, 1, 1) over what is there, as far as it covers (n, 1, size, size)."""
        self.colours += cover * (colour - self.colours)

    def inside(self, distance: np.ndarray, soft: float = 0.0) -> np.ndarray:
        """Share of each pixel within a shape, from the signed distance; `soft` widens the edge."""
        return np.clip(0.5 - distance / (self.pixel + soft), 0, 1)

    def ellipse(self, x: np.ndarray, y: np.ndarray, wide: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Signed distance from an ellipse, to first order at its edge."""
        u, v = (self.x - x) / wide, (self.y - y) / high
        k = np.sqrt(u * u + v * v) + 1e-6
        return k * (k - 1) / (np.sqrt((u / wide) ** 2 + (v / high) ** 2) + 1e-6)

    def stroke(self, start: tuple, end: tuple, thick: np.ndarray) -> np.ndarray:
        """Signed distance from a segment with round ends, `thick` wide."""
        x, y = end[0] - start[0], end[1] - start[1]
        u, v = self.x - start[0], self.y - start[1]
        along = np.clip((u * x + v * y) / (x * x + y * y + 1e-9), 0, 1)
        return np.sqrt((u - along * x) ** 2 + (v - along * y) ** 2) - thick / 2


@dataclass(frozen=True, eq=False)
class _Face:
    """What is drawn of each person: shapes (n, 1, 1, 1) in half pictures, colours (n, 3, 1, 1)."""

    growth: np.ndarray
    wear: np.ndarray
    wide: np.ndarray  # half axes of the head
    high: np.ndarray
    eyes: np.ndarray  # their height
    build: list[np.ndarray]
    skin: np.ndarray
    lines: np.ndarray
    hair: np.ndarray


def _face(people: _People) -> _Face:
    build = [_column(values) for values in people.build.T]
    growth, wear, grey = _column(people.growth), _column(people.wear), _column(people.grey)
    skin = _colour(np.clip(people.skin, 0, 1))
    return _Face(
        growth=growth,
        wear=wear,
        wide=0.60 - 0.07 * growth + 0.025 * build[0],
        high=0.66 + 0.10 * growth + 0.02 * build[1],
        eyes=0.16 - 0.19 * growth + 0.015 * build[2],
        build=build,
        skin=skin,
        lines=skin * (0.52 + 0.08 * (1 - wear)),
        hair=_colour(np.clip(people.hair, 0, 1)) * (1 - grey) + _colour(GREY[None]) * grey,
    )


def _draw(people: _People, size: int, random: np.random.Generator) -> np.ndarray:
    """Pictures of the people, uint8 (n, size, size, 3), painted from the back to the front."""
    canvas, face = _Canvas(people, size), _face(people)
    _behind(canvas, people, face)
    head = _head(canvas, face)
    _skin(canvas, people, face, head)
    _eyes(canvas, people, face)
    _nose_and_mouth(canvas, people, face, head)
    _hair(canvas, people, face)
    _glasses(canvas, people, face)

    direction, strength, contrast, noise = (_column(value) for value in people.light.T)
    light = 1 + strength * (np.cos(direction) * canvas.x + np.sin(direction) * canvas.y)
    colours = np.clip(canvas.colours * light, 0, 1) ** contrast
    colours += noise * random.standard_normal(colours.shape, np.float32)
    return (np.clip(colours, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(0, 2, 3, 1)


def _behind(canvas: _Canvas, people: _People, face: _Face) -> None:
    """Long hair, shoulders, neck and ears."""
    long = _column(people.long)
    wide, high = face.wide * (1.08 + 0.14 * long), face.high * (0.80 + 0.3 * long)
    mane = canvas.inside(canvas.ellipse(0, -0.12 + 0.38 * long, wide, high))
    canvas.paint(mane * (long > 0.1), face.hair * 0.85)
    canvas.paint(canvas.inside(canvas.ellipse(0, 1.28, 0.95, 0.42)), _colour(people.cloth))
    neck = canvas.stroke((0, 0.3), (0, 0.95), face.wide * (0.55 + 0.4 * face.growth))
    canvas.paint(canvas.inside(neck), face.skin * 0.80)
    ear = 0.13 + 0.05 * face.wear
    for side in (-1, 1):
        canvas.paint(canvas.inside(canvas.ellipse(side * face.wide, 0.05, 0.08, ear)), face.skin * 0.88)


def _head(canvas: _Canvas, face: _Face) -> np.ndarray:
    """Skull and jaw, darker towards the edge; returns the cover."""
    jaw = np.maximum(canvas.y, 0)
    narrow = 1 - (0.30 * face.growth - 0.22 * np.minimum(face.wear, 1)) * jaw * jaw  # the cheeks sag
    u, v = canvas.x / (face.wide * narrow), canvas.y / face.high
    k = np.sqrt(u * u + v * v) + 1e-6
    head = canvas.inside((k - 1) * np.minimum(face.wide, face.high))
    canvas.paint(head, face.skin * (1.03 - 0.20 * np.clip(k, 0, 1) ** 4))
    blush = face.skin * np.array([1.05, 0.84, 0.82], np.float32)[:, None, None]
    for side in (-1, 1):
        cheek = canvas.inside(canvas.ellipse(side * 0.30, 0.30, 0.14, 0.11), soft=0.15)
        canvas.paint(cheek * head * (0.75 - 0.65 * face.growth), blush)
    return head


def _skin(canvas: _Canvas, people: _People, face: _Face, head: np.ndarray) -> None:
    """Lines on the forehead, crow's feet, folds beside the nose, and spots."""
    deep = np.clip(face.wear, 0, 1.2)
    for k, height in enumerate((0.20, 0.29, 0.38)):
        wave = 0.02 * np.cos(5 * canvas.x + k)
        line = np.abs(canvas.y - (face.eyes - height) + wave) - 0.012
        span = np.clip((0.36 - np.abs(canvas.x)) / 0.1, 0, 1)
        canvas.paint(canvas.inside(line) * span * head * np.clip(1.5 * deep - 0.25 * k, 0, 0.95), face.lines)
    for side in (-1, 1):
        for tilt in (-0.08, 0.0, 0.08):
            foot = canvas.stroke(
                (side * 0.40, face.eyes + tilt / 2), (side * 0.52, face.eyes + 0.02 + 1.2 * tilt), 0.016
            )
            canvas.paint(canvas.inside(foot) * np.clip(1.2 * deep - 0.1, 0, 0.85), face.lines)
        fold = canvas.stroke((side * 0.13, face.eyes + 0.26), (side * 0.25, face.eyes + 0.46), 0.025)
        canvas.paint(canvas.inside(fold, soft=0.01) * np.clip(1.3 * deep, 0, 0.9), face.lines)
        hollow = canvas.ellipse(side * 0.34, face.eyes + 0.34, 0.07, 0.15)
        canvas.paint(canvas.inside(hollow, soft=0.12) * np.clip(deep - 0.4, 0, 0.5), face.lines)
    for k in range(people.spots.shape[1]):
        x, y = (_column(people.spots[:, k, axis]) * 0.45 for axis in (0, 1))
        spot = canvas.inside(canvas.ellipse(x, y, 0.035, 0.028), soft=0.02)
        canvas.paint(spot * head * np.clip(1.4 * (face.wear - 0.45), 0, 0.55), face.skin * 0.6)


def _eyes(canvas: _Canvas, people: _People, face: _Face) -> None:
    """Eyes that grow less than the face, lids that droop, bags, and brows."""
    apart = 0.255 + 0.01 * face.build[3]
    wide = 0.135 - 0.022 * face.growth
    high = wide * (0.86 - 0.28 * face.growth - 0.22 * np.minimum(face.wear, 1.2) + 0.04 * face.build[4])
    brow = 0.025 + 0.035 * face.growth
    for side in (-1, 1):
        x = side * apart
        socket = canvas.inside(canvas.ellipse(x, face.eyes, wide * 1.3, high * 1.5), soft=0.05)
        canvas.paint(socket * 0.35, face.skin * 0.7)
        ball = canvas.inside(canvas.ellipse(x, face.eyes, wide, high))
        canvas.paint(ball, _colour(np.array([[0.95, 0.94, 0.92]])) * (1 - 0.08 * face.wear))
        iris = 0.078 - 0.012 * face.growth
        for radius, colour in ((iris, people.iris), (iris / 2, BLACK[None])):
            disc = canvas.inside(canvas.ellipse(x, face.eyes, radius, radius))
            canvas.paint(ball * disc, _colour(colour))
        canvas.paint(canvas.inside(_lashes(canvas, x, face.eyes, wide, high)), face.lines * 0.55)
        bag = canvas.stroke((x - 0.7 * wide, face.eyes + 0.12), (x + 0.7 * wide, face.eyes + 0.12), 0.02)
        canvas.paint(canvas.inside(bag, soft=0.02) * np.clip(1.2 * face.wear - 0.1, 0, 0.8), face.lines)
        inner, outer = face.eyes - 0.17 - 0.01 * face.build[5], face.eyes - 0.155 + 0.04 * face.wear
        line = canvas.stroke((side * 0.12, inner), (side * 0.39, outer), brow)
        canvas.paint(canvas.inside(line) * (0.25 + 0.6 * face.growth), face.hair * 0.8)


def _lashes(canvas: _Canvas, x: np.ndarray, y: np.ndarray, wide: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Signed distance from the upper half of an eye's edge."""
    edge = np.abs(canvas.ellipse(x, y, wide * 1.04, high * 1.06)) - 0.013
    return np.where(canvas.y < y, edge, 1.0)


def _nose_and_mouth(canvas: _Canvas, people: _People, face: _Face, head: np.ndarray) -> None:
    """A nose and lips that change with the years, and a beard around the lips."""
    tip = face.eyes + 0.17 + 0.11 * face.growth + 0.05 * face.wear
    broad = 0.055 + 0.035 * face.growth + 0.02 * face.wear + 0.006 * face.build[6]
    mouth = tip + 0.17 + 0.02 * face.growth
    beard = _column(people.beard)
    chin = canvas.inside(canvas.ellipse(0, mouth + 0.10, 0.46, 0.34), soft=0.08)
    low = np.clip((canvas.y - tip - 0.03) / 0.06, 0, 1)
    canvas.paint(chin * low * head * beard, face.hair * 0.9)

    ridge = canvas.stroke((0.03, face.eyes + 0.05), (0.035, tip - 0.03), 0.03)
    canvas.paint(canvas.inside(ridge, soft=0.05) * 0.45 * face.growth, face.skin * 0.7)
    canvas.paint(canvas.inside(canvas.ellipse(0, tip, broad, 0.045), soft=0.03), face.skin * 0.88)
    for side in (-1, 1):
        nostril = canvas.inside(canvas.ellipse(side * broad * 0.6, tip + 0.02, 0.022, 0.015))
        canvas.paint(nostril * 0.8, face.lines * 0.6)

    wide = 0.13 + 0.06 * face.growth + 0.01 * face.build[7]
    full = 0.058 - 0.030 * np.minimum(face.wear, 1.2)
    red = face.skin * np.array([0.88, 0.55, 0.55], np.float32)[:, None, None]
    canvas.paint(canvas.inside(canvas.ellipse(0, mouth, wide, full)), red)
    droop = 0.03 * face.wear
    for side in (-1, 1):
        corner = canvas.stroke((0, mouth), (side * wide, mouth - 0.015 + droop), 0.015)
        canvas.paint(canvas.inside(corner), face.lines * 0.6)


def _hair(canvas: _Canvas, people: _People, face: _Face) -> None:
    """Hair on the skull above a line that recedes, thin in infants."""
    bald, thin = _column(people.bald), _column(people.thin)
    cap = canvas.inside(canvas.ellipse(0, -0.06, face.wide * 1.09, face.high * 1.06), soft=0.02)
    line = -0.40 - 0.07 * (1 - face.growth) + 0.025 * face.build[1] - 0.34 * bald
    arch = line + (0.55 + 0.5 * bald) * canvas.x**2 * (1 + 0.4 * canvas.x**2) * 1.6
    top = canvas.inside(canvas.y - arch, soft=0.04)
    crown = 1 - np.clip(1.3 * bald - 0.3, 0, 1) * np.clip((0.85 * face.wide - np.abs(canvas.x)) / 0.1, 0, 1)
    strand = 1 + 0.05 * np.sin(28 * canvas.x + 6 * np.sin(5 * canvas.y))
    canvas.paint(cap * top * crown * thin, np.clip(face.hair * strand, 0, 1))


def _glasses(canvas: _Canvas, people: _People, face: _Face) -> None:
    worn = _column(people.glasses)
    frame = _colour(np.array([[0.12, 0.11, 0.12]]))
    for side in (-1, 1):
        rim = np.abs(canvas.ellipse(side * 0.255, face.eyes + 0.02, 0.19, 0.155)) - 0.014
        canvas.paint(canvas.inside(rim) * worn, frame)
    canvas.paint(canvas.inside(canvas.stroke((-0.07, face.eyes), (0.07, face.eyes), 0.03)) * worn, frame)


def _column(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32)[:, None, None, None]


def _colour(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32)[:, :, None, None]


def _rise(x: np.ndarray, middle: float | np.ndarray, width: float) -> np.ndarray:
    """A smooth step from 0 to 1."""
    return 1 / (1 + np.exp(-(x - middle) / width))


def _between(palette: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Colours along a palette, `place` from 0 to 1."""
    at = place * (len(palette) - 1)
    low = np.minimum(at.astype(int), len(palette) - 2)
    share = (at - low)[:, None]
    return palette[low] * (1 - share) + palette[low + 1] * share
