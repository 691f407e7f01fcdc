"""MTCNN (Zhang et al. 2016) on facenet-pytorch's networks and weights.

The cascade is ours, so that a face does not depend on the frames that share its batch,
and so that nothing loops over candidates; thresholds, pyramid, resizing and box
arithmetic are facenet-pytorch's, to which a test holds it.
"""

from typing import Final, NamedTuple

import numpy as np
import torch
from torch import nn

from vidfer.batches import LANDMARKS, DetectionBatch, FrameBatch
from vidfer.compute import in_blocks, in_portions
from vidfer.faces.boxes import clipped_regions, refine, squared
from vidfer.faces.detection import Faces, detection_batch, no_faces, without_contained
from vidfer.faces.networks import load_cascade
from vidfer.faces.pyramid import Pyramid, pyramid_of
from vidfer.faces.suppression import suppress
from vidfer.faces.surfaces import ColourTable, Surfaces, surfaces_of
from vidfer.precision import Precision

# facenet-pytorch's constants.
_THRESHOLDS: Final = (0.6, 0.7, 0.7)
_SAME_LEVEL_IOU: Final = 0.5
_ANY_LEVEL_IOU: Final = 0.7

# Larger blocks are no faster a square on one core, and padding costs more.
_RNET_BLOCK: Final = 16
_ONET_BLOCK: Final = 8

_SIDE_RNET: Final = 24
_SIDE_ONET: Final = 48

# The sums of area take four bytes a sample: 12 MB at 1080p, and no more frames at once.
_TABLES_BYTES: Final = 16 * 2**20


class _Squares(NamedTuple):
    """Squares of which at least one pixel lies in their frame, frame by frame.

    frame: the row of each one's frame, int64 (N,).
    corners: float32 (N, 4).
    regions_px: the part inside the frame, as whole pixel edges, int64 (N, 4).
        A square that reaches beyond the frame is cut at its edge and stretched, as in
        facenet-pytorch.
    """

    frame: torch.Tensor
    corners: torch.Tensor
    regions_px: torch.Tensor


