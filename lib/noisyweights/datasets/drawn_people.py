"""Who is drawn: people at random, their ages, and what the years and chance make of their looks."""

from dataclasses import dataclass

import numpy as np

__all__ = ["BLOCK", "People", "people_of_a_block"]

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


@dataclass(frozen=True, eq=False)
class People:
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


def people_of_a_block(random: np.random.Generator) -> People:
    """Draw `BLOCK` people, independent of each other."""
    n = BLOCK
    age = _ages(random, n)
    looks = age + random.normal(0, 0.6 + 0.05 * age)  # what body and habits make of the years
    skin_age, hair_age = looks * random.lognormal(0, 0.10, n), looks * random.lognormal(0, 0.08, n)
    adult = _rise(looks, 16, 2)
    man = random.random(n) < 0.5
    return People(
        age=age,
        growth=1 - np.exp(-np.maximum(looks, 0.2) / 7),
        wear=np.clip((skin_age - 24) / 62, 0, 1.4),
        grey=_rise(hair_age, random.normal(50, 7, n), 5),
        bald=_rise(hair_age, random.normal(58, 14, n), 8) * (man & (random.random(n) < 0.65)),
        thin=np.clip(0.25 + looks / 4, 0.25, 1) * np.clip(1.25 - hair_age / 180, 0.5, 1),
        beard=adult * man * (random.random(n) < 0.45) * random.uniform(0.25, 0.95, n),
        long=np.where(man, 0.05, random.uniform(0.2, 1, n)) * _rise(looks, 3, 1),
        glasses=(random.random(n) < 0.04 + 0.3 * _rise(looks, 52, 12)).astype(float),
        skin=_along(SKIN, random.random(n)) * random.normal(1, 0.04, (n, 3)),
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


def _rise(x: np.ndarray, middle: float | np.ndarray, width: float) -> np.ndarray:
    """A smooth step from 0 to 1."""
    return 1 / (1 + np.exp(-(x - middle) / width))


def _along(palette: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Colours along a palette, `place` from 0 to 1."""
    at = place * (len(palette) - 1)
    low = np.minimum(at.astype(int), len(palette) - 2)
    share = (at - low)[:, None]
    return palette[low] * (1 - share) + palette[low + 1] * share
