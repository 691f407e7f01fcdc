"""Cutting detected faces as FER2013's pictures were cut: grey, square, 48x48."""

import math
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from vidfer.batches import CROP_SIDE_PX, DetectionBatch, FrameBatch
from vidfer.faces.alignment import FaceSquares, face_squares

# ITU-R BT.601 luma, as Pillow converts to grey.
_LUMA: Final = (0.299, 0.587, 0.114)

# A pixel of a crop is the mean of n x n bilinear samples, at most one pixel of the frame
# apart; beyond this n the mean hardly changes, and the time grows with its square.
_MOST_SAMPLES: Final = 8


def cut_crops(
    frames: FrameBatch, detections: DetectionBatch, *, device: torch.device
) -> np.ndarray:
    """Cut out each detection, uint8 (F, 48, 48), its eyes level.

    A crop that reaches beyond the frame continues with the frame's edge pixels, so that
    the face keeps its shape.
    """
    squares = face_squares(detections)
    return cut_squares(frames, detections.frame_row, squares, device=device)


def cut_squares(
    frames: FrameBatch, frame_row: np.ndarray, squares: FaceSquares, *, device: torch.device
) -> np.ndarray:
    """Cut `squares` out of the frames `frame_row`, int64 (F,); uint8 (F, 48, 48)."""
    if len(frame_row) == 0:
        return np.empty((0, CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)
    # One square at a time: its bits then depend on no other, and only its part of the
    # frame is touched.
    crops = [
        _cut(frames.frames[row], centre_px, across_px, device)
        for row, centre_px, across_px in zip(frame_row, squares.centre_px, squares.across_px)
    ]
    result: np.ndarray = torch.stack(crops).round().clamp(0, 255).byte().cpu().numpy()
    return result


def _cut(
    frame: np.ndarray, centre_px: np.ndarray, across_px: np.ndarray, device: torch.device
) -> torch.Tensor:
    """Cut one square out of one frame by averaging bilinear samples; float32 (48, 48)."""
    low, high = _surroundings(frame, centre_px, across_px)
    patch = torch.from_numpy(frame[low[1] : high[1], low[0] : high[0]].copy()).to(device)
    grey = patch.float() @ torch.tensor(_LUMA, device=device)
    grid, samples = _grid(centre_px - low, across_px, size_px=high - low)
    sampled = functional.grid_sample(
        grey[None, None], grid.to(device), padding_mode="border", align_corners=False
    )
    return functional.avg_pool2d(sampled, samples)[0, 0]


def _surroundings(
    frame: np.ndarray, centre_px: np.ndarray, across_px: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper left and lower right end of the part that the square needs, int64 (2,)."""
    reach_px = np.abs(across_px).sum() / 2 + 1
    size = np.array(frame.shape[1::-1])
    # A square wholly outside still needs one pixel of edge to go on with.
    low = np.clip(np.floor(centre_px - reach_px), 0, size - 1)
    high = np.clip(np.ceil(centre_px + reach_px), low + 1, size)
    return low.astype(np.int64), high.astype(np.int64)


def _grid(
    centre_px: np.ndarray, across_px: np.ndarray, *, size_px: np.ndarray
) -> tuple[torch.Tensor, int]:
    """Return where to sample, as grid_sample wants it, and samples per pixel and direction.

    `size_px` is the patch's width and height, which grid_sample calls -1 to 1.
    """
    side_px = math.hypot(*across_px)
    samples = min(max(math.ceil(side_px / CROP_SIDE_PX), 1), _MOST_SAMPLES)
    count = CROP_SIDE_PX * samples
    down_px = np.array([-across_px[1], across_px[0]])
    linear = np.stack([across_px, down_px], axis=1) / size_px[:, None]
    offset = 2 * centre_px / size_px - 1
    theta = torch.from_numpy(np.concatenate([linear, offset[:, None]], axis=1)).float()
    grid = functional.affine_grid(theta[None], [1, 1, count, count], align_corners=False)
    return grid, samples
