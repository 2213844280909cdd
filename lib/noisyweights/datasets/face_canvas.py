"""A stack of pictures in the frame of a face, which shapes cover by their distance functions."""

import numpy as np

__all__ = ["Canvas", "colours", "numbers"]


class Canvas:
    """Colours (n, 3, size, size), and where each pixel lies in the frame of the face: x right, y down.

    Args:
        pose: (n, 4): angle, scale, shifts to the right and down.
        background: (n, 2, 3): colours above and below.
        size: pixels of a side.
    """

    def __init__(self, pose: np.ndarray, background: np.ndarray, size: int) -> None:
        side = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
        angle, scale, right, down = (numbers(p) for p in pose.T)
        x, y = side[None, None, None, :] - right, side[None, None, :, None] - down
        self.x = (np.cos(angle) * x + np.sin(angle) * y) / scale
        self.y = (np.cos(angle) * y - np.sin(angle) * x) / scale
        self.pixel = 2 / size / scale
        above, below = (colours(background[:, k]) for k in (0, 1))
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


def numbers(values: np.ndarray) -> np.ndarray:
    """A number for each picture, float32 (n, 1, 1, 1), from (n,)."""
    return np.asarray(values, np.float32)[:, None, None, None]


def colours(values: np.ndarray) -> np.ndarray:
    """A colour for each picture, float32 (n, 3, 1, 1), from (n, 3)."""
    return np.asarray(values, np.float32)[:, :, None, None]
