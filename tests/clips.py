"""Tiny clips, made in code, whose frames carry their number in the pixels.

A frame is a grid of 4 x 3 black and white cells. The top row is a mark that is right only on an
upright frame; the eight cells below are the bits of the frame's number. Cells survive lossy
codecs, so that a frame that is missing, doubled or displaced by one has the wrong number.

`ClipFolder` makes the kinds named in HEALTHY, DAMAGED and NOT_VIDEOS, each once, when asked.
"""

import random
import struct
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

WIDTH_PX, HEIGHT_PX = 96, 64
FRAME_MS = 40
FRAMES = 70  # more than one batch of 64
GROUP_FRAMES = 12  # from one key frame to the next

_SOUND_RATE = 8000
_MARK = (1, 0, 0, 0)
_BITS = 8
_COLUMNS, _ROWS = 4, 3


@dataclass(frozen=True)
class Clip:
    """A clip and what a player shows of it: each frame's number, its time, the upright size.

    For a damaged clip, `intact` are the numbers of the frames in groups of pictures that the
    damage does not touch, which every tolerant decoder can give, and `torn` those of the frames
    whose own packet it touches.
    """

    path: Path
    numbers: tuple[int, ...]
    times_s: tuple[float, ...]
    width: int = WIDTH_PX
    height: int = HEIGHT_PX
    rotation: int = 0
    intact: frozenset[int] = frozenset()
    torn: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.numbers)


