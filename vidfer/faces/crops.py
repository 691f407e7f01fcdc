"""Cutting detected faces as FER2013's pictures were cut: grey, square, 48x48."""

from typing import Final

import numpy as np
import torch
from torchvision.ops import roi_align

from vidfer.batches import CROP_SIDE_PX, DetectionBatch, FrameBatch

# Measured by benchmarks/fer2013_face_boxes.py: in FER2013's pictures the longer side of
# MTCNN's box is 1.04 of the picture's side, and its centre 0.01 below the middle.
_BOX_SIDES_PER_CROP: Final = 1.04
_CENTRE_BELOW_MIDDLE: Final = 0.01

# ITU-R BT.601 luma, as Pillow converts to grey.
_LUMA: Final = (0.299, 0.587, 0.114)


def cut_crops(
    frames: FrameBatch, detections: DetectionBatch, *, device: torch.device
) -> np.ndarray:
    """Cut out each detection, uint8 (F, 48, 48).

    A crop that reaches beyond the frame continues with the frame's edge pixels, so that
    the face keeps its shape.
    """
    crops = np.empty((len(detections), CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)
    squares = _squares(detections.box_px)
    for row in np.unique(detections.frame_row):
        faces = np.flatnonzero(detections.frame_row == row)
        crops[faces] = _cut(frames.frames[row], squares[faces], device)
    return crops


def _squares(box_px: np.ndarray) -> np.ndarray:
    """Return x1, y1, x2, y2 of each face's crop, float32 (F, 4)."""
    side = box_px[:, 2:].max(axis=1) / _BOX_SIDES_PER_CROP
    centre = box_px[:, :2] + box_px[:, 2:] / 2
    centre[:, 1] -= _CENTRE_BELOW_MIDDLE * side
    half = (side / 2)[:, None]
    return np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)


def _cut(frame: np.ndarray, squares: np.ndarray, device: torch.device) -> np.ndarray:
    """Cut squares (F, 4) out of one frame by averaging bilinear samples."""
    patch, origin = _surroundings(frame, squares)
    grey = torch.from_numpy(patch).to(device).float() @ torch.tensor(_LUMA, device=device)
    regions = torch.from_numpy(squares - np.tile(origin, 2)).to(device)
    cut = roi_align(grey[None, None], [regions], output_size=CROP_SIDE_PX, aligned=True)
    result: np.ndarray = cut[:, 0].round().clamp(0, 255).byte().cpu().numpy()
    return result


def _surroundings(frame: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the part of the frame that holds all squares, edges continued, and its origin."""
    low = np.floor(squares[:, :2].min(axis=0)).astype(int) - 1
    high = np.ceil(squares[:, 2:].max(axis=0)).astype(int) + 1
    size = np.array(frame.shape[1::-1])
    inside_low, inside_high = np.clip([low, high], 0, size)
    # A square wholly outside still needs one pixel of edge to go on with.
    inside_low = np.minimum(inside_low, size - 1)
    inside_high = np.maximum(inside_high, inside_low + 1)
    patch = frame[inside_low[1] : inside_high[1], inside_low[0] : inside_high[0]]
    before, after = inside_low - low, high - inside_high
    if (before > 0).any() or (after > 0).any():
        margins = ((before[1], after[1]), (before[0], after[0]), (0, 0))
        patch = np.pad(patch, np.maximum(margins, 0), mode="edge")
    return patch, np.minimum(low, inside_low).astype(np.float32)
