"""MTCNN (Zhang et al. 2016) on facenet-pytorch's networks and weights.

The cascade is ours, so that a face does not depend on the frames that share its batch,
and so that nothing loops over candidates; thresholds, pyramid, resizing and box
arithmetic are facenet-pytorch's, to which a test holds it.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from torch import nn
from torchvision.ops import batched_nms, nms

from vidfer.batches import LANDMARKS, DetectionBatch, FrameBatch
from vidfer.compute import in_blocks
from vidfer.faces.area import AreaTable
from vidfer.faces.boxes import clipped_regions, refine, squared, suppress_contained

# facenet-pytorch's constants.
_THRESHOLDS: Final = (0.6, 0.7, 0.7)
_PYRAMID_FACTOR: Final = 0.709
_CELL_PX: Final = 12
_STRIDE_PX: Final = 2
_SAME_LEVEL_IOU: Final = 0.5
_ANY_LEVEL_IOU: Final = 0.7
_CONTAINED: Final = 0.7

_SIDE_RNET: Final = 24
_SIDE_ONET: Final = 48

# The sums of area take four bytes a colour: 25 MB at 1080p, and no more frames at once.
_TABLES_BYTES: Final = 64 * 2**20

# One frame's faces: corners (N, 4), scores (N,), landmarks (N, 5, 2).
_Faces = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class MtcnnDetector:
    """Finds all faces of at least `min_face_px` with five landmarks each.

    On the CPU a frame's faces have the same bits whichever frames are in the batch.
    """

    def __init__(self, *, min_face_px: int, min_score: float, device: torch.device) -> None:
        self._min_face_px = min_face_px
        self._min_score = min_score
        self._device = device
        self._pnet, self._rnet, self._onet = (
            network.eval().to(device, memory_format=torch.channels_last)
            for network in (PNet(), RNet(), ONet())
        )

    @torch.inference_mode()
    def detect(self, batch: FrameBatch) -> DetectionBatch:
        """Find the faces of each frame; a batch without any gives an empty result."""
        size = _frames_at_once(*batch.frames.shape[1:3])
        faces: list[_Faces] = []
        for start in range(0, len(batch), size):
            faces += self._find(batch.frames[start : start + size])
        return _detections(faces) if faces else _no_detections()

    def _find(self, frames: np.ndarray) -> list[_Faces]:
        """Take frames (N, height, width, 3) through the three stages; faces per frame."""
        # torch warns of arrays that cannot be written to; `require` copies only those.
        arrays = [np.require(frame, requirements="W") for frame in frames]
        tables = [AreaTable(torch.from_numpy(array).to(self._device)) for array in arrays]
        found = [self._candidates(table) for table in tables]
        found = self._second_stage(tables, found)
        return self._third_stage(tables, found)

    def _candidates(self, frame: AreaTable) -> torch.Tensor:
        """Run P-Net over one frame's pyramid; return squares worth a closer look (N, 4)."""
        levels = [self._level_candidates(frame, scale) for scale in self._scales(frame)]
        if not levels:
            return torch.empty((0, 4), device=self._device)
        corners, scores, offsets = (torch.cat(parts) for parts in zip(*levels))
        level = torch.repeat_interleave(
            torch.arange(len(levels), device=self._device),
            torch.tensor([len(part[0]) for part in levels], device=self._device),
        )
        keep = batched_nms(corners, scores, level, _SAME_LEVEL_IOU)
        keep = keep[nms(corners[keep], scores[keep], _ANY_LEVEL_IOU)]
        return _visible(squared(refine(corners[keep], offsets[keep], inclusive=False)), frame)

    def _scales(self, frame: AreaTable) -> Iterator[float]:
        scale = _CELL_PX / self._min_face_px
        shorter_px = min(frame.height, frame.width)
        while shorter_px * scale >= _CELL_PX:
            yield scale
            scale *= _PYRAMID_FACTOR

    def _level_candidates(
        self, frame: AreaTable, scale: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return one pyramid level's corners (N, 4), scores (N,) and offsets (N, 4)."""
        level = frame.resized(
            height=int(frame.height * scale + 1), width=int(frame.width * scale + 1)
        )
        offset_map, probability_map = self._pnet(_normalised(level))
        scores = probability_map[0, 1]
        rows, columns = torch.nonzero(scores >= _THRESHOLDS[0], as_tuple=True)
        cells = torch.stack([columns, rows], dim=1).float() * _STRIDE_PX
        low = ((cells + 1) / scale).floor()
        high = ((cells + _CELL_PX) / scale).floor()
        corners = torch.cat([low, high], dim=1)
        return corners, scores[rows, columns], offset_map[0, :, rows, columns].T

    def _second_stage(
        self, frames: list[AreaTable], found: list[torch.Tensor]
    ) -> list[torch.Tensor]:
        """Let R-Net judge and refine each frame's candidates (N, 4); return the survivors."""
        outputs = self._judge(self._rnet, frames, found, side_px=_SIDE_RNET)
        survivors = []
        for frame, candidates, output in zip(frames, found, outputs):
            passed = output[:, 5] > _THRESHOLDS[1]
            corners, judged = candidates[passed], output[passed]
            keep = nms(corners, judged[:, 5], _ANY_LEVEL_IOU)
            refined = squared(refine(corners[keep], judged[keep, :4], inclusive=True))
            survivors.append(_visible(refined, frame))
        return survivors

    def _third_stage(self, frames: list[AreaTable], found: list[torch.Tensor]) -> list[_Faces]:
        """Let O-Net judge and refine each frame's candidates and place the landmarks."""
        outputs = self._judge(self._onet, frames, found, side_px=_SIDE_ONET)
        faces = []
        for candidates, output in zip(found, outputs):
            passed = output[:, 15] > _THRESHOLDS[2]
            squares, judged = candidates[passed], output[passed]
            refined = refine(squares, judged[:, :4], inclusive=True)
            keep = suppress_contained(refined, judged[:, 15], threshold=_CONTAINED)
            keep = keep[judged[keep, 15] >= self._min_score]
            landmarks = _landmarks(squares[keep], judged[keep, 4:14])
            faces.append((refined[keep], judged[keep, 15], landmarks))
        return faces

    def _judge(
        self,
        network: nn.Module,
        frames: list[AreaTable],
        found: list[torch.Tensor],
        *,
        side_px: int,
    ) -> list[torch.Tensor]:
        """Cut out all frames' candidates and run `network`; outputs (N, C) per frame."""
        crops = [_cut(frame, boxes, side_px=side_px) for frame, boxes in zip(frames, found)]
        together = torch.cat(crops)
        if len(together) == 0:
            # Sixteen columns hold whatever either network would have returned.
            return [together.new_empty((0, 16)) for _ in frames]
        together = together.contiguous(memory_format=torch.channels_last)
        outputs = in_blocks(lambda items: torch.cat(network(items), dim=1), together)
        return list(outputs.split([len(part) for part in crops]))


def _normalised(pixels: torch.Tensor) -> torch.Tensor:
    """Map 0..255 to about -1..1, as MTCNN was trained."""
    return (pixels - 127.5) * 0.0078125


def _visible(corners: torch.Tensor, frame: AreaTable) -> torch.Tensor:
    """Keep the boxes of which at least one pixel lies in the frame."""
    regions = clipped_regions(corners, width_px=frame.width, height_px=frame.height)
    return corners[(regions[:, 2:] > regions[:, :2]).all(dim=1)]


def _cut(frame: AreaTable, corners: torch.Tensor, *, side_px: int) -> torch.Tensor:
    """Return the boxes' pixels as normalised squares, float32 (N, 3, side, side).

    A box that reaches beyond the frame is cut at its edge and stretched, as in
    facenet-pytorch.
    """
    regions = clipped_regions(corners, width_px=frame.width, height_px=frame.height)
    return _normalised(frame.cut(regions.long(), side_px=side_px))


def _landmarks(corners: torch.Tensor, relative: torch.Tensor) -> torch.Tensor:
    """Turn O-Net's ten outputs (five x, then five y, in box units) to pixels (N, 5, 2)."""
    count = len(LANDMARKS)
    size = corners[:, 2:] - corners[:, :2] + 1
    points = torch.stack([relative[:, :count], relative[:, count:]], dim=2)
    return points * size[:, None, :] + corners[:, None, :2] - 1


def _frames_at_once(height: int, width: int) -> int:
    """Return for how many frames of this size the sums of area are held at the same time."""
    return max(1, _TABLES_BYTES // ((height + 1) * (width + 1) * 3 * 4))


def _no_detections() -> DetectionBatch:
    return DetectionBatch(
        frame_row=np.empty(0, dtype=np.int64),
        box_px=np.empty((0, 4), dtype=np.float32),
        score=np.empty(0, dtype=np.float32),
        landmarks_px=np.empty((0, len(LANDMARKS), 2), dtype=np.float32),
    )


def _detections(faces: list[_Faces]) -> DetectionBatch:
    """Put the faces of all frames together, in the frames' order."""
    corners, scores, landmarks = (torch.cat(parts) for parts in zip(*faces))
    rows = np.repeat(np.arange(len(faces)), [len(frame[1]) for frame in faces])
    return DetectionBatch(
        frame_row=rows.astype(np.int64),
        box_px=torch.cat([corners[:, :2], corners[:, 2:] - corners[:, :2]], dim=1).cpu().numpy(),
        score=scores.cpu().numpy(),
        landmarks_px=landmarks.cpu().numpy(),
    )