class ClipFolder:
    """Makes clips by the names of their kinds, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Any] = {}

    def healthy(self, kind: str) -> Clip:
        return self._once(kind, lambda: write_video(self._folder, **HEALTHY[kind]))

    def damaged(self, kind: str) -> Clip:
        """Return a damaged clip; its numbers and times are those before the damage."""
        source, damage = DAMAGED[kind]
        name = f"{kind}{self.healthy(source).path.suffix}"
        return self._once(
            kind, lambda: _damage(self.healthy(source), self._folder / name, damage=damage)
        )

    def not_video(self, kind: str) -> Path:
        """Return a file that is no video, though most are named as one."""
        return self._once(kind, lambda: NOT_VIDEOS[kind](self))

    def growing(self) -> Path:
        """Return a video whose frames double in width and height in its middle."""
        return self._once("growing", self._write_growing)

    def still_end(self) -> Clip:
        """Return a healthy clip whose last two frames are the same, as in a still or a fade."""
        return self._once(
            "still_end",
            lambda: write_video(
                self._folder, name="still_end.mp4", stamps_ms=steady(20), numbers=[*range(19), 18]
            ),
        )

    def cut_at_open_group(self, suffix: str) -> Clip:
        """Return a copy that begins, undamaged, at a key frame in the middle of a video.

        The first frames' packets refer to frames before the cut, so that no player shows them.
        """
        return self._once(f"cut_at_open_group{suffix}", lambda: self._cut_at_open_group(suffix))

    def path(self, name: str) -> Path:
        return self._folder / name

    def _once(self, kind: str, make: Callable[[], Any]) -> Any:
        if kind not in self._made:
            self._made[kind] = make()
        return self._made[kind]

    def _write_growing(self) -> Path:
        size = (2 * WIDTH_PX, 2 * HEIGHT_PX)
        small = write_video(self._folder, name="small.h264", stamps_ms=steady(20))
        large = write_video(self._folder, name="large.h264", stamps_ms=steady(20), size=size)
        path = self._folder / "growing.h264"
        path.write_bytes(small.path.read_bytes() + large.path.read_bytes())
        return path

    def _cut_at_open_group(self, suffix: str) -> Clip:
        whole = write_video(
            self._folder, name=f"open_groups{suffix}", stamps_ms=steady(), options=_OPEN_GROUPS
        )
        path = self._folder / f"cut_at_open_group{suffix}"
        first = 2 * GROUP_FRAMES
        with av.open(str(whole.path)) as old, av.open(str(path), "w") as new:
            stream = new.add_stream_from_template(old.streams.video[0])
            packets = [packet for packet in old.demux(video=0) if packet.size]
            start = [i for i, packet in enumerate(packets) if packet.is_keyframe][2]
            shift = packets[start].dts
            for packet in packets[start:]:
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = stream
                new.mux(packet)
        return replace(
            whole, path=path, numbers=whole.numbers[first:], times_s=whole.times_s[:-first]
        )


def paint_number(number: int, *, width: int = WIDTH_PX, height: int = HEIGHT_PX) -> np.ndarray:
    """Return an upright RGB frame, uint8 (height, width, 3), that carries `number`."""
    bits = [(number >> bit) & 1 for bit in range(_BITS)]
    cells = np.array([*_MARK, *bits], dtype=np.uint8).reshape(_ROWS, _COLUMNS) * 219 + 16
    rows = np.arange(height) * _ROWS // height
    columns = np.arange(width) * _COLUMNS // width
    return np.repeat(cells[rows][:, columns, None], 3, axis=2)


def read_number(frame: np.ndarray) -> int:
    """Return the number that an upright RGB frame carries."""
    height, width = frame.shape[:2]
    rows = (2 * np.arange(_ROWS) + 1) * height // (2 * _ROWS)
    columns = (2 * np.arange(_COLUMNS) + 1) * width // (2 * _COLUMNS)
    cells = (frame[rows][:, columns].mean(axis=2) > 128).astype(int).ravel()
    assert tuple(cells[:_COLUMNS]) == _MARK, "the frame is not upright, or not one of ours"
    return sum(int(bit) << place for place, bit in enumerate(cells[_COLUMNS:]))


def steady(count: int = FRAMES, *, first_ms: int = 0) -> list[int]:
    """Return the times of `count` frames at a constant rate."""
    return [first_ms + FRAME_MS * i for i in range(count)]


_X264: Mapping[str, str] = {
    "preset": "ultrafast",
    "crf": "18",
    "g": str(GROUP_FRAMES),
    "bf": "0",
    "x264-params": "scenecut=0",
}
_B_FRAMES: Mapping[str, str] = {**_X264, "bf": "3", "b_strategy": "0"}
_OPEN_GROUPS: Mapping[str, str] = {**_B_FRAMES, "x264-params": "scenecut=0:open-gop=1"}
_QUICK_VP9: Mapping[str, str] = {"deadline": "realtime", "cpu-used": "8", "g": str(GROUP_FRAMES)}
# Matroska can be read on from the next cluster after damage.
_CLUSTER_PER_GROUP: Mapping[str, str] = {"cluster_time_limit": str(GROUP_FRAMES * FRAME_MS - 10)}
_GROUPED: Mapping[str, str] = {"g": str(GROUP_FRAMES)}


def write_video(
    folder: Path,
    *,
    name: str,
    stamps_ms: Sequence[int],
    numbers: Sequence[int] | None = None,
    codec: str = "libx264",
    options: Mapping[str, str] = _X264,
    container_options: Mapping[str, str] | None = None,
    size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
    pixel_format: str = "yuv420p",
    turned_left: int = 0,
    sound_s: float = 0.0,
    last_ms: int = FRAME_MS,
    ticks_per_s: int = 1000,
) -> Clip:
    """Write frames to be shown at `stamps_ms`; return what a player shows.

    Frames before time 0 are written but hidden, in containers that have edit lists.
    numbers: what the frames carry, by default 0, 1, 2, ...
    size: the upright frame's. turned_left: quarter turns to the left that a player makes.
    sound_s: length of a silent sound track. last_ms: how long the last frame is shown.
    """
    path = folder / name
    width, height = size
    with av.open(str(path), "w", options=dict(container_options or {})) as container:
        stream = container.add_stream(codec, rate=1000 // FRAME_MS, options=dict(options))
        stream.width, stream.height = size[::-1] if turned_left % 2 else size
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = Fraction(1, ticks_per_s)
        stream.codec_context.thread_count = 1
        sound = None
        if sound_s:
            sound = container.add_stream("pcm_s16le", rate=_SOUND_RATE, layout="mono")
        written = list(zip(numbers or range(len(stamps_ms)), stamps_ms))
        for number, stamp in written:
            upright = paint_number(number, width=width, height=height)
            stored = np.ascontiguousarray(np.rot90(upright, -turned_left))
            frame = av.VideoFrame.from_ndarray(stored, "rgb24").reformat(format=pixel_format)
            frame.time_base = Fraction(1, ticks_per_s)
            frame.pts = stamp * ticks_per_s // 1000
            container.mux(stream.encode(frame))
        last = stream.encode(None)
        if last and last_ms != FRAME_MS:
            max(last, key=lambda packet: packet.pts).duration = last_ms * ticks_per_s // 1000
        container.mux(last)
        if sound is not None:
            _mux_silence(container, sound, sound_s)
    if turned_left:
        _write_display_matrix(path, turned_left)
    shown = [(number, stamp) for number, stamp in written if stamp >= 0]
    return Clip(
        path=path,
        numbers=tuple(number for number, _ in shown),
        times_s=tuple((stamp - shown[0][1]) / 1000 for _, stamp in shown),
        width=width,
        height=height,
        rotation=90 * turned_left,
    )


def _write_display_matrix(path: Path, turned_left: int) -> None:
    """Write the matrix of an MP4's track header (ISO/IEC 14496-12, 8.3.2).

    Behind the box's type come 40 bytes of other fields, then nine numbers in fixed point.
    """
    cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[turned_left]
    matrix = (cosine << 16, -sine << 16, 0, sine << 16, cosine << 16, 0, 0, 0, 1 << 30)
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 4 + 40
    struct.pack_into(">9i", content, place, *matrix)
    path.write_bytes(content)


def _mux_silence(container: Any, stream: Any, seconds: float) -> None:
    step = _SOUND_RATE // 10
    for start in range(0, int(seconds * _SOUND_RATE), step):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, step), np.int16), "s16", "mono")
        frame.sample_rate, frame.pts = _SOUND_RATE, start
        frame.time_base = Fraction(1, _SOUND_RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


# What write_video is given for each kind of healthy clip.
HEALTHY: dict[str, dict[str, Any]] = {
    "steady": dict(name="steady.mp4", stamps_ms=steady()),
    "gap": dict(
        name="gap.mp4", stamps_ms=[0, 40, 80, 200, 1900, 1933, *(2000 + 33 * i for i in range(20))]
    ),
    "pause": dict(
        name="pause.mp4", stamps_ms=[33 * i for i in range(30)] + [3000 + 33 * i for i in range(40)]
    ),
    "late_start": dict(name="late_start.mkv", stamps_ms=steady(first_ms=5000)),
    "late_start_mp4": dict(name="late_start.mp4", stamps_ms=steady(first_ms=5000)),
    # It starts at 5.0390625 s, which FFmpeg rounds to microseconds.
    "late_start_between_microseconds": dict(
        name="late_start_between.mp4", stamps_ms=steady(first_ms=5040), ticks_per_s=1024
    ),
    "turned_90": dict(name="turned_90.mp4", stamps_ms=steady(20), size=(64, 96), turned_left=1),
    "turned_180": dict(name="turned_180.mp4", stamps_ms=steady(20), turned_left=2),
    "turned_270": dict(name="turned_270.mp4", stamps_ms=steady(20), size=(64, 96), turned_left=3),
    "b_frames": dict(name="b_frames.mp4", stamps_ms=steady(), options=_B_FRAMES),
    "odd_size": dict(
        name="odd_size.mp4", stamps_ms=steady(20), size=(97, 65), pixel_format="yuv444p"
    ),
    "tiny": dict(name="tiny.mp4", stamps_ms=steady(20), size=(16, 16)),
    "one_frame": dict(name="one_frame.mp4", stamps_ms=steady(1)),
    "long_last_frame": dict(name="long_last_frame.mp4", stamps_ms=steady(20), last_ms=3000),
    "long_sound": dict(name="long_sound.mkv", stamps_ms=steady(20), sound_s=4.0),
    "edit_list": dict(name="edit_list.mp4", stamps_ms=steady(first_ms=-400)),
    "transport_stream": dict(name="transport_stream.ts", stamps_ms=steady()),
    "program_stream": dict(
        name="program_stream.mpg",
        stamps_ms=steady(),
        codec="mpeg2video",
        options={**_GROUPED, "bf": "2"},
        ticks_per_s=25,
    ),
    "hevc": dict(
        name="hevc.mp4",
        stamps_ms=steady(),
        codec="libx265",
        options={"preset": "ultrafast", "x265-params": "log-level=none"},
    ),
    "webm": dict(
        name="vp9.webm",
        stamps_ms=steady(),
        codec="libvpx-vp9",
        options=_QUICK_VP9,
        container_options=_CLUSTER_PER_GROUP,
    ),
    "mkv": dict(name="h264.mkv", stamps_ms=steady(), container_options=_CLUSTER_PER_GROUP),
    "short_clusters": dict(
        name="short_clusters.mkv",
        stamps_ms=steady(),
        container_options={"cluster_time_limit": "400"},
    ),
    "avi": dict(
        name="mpeg4.avi", stamps_ms=steady(), codec="mpeg4", options=_GROUPED, ticks_per_s=25
    ),
    "avi_b_frames": dict(name="h264.avi", stamps_ms=steady(), options=_B_FRAMES, ticks_per_s=25),
    "gif": dict(
        name="animated.gif", stamps_ms=steady(20), codec="gif", options={}, pixel_format="rgb8"
    ),
    "raw_h264": dict(name="raw.h264", stamps_ms=steady(20)),
    "fragmented": dict(
        name="fragmented.mp4",
        stamps_ms=steady(),
        container_options={"movflags": "frag_keyframe+empty_moov"},
    ),
    "index_first": dict(
        name="index_first.mp4", stamps_ms=steady(), container_options={"movflags": "faststart"}
    ),
    "index_first_b_frames": dict(
        name="index_first_b_frames.mp4",
        stamps_ms=steady(),
        options=_B_FRAMES,
        container_options={"movflags": "faststart"},
    ),
}

# From which byte on a file is overwritten, and by what (None: it is cut off there).
Damage = Callable[[Path], tuple[int, bytes | None]]


def _cut_in_half(path: Path) -> tuple[int, bytes | None]:
    return path.stat().st_size // 2, None


def _cut_one_byte(path: Path) -> tuple[int, bytes | None]:
    return path.stat().st_size - 1, None


def _garbage(path: Path) -> tuple[int, bytes | None]:
    size = path.stat().st_size
    return size * 45 // 100, random.Random(1).randbytes(size // 10)


def _zeros(path: Path) -> tuple[int, bytes | None]:
    size = path.stat().st_size
    return size * 45 // 100, bytes(size // 10)


def _no_frame_left(path: Path) -> tuple[int, bytes | None]:
    first = path.read_bytes().index(b"mdat") + 4
    return first, bytes(path.stat().st_size - first)


def _one_packet(path: Path) -> tuple[int, bytes | None]:
    packet = _packets(path)[2 * GROUP_FRAMES - 1]
    return packet.pos, random.Random(3).randbytes(packet.size)


def _key_frame(path: Path) -> tuple[int, bytes | None]:
    """Overwrite the third key frame and what follows it in its cluster.

    Reading goes on with the next cluster, which begins before the fourth key frame.
    """
    packets = _packets(path)
    first, last = packets[2 * GROUP_FRAMES - 1], packets[2 * GROUP_FRAMES + 8]
    return first.pos, bytes(last.pos + last.size - first.pos)


# Kind -> the healthy clip that is damaged, and how.
DAMAGED: dict[str, tuple[str, Damage]] = {
    "half_mp4": ("index_first", _cut_in_half),
    "half_b_frames": ("index_first_b_frames", _cut_in_half),
    "half_mkv": ("mkv", _cut_in_half),
    "half_webm": ("webm", _cut_in_half),
    "half_fragmented": ("fragmented", _cut_in_half),
    "half_ts": ("transport_stream", _cut_in_half),
    "one_byte_short": ("index_first", _cut_one_byte),
    "garbage_mp4": ("index_first", _garbage),
    "garbage_b_frames": ("index_first_b_frames", _garbage),
    "garbage_mkv": ("mkv", _garbage),
    "garbage_webm": ("webm", _garbage),
    "garbage_ts": ("transport_stream", _garbage),
    "zeros_mp4": ("index_first", _zeros),
    "one_packet_mp4": ("index_first", _one_packet),
    "one_packet_mkv": ("mkv", _one_packet),
    "one_packet_avi": ("avi", _one_packet),
    "one_packet_ts": ("transport_stream", _one_packet),
    "one_packet_pause": ("pause", _one_packet),
    "lost_key_frame_mkv": ("short_clusters", _key_frame),
    "no_frame_left": ("index_first", _no_frame_left),
}


def _damage(clip: Clip, path: Path, *, damage: Damage) -> Clip:
    whole = clip.path.read_bytes()
    first, filling = damage(clip.path)
    last = len(whole) if filling is None else first + len(filling)
    path.write_bytes(whole[:first] + (b"" if filling is None else filling + whole[last:]))
    groups = _numbers_by_group(clip, first, last)
    torn = frozenset().union(*(touched for _, touched in groups))
    intact = frozenset().union(*(numbers for numbers, touched in groups if not touched))
    return replace(clip, path=path, intact=intact, torn=torn)


def _numbers_by_group(clip: Clip, first: int, last: int) -> list[tuple[set[int], set[int]]]:
    """Return each group's frames, and those whose packet lies in bytes `first` to `last`."""
    groups: list[tuple[set[int], set[int]]] = []
    packets = _packets(clip.path)
    stamps = sorted(packet.pts for packet in packets)
    for packet in packets:
        if packet.is_keyframe:
            groups.append((set(), set()))
        numbers, touched = groups[-1]
        number = stamps.index(packet.pts)
        numbers.add(number)
        if first < packet.pos + packet.size and packet.pos < last:
            touched.add(number)
    return groups


