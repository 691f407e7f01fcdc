"""Settings: frozen, validated, in and out of TOML, with a fingerprint."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

import tomli_w

from vidfer.checks import require, settle_types
from vidfer.errors import SettingsError
from vidfer.precision import PrecisionChoice
from vidfer.toml_file import read_toml, refuse_unknown

DecoderChoice = Literal["auto", "decord", "pyav"]

# How often an evaluated picture is looked at; `analyze` looks once.
Views = Literal["single", "flip", "ten"]

# The emotion network that is used unless another is named.
DEFAULT_MODEL: Final = "settled"

# Where `analyze` writes unless it is told otherwise.
DEFAULT_OUTPUT: Final = "vidfer-output"

# Raised whenever the same settings and source would give other rows than before, so
# that older results are seen to be stale.
RESULTS_VERSION: Final = 6


def _setting(default: Any, text: str, *, flag: str | None = None, rows: bool = True) -> Any:
    """Declare a field: its default, help text, command-line flag, and whether rows depend on it."""
    return field(default=default, metadata={"help": text, "flag": flag, "rows": rows})


@dataclass(frozen=True, kw_only=True)
class AnalyzeSettings:
    """Everything that `analyze` can be told besides its inputs and output.

    Raises:
        SettingsError: a value is of another type, outside its range, or contradicts another.
    """

    decoder: DecoderChoice = _setting(
        "auto",
        "Video decoder. auto takes PyAV where its planes can be used as they are (8-bit "
        "4:2:0); elsewhere decord where it is known to be right and its read-ahead is "
        "bounded, PyAV otherwise.",
    )
    every: int = _setting(1, "Analyse every N-th frame.")
    fps: float | None = _setting(
        None, "Analyse at most F frames per second of presentation time, instead of --every."
    )
    start_s: float | None = _setting(
        None, "Skip what is shown before this time, in seconds.", flag="start"
    )
    end_s: float | None = _setting(
        None, "Skip what is shown at or after this time, in seconds.", flag="end"
    )
    min_face_px: int = _setting(
        40, "Side of the smallest face that is searched for, in pixels.", flag="min-face"
    )
    min_face_score: float = _setting(
        0.8, "Least probability of the detector for a face to be reported."
    )
    detect_every: int = _setting(
        12,
        "Search the whole frame for faces once in N frames, and follow them in between; "
        "1 searches every frame.",
    )
    track_gap_s: float = _setting(
        1.0, "Longest time that a face may be out of sight and keep its track, in seconds."
    )
    model: str = _setting(DEFAULT_MODEL, "Emotion network: a shipped name or a .safetensors file.")
    usable_face_px: float = _setting(40.0, "Quality gate: least side of the face box, in pixels.")
    usable_sharpness: float = _setting(
        30.0, "Quality gate: least variance of the crop's Laplacian."
    )
    usable_brightness_min: float = _setting(
        0.12, "Quality gate: least mean brightness of the crop, 0 to 1."
    )
    usable_brightness_max: float = _setting(
        0.92, "Quality gate: largest mean brightness of the crop, 0 to 1."
    )
    usable_yaw_deg: float = _setting(
        45.0, "Quality gate: largest turn of the head to either side, in degrees."
    )
    max_pixels: int = _setting(40_000_000, "Refuse videos whose frames have more pixels than this.")
    chunk_frames: int = _setting(
        32, "Frames decoded and analysed together; fewer where frames are large.", rows=False
    )
    batch_size: int = _setting(64, "Faces classified in one go.", rows=False)
    precision: PrecisionChoice = _setting(
        "auto",
        "What the networks compute in: auto is bfloat16 where the processor has it, else float32.",
    )
    device: str = _setting(
        "auto", "Where the networks run: auto, cpu, cuda, cuda:1, ...", rows=False
    )
    workers: int = _setting(
        0, "Videos analysed at a time, each by its own process; 0: what suits here.", rows=False
    )
    threads: int = _setting(
        0,
        "Compute threads of a worker, on the CPU processes; 0: the cores, divided among workers.",
        rows=False,
    )
    stall_timeout_s: float = _setting(
        120.0,
        "Give a worker up that makes no progress for this long, in seconds.",
        flag="stall-timeout",
        rows=False,
    )
    checkpoint_minutes: float = _setting(
        5.0,
        "Keep what is done of a video each time that so many minutes of it are, so that a "
        "stopped run goes on from there; 0 keeps nothing of unfinished videos.",
        rows=False,
    )
    max_memory_gb: float = _setting(
        0.0,
        "Give a worker up that takes more memory, in GB; 0: its part of this machine's.",
        flag="max-memory",
        rows=False,
    )

    def __post_init__(self) -> None:
        settle_types(self)
        counts = (
            "every",
            "detect_every",
            "min_face_px",
            "max_pixels",
            "chunk_frames",
            "batch_size",
        )
        require(self, *counts, holds=lambda value: value >= 1, wanted="at least 1")
        limits = ("usable_face_px", "usable_sharpness", "track_gap_s", "usable_yaw_deg")
        resources = ("workers", "threads", "checkpoint_minutes", "max_memory_gb")
        require(self, *limits, *resources, holds=lambda value: value >= 0, wanted="0 or more")
        shares = ("min_face_score", "usable_brightness_min", "usable_brightness_max")
        require(self, *shares, holds=lambda value: 0 <= value <= 1, wanted="between 0 and 1")
        require(self, "fps", "stall_timeout_s", holds=lambda value: value > 0, wanted="above 0")
        self._require_sense()

    def _require_sense(self) -> None:
        """Refuse values that are right one by one and leave nothing to do together."""
        if self.fps is not None and self.every != 1:
            raise SettingsError("fps and every exclude each other: give one of them.")
        if self.start_s is not None and self.end_s is not None and self.end_s <= self.start_s:
            raise SettingsError(f"end ({self.end_s} s) must come after start ({self.start_s} s).")
        if self.usable_brightness_max < self.usable_brightness_min:
            raise SettingsError(
                f"usable_brightness_max ({self.usable_brightness_max}) must not be below "
                f"usable_brightness_min ({self.usable_brightness_min})."
            )

    @property
    def row_settings(self) -> dict[str, Any]:
        """The settings that rows depend on."""
        values = asdict(self)
        return {f.name: values[f.name] for f in fields(self) if f.metadata["rows"]}

    def fingerprint(self, *, weights_sha256: str) -> str:
        """Return 16 hex digits that change whenever rows of the same source could."""
        content = {
            "results_version": RESULTS_VERSION,
            "settings": self.row_settings,
            "weights_sha256": weights_sha256,
        }
        text = json.dumps(content, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def to_toml(self) -> str:
        """Return the settings as TOML; those that are None are left out."""
        return tomli_w.dumps({k: v for k, v in asdict(self).items() if v is not None})


def read_settings(path: Path) -> dict[str, Any]:
    """Return the values that a TOML file sets, to be passed to AnalyzeSettings.

    Raises:
        SettingsError: the file cannot be read, or names an unknown setting.
    """
    values = read_toml(path)
    refuse_unknown(values, [f.name for f in fields(AnalyzeSettings)], source=str(path))
    return values
