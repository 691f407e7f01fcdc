"""The columns of the timeline and of the manifest."""

from typing import Final

import pyarrow as pa

from vidfer.batches import LANDMARKS
from vidfer.emotions import EMOTIONS

# Raised whenever a column changes its name, type or meaning.
SCHEMA_VERSION: Final = 1

_WORD: Final = pa.dictionary(pa.int32(), pa.string())

LANDMARK_COLUMNS: Final = tuple(f"{name}_{axis}" for name in LANDMARKS for axis in "xy")

TIMELINE_SCHEMA: Final = pa.schema(
    [
        pa.field("video", pa.string(), nullable=False),
        pa.field("frame", pa.int32(), nullable=False),
        pa.field("time_s", pa.float64(), nullable=False),
        pa.field("status", _WORD, nullable=False),
        pa.field("face", pa.int16()),
        pa.field("track", pa.int32()),
        *(pa.field(f"box_{part}", pa.float32()) for part in "xywh"),
        pa.field("box_source", _WORD),
        pa.field("face_score", pa.float32()),
        *(pa.field(name, pa.float32()) for name in LANDMARK_COLUMNS),
        *(pa.field(name, pa.float32()) for name in EMOTIONS),
        pa.field("emotion", _WORD),
        pa.field("confidence", pa.float32()),
        pa.field("sharpness", pa.float32()),
        pa.field("brightness", pa.float32()),
        pa.field("yaw_deg", pa.float32()),
        pa.field("roll_deg", pa.float32()),
        pa.field("usable", pa.bool_()),
    ]
)

_RANGE: Final = pa.struct([pa.field("start_s", pa.float64()), pa.field("end_s", pa.float64())])

MANIFEST_SCHEMA: Final = pa.schema(
    [
        pa.field("video", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("status", _WORD, nullable=False),
        pa.field("reason", _WORD),
        pa.field("error", pa.string()),
        pa.field("bad_packets", pa.int32()),
        pa.field("lost_ranges_s", pa.list_(_RANGE)),
        pa.field("decoder", _WORD),
        pa.field("decoder_why", pa.string()),
        pa.field("codec", _WORD),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("rotation", pa.int16()),
        pa.field("duration_s", pa.float64()),
        pa.field("frames_expected", pa.int64()),
        pa.field("frames_decoded", pa.int64()),
        pa.field("frames_analysed", pa.int64()),
        pa.field("frames_with_face", pa.int64()),
        pa.field("faces", pa.int64()),
        pa.field("tracks", pa.int32()),
        pa.field("usable_share", pa.float64()),
        pa.field("wall_s", pa.float64()),
        pa.field("fps", pa.float64()),
        pa.field("model", _WORD),
        pa.field("settings_id", pa.string()),
        pa.field("source_fingerprint", pa.string()),
        pa.field("source_mtime_ns", pa.int64()),
        pa.field("timeline", pa.string()),
    ]
)