def _packets(path: Path) -> list[av.Packet]:
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def _text(clips: ClipFolder) -> Path:
    return _put(clips, "text.mp4", b"hello, this is not a video\n" * 200)


def _empty(clips: ClipFolder) -> Path:
    return _put(clips, "empty.mp4", b"")


def _random_bytes(clips: ClipFolder) -> Path:
    return _put(clips, "random.mp4", random.Random(2).randbytes(50_000))


def _playlist(clips: ClipFolder) -> Path:
    target = clips.healthy("steady").path
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:10", "#EXTINF:4,", str(target), "#EXT-X-ENDLIST", ""]
    return _put(clips, "playlist.mp4", "\n".join(lines).encode())


def _concat_script(clips: ClipFolder) -> Path:
    target = clips.healthy("steady").path
    return _put(clips, "concat.mp4", f"ffconcat version 1.0\nfile '{target.name}'\n".encode())


def _jpeg(clips: ClipFolder) -> Path:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(paint_number(1), "rgb24").reformat(format="yuvj420p")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return _put(clips, "picture.mp4", bytes(packets[0]))


def _wave_sound(clips: ClipFolder) -> Path:
    path = clips.path("wave.mp4")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_SOUND_RATE)
        file.writeframes(bytes(2 * _SOUND_RATE))
    return path


