"""Names the array types that travel between packages, so that a signature tells what an array holds.

The shapes cannot be checked by the type checker; each record that holds arrays checks its own.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Boxes: TypeAlias = npt.NDArray[np.float32]
"""(N, 4) float32 x1, y1, x2, y2 in pixels of the source frame, origin top left."""

Points: TypeAlias = npt.NDArray[np.float32]
"""(N, 2) float32 x, y."""

Scores: TypeAlias = npt.NDArray[np.float32]
"""(N,) float32 in [0, 1]."""

Ids: TypeAlias = npt.NDArray[np.int64]
"""(N,) int64: class, track or place ids."""

Mask: TypeAlias = npt.NDArray[np.bool_]
"""(N,) bool."""

FloatArray: TypeAlias = npt.NDArray[np.float32]
"""Any float32 array; the docstring gives its shape."""

Picture: TypeAlias = npt.NDArray[np.uint8]
"""(H, W) luma or (H, W, 3) colour uint8; the variable's name says which: `luma`, `bgr`, `rgb`."""

SizeWH: TypeAlias = tuple[int, int]
"""Width and height in pixels."""
