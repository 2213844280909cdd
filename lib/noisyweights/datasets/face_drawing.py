"""Faces drawn by a program, whose age shows: what stands in for photographs that may not be passed on."""

import hashlib
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.datasets.drawn_people import BLOCK, People, people_of_a_block
from noisyweights.datasets.face_canvas import Canvas, colours, numbers
from noisyweights.datasets.images import Faces
from noisyweights.datasets.source import DataSource

__all__ = ["LARGEST", "SMALLEST", "drawn_faces"]

SMALLEST, LARGEST = 8, 200  # pixels: below, no eye is left; above, a photograph has no more
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
        people = people_of_a_block(seeds.generator(seed, "drawn faces", block))
        count = where.stop - where.start
        ages[where] = people.age[:count]
        images[where] = _draw(people, size, seeds.generator(seed, "drawn faces", block, "noise"))[:count]
    checksum = hashlib.sha256(images.tobytes() + ages.tobytes()).hexdigest()
    origin = f"a program (noisyweights.datasets.face_drawing), seed {seed}, {n:,} faces"
    return Faces(images, ages, DataSource("drawn faces", origin, checksum, drawn=True))


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


def _face(people: People) -> _Face:
    build = [numbers(values) for values in people.build.T]
    growth, wear, grey = numbers(people.growth), numbers(people.wear), numbers(people.grey)
    skin = colours(np.clip(people.skin, 0, 1))
    return _Face(
        growth=growth,
        wear=wear,
        wide=0.60 - 0.07 * growth + 0.025 * build[0],
        high=0.66 + 0.10 * growth + 0.02 * build[1],
        eyes=0.16 - 0.19 * growth + 0.015 * build[2],
        build=build,
        skin=skin,
        lines=skin * (0.52 + 0.08 * (1 - wear)),
        hair=colours(np.clip(people.hair, 0, 1)) * (1 - grey) + colours(GREY[None]) * grey,
    )