class MtcnnDetector:
    """Finds all faces of at least `min_face_px` with five landmarks each.

    On the CPU a frame's faces have the same bits whichever frames are looked at with it.
    """

    least_score: float = _THRESHOLDS[2]

    def __init__(
        self, *, min_face_px: int, device: torch.device, precision: Precision = "float32"
    ) -> None:
        """Load the networks; `precision` is that of the last one.

        Raises:
            WeightsError: facenet-pytorch's weights are missing, or others than known.
        """
        self._min_face_px = min_face_px
        self._device = device
        self._pnet, self._rnet, self._onet = load_cascade(device, onet_precision=precision)

    def detect(self, frames: FrameBatch, *, min_score: float) -> DetectionBatch:
        """Find the faces of at least `min_score` in each frame."""
        surfaces = surfaces_of(frames, device=self._device)
        faces = self.find(surfaces, np.arange(len(frames)))
        nowhere = np.zeros(len(frames), dtype=bool)
        return detection_batch(faces, tracked=nowhere, min_score=min_score)

    @torch.inference_mode()
    def find(self, surfaces: Surfaces, rows: np.ndarray) -> list[Faces]:
        """Return the faces above `least_score` of each of the frames `rows`, int64 (K,).

        Raises:
            MemoryError: it does not suffice for one frame; fewer are looked at before that.
        """
        pyramid = pyramid_of(surfaces.height, surfaces.width, min_face_px=self._min_face_px)
        parts = in_portions(
            lambda start, stop: self._find(surfaces.rows(rows[start:stop]), pyramid),
            len(rows),
            most=max(1, _TABLES_BYTES // (surfaces.bytes_per_frame * 4)),
        )
        return [faces for part in parts for faces in part]

    @torch.inference_mode()
    def look(self, surfaces: Surfaces, rows: np.ndarray, squares_px: np.ndarray) -> Faces:
        """Return what the last network makes of squares (K, 4) in the frames `rows` (K,).

        Row for row, whatever the score. Squares that lie wholly outside score 0.
        """
        squares = torch.from_numpy(squares_px).to(self._device)
        frame = torch.from_numpy(rows).to(self._device)
        regions = _regions(squares, surfaces)
        inside = torch.nonzero(_holds_pixels(regions))[:, 0]
        cuts = surfaces.cut(frame[inside], regions[inside], side_px=_SIDE_ONET)
        judged = squares.new_zeros((len(squares), 16))
        judged[inside] = _judged(self._onet, cuts, block_items=_ONET_BLOCK)
        return _faces(squares, judged)

    def _find(self, surfaces: Surfaces, pyramid: Pyramid) -> list[Faces]:
        if not pyramid.levels:
            return [no_faces() for _ in range(len(surfaces))]
        table = ColourTable(surfaces)
        squares = self._second_stage(surfaces, table, self._candidates(surfaces, table, pyramid))
        frame, faces = self._third_stage(table, squares)
        rows = (np.flatnonzero(frame == row) for row in range(len(surfaces)))
        return [without_contained(faces.take(own)) for own in rows]

    def _candidates(self, surfaces: Surfaces, table: ColourTable, pyramid: Pyramid) -> _Squares:
        """Run P-Net over the frames' pyramids; return squares worth a closer look."""
        maps = torch.cat([self._level_map(table, *size) for size in pyramid.level_sizes_px], dim=2)
        frame, cell = torch.nonzero(maps[:, 4] >= _THRESHOLDS[0], as_tuple=True)
        corners, level = (
            part.to(self._device)[cell] for part in (pyramid.corners_px, pyramid.level)
        )
        scores, offsets = maps[frame, 4, cell], maps[frame, :4, cell]
        groups = frame * pyramid.levels + level
        keep = suppress(corners, scores, iou=_SAME_LEVEL_IOU, groups=groups)
        better = suppress(corners[keep], scores[keep], iou=_ANY_LEVEL_IOU, groups=frame[keep])
        keep = _by_frame(keep[better], frame)
        refined = refine(corners[keep], offsets[keep], inclusive=False)
        return _visible(frame[keep], squared(refined), surfaces)

    def _level_map(self, table: ColourTable, height: int, width: int) -> torch.Tensor:
        """Return P-Net's offsets and probability of one level's cells, float32 (N, 5, cells)."""
        level = table.resized(height=height, width=width)
        # Frame by frame: no slower, and no bit depends on the other frames.
        return _applied(self._pnet, level, block_items=1).flatten(start_dim=2)

    def _second_stage(self, surfaces: Surfaces, table: ColourTable, found: _Squares) -> _Squares:
        """Let R-Net judge and refine the candidates; return the survivors."""
        cuts = table.cut(found.frame, found.regions_px, side_px=_SIDE_RNET)
        judged = _judged(self._rnet, cuts, block_items=_RNET_BLOCK)
        passed = judged[:, 5] > _THRESHOLDS[1]
        frame, corners, judged = found.frame[passed], found.corners[passed], judged[passed]
        keep = suppress(corners, judged[:, 5], iou=_ANY_LEVEL_IOU, groups=frame)
        keep = _by_frame(keep, frame)
        refined = refine(corners[keep], judged[keep, :4], inclusive=True)
        return _visible(frame[keep], squared(refined), surfaces)

    def _third_stage(self, table: ColourTable, found: _Squares) -> tuple[np.ndarray, Faces]:
        """Let O-Net judge and refine the candidates and place the landmarks.

        Returns the faces and, int64 (F,), the frame of each.
        """
        cuts = table.cut(found.frame, found.regions_px, side_px=_SIDE_ONET)
        judged = _judged(self._onet, cuts, block_items=_ONET_BLOCK)
        passed = judged[:, 15] > _THRESHOLDS[2]
        return found.frame[passed].cpu().numpy(), _faces(found.corners[passed], judged[passed])


def _by_frame(keep: torch.Tensor, frame: torch.Tensor) -> torch.Tensor:
    """Return the rows `keep`, those of the first frame first, else in their order."""
    return keep[frame[keep].argsort(stable=True)]


def _visible(frame: torch.Tensor, corners: torch.Tensor, surfaces: Surfaces) -> _Squares:
    """Keep the boxes of which at least one pixel lies in the frame."""
    regions = _regions(corners, surfaces)
    inside = _holds_pixels(regions)
    return _Squares(frame[inside], corners[inside], regions[inside])


def _regions(corners: torch.Tensor, surfaces: Surfaces) -> torch.Tensor:
    """Return the part of each box inside the frame, as whole pixel edges, int64 (N, 4)."""
    regions = clipped_regions(corners, width_px=surfaces.width, height_px=surfaces.height)
    return regions.long()


def _holds_pixels(regions: torch.Tensor) -> torch.Tensor:
    """Tell which regions are not empty, bool (N,)."""
    return (regions[:, 2:] > regions[:, :2]).all(dim=1)


def _judged(network: nn.Module, cuts: torch.Tensor, *, block_items: int) -> torch.Tensor:
    """Return the network's outputs, its columns side by side, float32 (N, C)."""
    if len(cuts) == 0:
        # Sixteen columns hold whatever either network would have returned.
        return cuts.new_empty((0, 16))
    return _applied(network, cuts, block_items=block_items)


def _applied(network: nn.Module, pictures: torch.Tensor, *, block_items: int) -> torch.Tensor:
    """Apply a network to pictures, on the CPU in blocks of one size; a GPU takes all at once."""
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    whole = pictures.device.type != "cpu"
    return in_blocks(network, pictures, block_items=len(pictures) if whole else block_items)


def _faces(squares: torch.Tensor, judged: torch.Tensor) -> Faces:
    """Read O-Net's columns: offsets (4), five x and five y in box units, probabilities (2)."""
    count = len(LANDMARKS)
    size = squares[:, 2:] - squares[:, :2] + 1
    relative = torch.stack([judged[:, 4 : 4 + count], judged[:, 4 + count : 14]], dim=2)
    landmarks = relative * size[:, None, :] + squares[:, None, :2] - 1
    corners = refine(squares, judged[:, :4], inclusive=True)
    parts = (corners, judged[:, 15], landmarks, squares)
    return Faces(*(part.float().cpu().numpy() for part in parts))
