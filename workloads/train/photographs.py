"""The two photographs that ``train`` learns from, and how a noisy camera sees them.

They are those that scikit-learn ships, "china" by danielbuechele and "flower" by vultilion, under
the Creative Commons Attribution 2.0 licence; see ``photographs.LICENSE``. Imports NumPy, Pillow
and this package.
"""

import hashlib
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from workloads.train.kernel import Array
from workloads.train.recipe import Exposures, Recipe

FOLDER = Path(__file__).parent
SHA256 = {
    "china.jpg": "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
    "flower.jpg": "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
}
LEVELS = np.float32(255)
TRAINED_COLUMNS = 440
VALIDATED_COLUMNS = 480  # up to there; the rest is held out
TILE_ROWS, TILE_COLUMNS = 61, 40  # of the 427 by 640


class Split(NamedTuple):
    """The columns of the photographs: to train on, to validate on, and to hold out."""

    scenes: Array
    validation: Array
    held_out: Array


def read_photographs(folder: Path = FOLDER) -> Array:
    """Return the photographs (2, 3, 427, 640) from 0 to 1.

    Raises ``ValueError`` for a file that is not the one that is known.
    """
    return np.stack([_read(folder / name, known) for name, known in SHA256.items()])


def _read(path: Path, known: str) -> Array:
    packed = path.read_bytes()
    if hashlib.sha256(packed).hexdigest() != known:
        raise ValueError(
            f"{path.name} is not the file that comes with twoclocks: reinstall twoclocks"
        )
    with Image.open(io.BytesIO(packed)) as image:
        levels = np.asarray(image.convert("RGB"), np.float32)
    return levels.transpose(2, 0, 1) / LEVELS


def split(photographs: Array) -> Split:
    """Return the columns of photographs by what they are for; validation comes in tiles.

    The tiles are fixed, so that workers can validate some of them each.
    """
    return Split(
        scenes=np.ascontiguousarray(photographs[..., :TRAINED_COLUMNS]),
        validation=tiles(photographs[..., TRAINED_COLUMNS:VALIDATED_COLUMNS]),
        held_out=np.ascontiguousarray(photographs[..., VALIDATED_COLUMNS:]),
    )


def tiles(strips: Array) -> Array:
    """Return strips (pictures, colours, rows, columns) as tiles (n, colours, 61, 40)."""
    pictures, colours, rows, columns = strips.shape
    cut = strips.reshape(
        pictures, colours, rows // TILE_ROWS, TILE_ROWS, columns // TILE_COLUMNS, TILE_COLUMNS
    )
    return np.ascontiguousarray(cut.transpose(0, 2, 4, 1, 3, 5)).reshape(
        -1, colours, TILE_ROWS, TILE_COLUMNS
    )


def expose(clean: Array, noise: float, random: np.random.Generator) -> Array:
    """Return an exposure: the same with normal noise, so many levels of grey of 255."""
    drawn = random.standard_normal(clean.shape, dtype=np.float32)
    exposure: Array = clean + np.float32(noise / 255) * drawn
    return exposure


def with_noise(clean: Array, noise: float, seed: int) -> Exposures:
    """Return pictures and a noisy exposure of them."""
    return Exposures(expose(clean, noise, np.random.default_rng(seed)), clean)


def draw_group(scenes: Array, recipe: Recipe, number: int) -> tuple[Array, Array]:
    """Return two noisy exposures of a group of random crops: what goes in, and what to compare.

    It is the same whoever draws it. Crops are turned and mirrored at random.
    """
    random = np.random.default_rng([recipe.seed, 2, number])
    pictures, _, rows, columns = scenes.shape
    limits = (pictures, rows - recipe.crop + 1, columns - recipe.crop + 1, 2, 2, 2)
    places = random.integers(limits, size=(recipe.group, len(limits)))
    clean = np.stack([_crop(scenes, recipe.crop, *place) for place in places.tolist()])
    return expose(clean, recipe.noise, random), expose(clean, recipe.noise, random)


def _crop(scenes: Array, side: int, picture: int, row: int, column: int, *turns: int) -> Array:
    across, upside_down, swapped = turns
    crop: Array = scenes[picture, :, row : row + side, column : column + side]
    crop = crop[:, :: 1 - 2 * upside_down, :: 1 - 2 * across]
    return crop.transpose(0, 2, 1) if swapped else crop
