"""Pictures with the astronaut's head at known places, as frames and as planes."""

import numpy as np
from PIL import Image

from vidfer.batches import FrameBatch
from vidfer.planes import ColourCoding, PlanarFrames

FPS = 25
LIMITED = ColourCoding()


def batch_of(frames: np.ndarray | PlanarFrames) -> FrameBatch:
    index = np.arange(len(frames), dtype=np.int64)
    return FrameBatch(frames=frames, index=index, time_s=index / FPS)


def head(astronaut: np.ndarray, side_px: int, *, mirrored: bool = False) -> np.ndarray:
    """The astronaut's head and shoulders at another size; the face is about half as wide."""
    pixels = resized(astronaut[0:260, 90:350], height=side_px, width=side_px)
    return pixels[:, ::-1] if mirrored else pixels


def resized(picture: np.ndarray, *, height: int, width: int) -> np.ndarray:
    return np.array(Image.fromarray(picture).resize((width, height)))


def canvas(
    *heads: tuple[int, int, np.ndarray], size: tuple[int, int] = (360, 640), grey: int = 90
) -> np.ndarray:
    """A grey picture with heads at (x, y); what juts out is cut off."""
    height, width = size
    picture = np.full((height, width, 3), grey, dtype=np.uint8)
    for x, y, pixels in heads:
        top, left = max(y, 0), max(x, 0)
        visible = pixels[top - y :, left - x :][: max(height - top, 0), : max(width - left, 0)]
        picture[top : top + visible.shape[0], left : left + visible.shape[1]] = visible
    return picture


def five_heads(astronaut: np.ndarray) -> np.ndarray:
    sides = (250, 190, 150, 120, 100)
    places = ((0, 0), (250, 0), (440, 0), (0, 240), (250, 220))
    return canvas(
        *(
            (x, y, head(astronaut, side, mirrored=i % 2 == 1))
            for i, (side, (x, y)) in enumerate(zip(sides, places))
        )
    )


def overlapping_heads(astronaut: np.ndarray) -> np.ndarray:
    """A small face before the neck of a large one: half of its box lies in the other's."""
    small = head(astronaut, 110, mirrored=True)[:60, 27:82]
    return canvas((200, 50, head(astronaut, 260)), (350, 120, small))


def pictures(astronaut: np.ndarray) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(7).integers(0, 256, (360, 640, 1), dtype=np.uint8)
    return {
        "none": canvas(),
        "noise": np.repeat(noise, 3, axis=2),
        "one": canvas((200, 50, head(astronaut, 260))),
        "two": canvas(
            (20, 10, head(astronaut, 330)), (420, 100, head(astronaut, 140, mirrored=True))
        ),
        "five": five_heads(astronaut),
        "overlapping": overlapping_heads(astronaut),
        "half outside": canvas((-118, 40, head(astronaut, 260))),
    }


NAMES = ("none", "noise", "one", "two", "five", "overlapping", "half outside")


def random_pictures(astronaut: np.ndarray, count: int) -> list[np.ndarray]:
    """Pictures of one head each, of many sizes and at many places."""
    random = np.random.default_rng(3)
    return [
        canvas(
            (
                int(random.integers(-60, 500)),
                int(random.integers(-40, 200)),
                head(astronaut, int(random.integers(90, 340)), mirrored=bool(i % 2)),
            )
        )
        for i in range(count)
    ]


def planes_of(rgb: np.ndarray, coding: ColourCoding = LIMITED) -> PlanarFrames:
    """Return RGB frames (N, height, width, 3) as a decoder would keep them."""
    factors, summands = coding.to_rgb()
    inverse = np.linalg.inv(factors.astype(np.float64))
    coded = np.einsum("pc,nhwc->nphw", inverse, rgb - summands.astype(np.float64))
    luma, chroma = coded[:, 0], coded[:, 1:]
    pad = [(0, 0), (0, 0), (0, luma.shape[1] % 2), (0, luma.shape[2] % 2)]
    doubled = np.pad(chroma, pad, mode="edge")
    halved = sum(doubled[:, :, y::2, x::2] for y in (0, 1) for x in (0, 1)) / 4
    return PlanarFrames(
        *(part.round().clip(0, 255).astype(np.uint8) for part in (luma, halved)), coding
    )