def _draw(people: People, size: int, random: np.random.Generator) -> np.ndarray:
    """Pictures of the people, uint8 (n, size, size, 3), painted from the back to the front."""
    canvas, face = Canvas(people.pose, people.background, size), _face(people)
    _behind(canvas, people, face)
    head = _head(canvas, face)
    _skin(canvas, people, face, head)
    _eyes(canvas, people, face)
    _nose_and_mouth(canvas, people, face, head)
    _hair(canvas, people, face)
    _glasses(canvas, people, face)

    direction, strength, contrast, noise = (numbers(value) for value in people.light.T)
    light = 1 + strength * (np.cos(direction) * canvas.x + np.sin(direction) * canvas.y)
    colours = np.clip(canvas.colours * light, 0, 1) ** contrast
    colours += noise * random.standard_normal(colours.shape, np.float32)
    return (np.clip(colours, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(0, 2, 3, 1)


def _behind(canvas: Canvas, people: People, face: _Face) -> None:
    """Long hair, shoulders, neck and ears."""
    long = numbers(people.long)
    wide, high = face.wide * (1.08 + 0.14 * long), face.high * (0.80 + 0.3 * long)
    mane = canvas.inside(canvas.ellipse(0, -0.12 + 0.38 * long, wide, high))
    canvas.paint(mane * (long > 0.1), face.hair * 0.85)
    canvas.paint(canvas.inside(canvas.ellipse(0, 1.28, 0.95, 0.42)), colours(people.cloth))
    neck = canvas.stroke((0, 0.3), (0, 0.95), face.wide * (0.55 + 0.4 * face.growth))
    canvas.paint(canvas.inside(neck), face.skin * 0.80)
    ear = 0.13 + 0.05 * face.wear
    for side in (-1, 1):
        canvas.paint(canvas.inside(canvas.ellipse(side * face.wide, 0.05, 0.08, ear)), face.skin * 0.88)


def _head(canvas: Canvas, face: _Face) -> np.ndarray:
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


def _skin(canvas: Canvas, people: People, face: _Face, head: np.ndarray) -> None:
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
        x, y = (numbers(people.spots[:, k, axis]) * 0.45 for axis in (0, 1))
        spot = canvas.inside(canvas.ellipse(x, y, 0.035, 0.028), soft=0.02)
        canvas.paint(spot * head * np.clip(1.4 * (face.wear - 0.45), 0, 0.55), face.skin * 0.6)


def _eyes(canvas: Canvas, people: People, face: _Face) -> None:
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
        canvas.paint(ball, colours(np.array([[0.95, 0.94, 0.92]])) * (1 - 0.08 * face.wear))
        iris = 0.078 - 0.012 * face.growth
        for radius, colour in ((iris, people.iris), (iris / 2, BLACK[None])):
            disc = canvas.inside(canvas.ellipse(x, face.eyes, radius, radius))
            canvas.paint(ball * disc, colours(colour))
        canvas.paint(canvas.inside(_lashes(canvas, x, face.eyes, wide, high)), face.lines * 0.55)
        bag = canvas.stroke((x - 0.7 * wide, face.eyes + 0.12), (x + 0.7 * wide, face.eyes + 0.12), 0.02)
        canvas.paint(canvas.inside(bag, soft=0.02) * np.clip(1.2 * face.wear - 0.1, 0, 0.8), face.lines)
        inner, outer = face.eyes - 0.17 - 0.01 * face.build[5], face.eyes - 0.155 + 0.04 * face.wear
        line = canvas.stroke((side * 0.12, inner), (side * 0.39, outer), brow)
        canvas.paint(canvas.inside(line) * (0.25 + 0.6 * face.growth), face.hair * 0.8)


def _lashes(canvas: Canvas, x: np.ndarray, y: np.ndarray, wide: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Signed distance from the upper half of an eye's edge."""
    edge = np.abs(canvas.ellipse(x, y, wide * 1.04, high * 1.06)) - 0.013
    return np.where(canvas.y < y, edge, 1.0)


def _nose_and_mouth(canvas: Canvas, people: People, face: _Face, head: np.ndarray) -> None:
    """A nose and lips that change with the years, and a beard around the lips."""
    tip = face.eyes + 0.17 + 0.11 * face.growth + 0.05 * face.wear
    broad = 0.055 + 0.035 * face.growth + 0.02 * face.wear + 0.006 * face.build[6]
    mouth = tip + 0.17 + 0.02 * face.growth
    beard = numbers(people.beard)
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


def _hair(canvas: Canvas, people: People, face: _Face) -> None:
    """Hair on the skull above a line that recedes, thin in infants."""
    bald, thin = numbers(people.bald), numbers(people.thin)
    cap = canvas.inside(canvas.ellipse(0, -0.06, face.wide * 1.09, face.high * 1.06), soft=0.02)
    line = -0.40 - 0.07 * (1 - face.growth) + 0.025 * face.build[1] - 0.34 * bald
    arch = line + (0.55 + 0.5 * bald) * canvas.x**2 * (1 + 0.4 * canvas.x**2) * 1.6
    top = canvas.inside(canvas.y - arch, soft=0.04)
    crown = 1 - np.clip(1.3 * bald - 0.3, 0, 1) * np.clip((0.85 * face.wide - np.abs(canvas.x)) / 0.1, 0, 1)
    strand = 1 + 0.05 * np.sin(28 * canvas.x + 6 * np.sin(5 * canvas.y))
    canvas.paint(cap * top * crown * thin, np.clip(face.hair * strand, 0, 1))


def _glasses(canvas: Canvas, people: People, face: _Face) -> None:
    worn = numbers(people.glasses)
    frame = colours(np.array([[0.12, 0.11, 0.12]]))
    for side in (-1, 1):
        rim = np.abs(canvas.ellipse(side * 0.255, face.eyes + 0.02, 0.19, 0.155)) - 0.014
        canvas.paint(canvas.inside(rim) * worn, frame)
    canvas.paint(canvas.inside(canvas.stroke((-0.07, face.eyes), (0.07, face.eyes), 0.03)) * worn, frame)