def _sound_only(clips: ClipFolder) -> Path:
    path = clips.path("sound.m4a")
    with av.open(str(path), "w", format="mov") as container:
        sound = container.add_stream("pcm_s16le", rate=_SOUND_RATE, layout="mono")
        _mux_silence(container, sound, 1.0)
    return path


def _cover_art(clips: ClipFolder) -> Path:
    path = clips.path("cover.m4a")
    picture = av.Packet(_jpeg(clips).read_bytes())
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=_SOUND_RATE, layout="mono")
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        container.start_encoding()
        picture.stream, picture.pts, picture.dts = cover, 0, 0
        container.mux(picture)
        for start in range(0, _SOUND_RATE, 1024):
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            silence.sample_rate, silence.pts = _SOUND_RATE, start
            container.mux(sound.encode(silence))
        container.mux(sound.encode(None))
    return path


def _no_index(clips: ClipFolder) -> Path:
    whole = clips.healthy("steady").path.read_bytes()
    return _put(clips, "no_index.mp4", whole[: whole.rindex(b"moov") - 4])


def _cut_in_index(clips: ClipFolder) -> Path:
    whole = clips.healthy("index_first").path.read_bytes()
    return _put(clips, "cut_in_index.mp4", whole[: whole.index(b"moov") + 100])


def _garbled_index(clips: ClipFolder) -> Path:
    whole = clips.healthy("steady").path.read_bytes()
    moov = whole.rindex(b"moov") + 4
    return _put(clips, "garbled_index.mp4", whole[:moov] + b"\xff" * (len(whole) - moov))


def _damaged_mkv_headers(clips: ClipFolder) -> Path:
    whole = clips.healthy("mkv").path.read_bytes()
    return _put(clips, "damaged_headers.mkv", whole[:4] + bytes(2000))


def _put(clips: ClipFolder, name: str, content: bytes) -> Path:
    path = clips.path(name)
    path.write_bytes(content)
    return path


NOT_VIDEOS: dict[str, Callable[[ClipFolder], Path]] = {
    "empty": _empty,
    "text": _text,
    "random_bytes": _random_bytes,
    "playlist": _playlist,
    "concat_script": _concat_script,
    "jpeg": _jpeg,
    "wave_sound": _wave_sound,
    "sound_only": _sound_only,
    "cover_art": _cover_art,
    "no_index": _no_index,
    "cut_in_index": _cut_in_index,
    "garbled_index": _garbled_index,
    "damaged_mkv_headers": _damaged_mkv_headers,
}
