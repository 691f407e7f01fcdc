"""Sound stays what it was and where it was."""

from fractions import Fraction

import av
import numpy as np
import pytest

import vidfer
from tests.clips import paint_number
from tests.rendering.scripted import write_results
from tests.video.decoding import decode

RATE = 16_000

needs_delay = pytest.mark.skipif(
    int(av.__version__.split(".")[0]) < 18, reason="PyAV does not tell how much is to be skipped"
)


def film(path, *, sound, sound_from_s=0.0, frames=25):
    """Write one second of pictures with a tone in a codec, and return the pictures' times."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        audio = container.add_stream(sound, rate=RATE, layout="mono")
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(paint_number(number), "rgb24")
            container.mux(video.encode(frame))
        tone = np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE)[None].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(tone / 2, "flt", "mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = int(sound_from_s * RATE)
        container.mux(audio.encode(frame))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return decode(path).times_s


def packets(path):
    with av.open(str(path)) as container:
        return [(float(p.pts * p.time_base), bytes(p)) for p in container.demux(audio=0) if p.size]


def rendered(tmp_path, name, *, sound, to="copy.mp4", sound_from_s=0.0, **options):
    path = tmp_path / name
    times_s = film(path, sound=sound, sound_from_s=sound_from_s)
    output = write_results(tmp_path / "out", path, times_s)
    return path, vidfer.render(path, timeline=output, to=tmp_path / to, **options)


@pytest.mark.parametrize(
    ("name", "sound", "to"),
    [
        ("a.mp4", "aac", "copy.mp4"),
        pytest.param("a.mkv", "aac", "copy.mkv", marks=needs_delay),
        ("a.mkv", "libopus", "copy.mp4"),
        ("a.mkv", "pcm_s16le", "copy.mkv"),
        ("a.mkv", "flac", "copy.mkv"),
        ("a.mp4", "libmp3lame", "copy.mp4"),
    ],
)
@pytest.mark.parametrize("blur", [False, True])
def test_packets_are_copied_bit_by_bit_at_their_times(tmp_path, name, sound, to, blur):
    path, rendering = rendered(tmp_path, name, sound=sound, to=to, blur=blur)
    assert rendering.sound == "copied"
    before, after = packets(path), packets(tmp_path / to)
    assert [data for _, data in after] == [data for _, data in before]
    # Relative to the pictures: Matroska begins with the encoder's delay.
    shift = before[0][0] - after[0][0]
    assert [t + shift for t, _ in after] == pytest.approx([t for t, _ in before], abs=2e-3)
    assert abs(shift) < 0.05


def test_sound_from_a_transport_stream_is_copied(tmp_path):
    path, rendering = rendered(tmp_path, "a.ts", sound="aac")
    assert rendering.sound == "copied"
    # There each packet carries a header of 7 bytes of its own.
    assert [data[7:] for _, data in packets(path)] == [d for _, d in packets(tmp_path / "copy.mp4")]


def test_pictures_do_not_wait_for_what_an_encoder_puts_before_the_beginning(tmp_path):
    path, rendering = rendered(tmp_path, "a.mp4", sound="aac", to="copy.mkv")
    assert packets(path)[0][0] < 0
    assert packets(rendering.path)[0] == (0.0, packets(path)[1][1])
    assert decode(rendering.path).times_s == pytest.approx(decode(path).times_s, abs=5e-4)


def test_every_sound_track_is_kept(tmp_path):
    path = tmp_path / "two.mkv"
    film(tmp_path / "one.mkv", sound="flac")
    with av.open(str(tmp_path / "one.mkv")) as old, av.open(str(path), "w") as new:
        targets = {s.index: [new.add_stream_from_template(s)] for s in old.streams}
        targets[1].append(new.add_stream_from_template(old.streams.audio[0]))
        for packet in old.demux():
            for stream in targets[packet.stream.index] if packet.size else []:
                packet.stream = stream
                new.mux(packet)
    output = write_results(tmp_path / "out", path, decode(path).times_s)
    rendering = vidfer.render(path, timeline=output, to=tmp_path / "copy.mp4")
    with av.open(str(rendering.path)) as container:
        assert len(container.streams.audio) == 2
        assert {p.stream.index for p in container.demux(audio=1) if p.size} == {2}


def test_sound_that_is_damaged_is_carried_as_far_as_it_can_be_read(tmp_path):
    path = tmp_path / "a.mkv"
    film(path, sound="flac", frames=40)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = b"\xff" * 300
    path.write_bytes(content)
    output = write_results(tmp_path / "out", path, decode(path).times_s)
    for ending in (".mp4", ".mov", ".mkv"):
        rendering = vidfer.render(path, timeline=output, to=tmp_path / f"copy{ending}")
        assert len(packets(rendering.path)) > 1


def test_sound_that_begins_late_still_does(tmp_path):
    _, rendering = rendered(tmp_path, "a.mp4", sound="aac", sound_from_s=0.5)
    assert packets(rendering.path)[0][0] == pytest.approx(0.5, abs=0.07)


def test_what_the_container_refuses_is_encoded_anew_and_sounds_the_same(tmp_path):
    _, rendering = rendered(tmp_path, "a.avi", sound="adpcm_ms")
    assert rendering.sound == "encoded"
    with av.open(str(rendering.path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        heard = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)[0]
    spectrum = abs(np.fft.rfft(heard))
    assert spectrum.argmax() * RATE / len(heard) == pytest.approx(440, abs=3)
    assert len(heard) / RATE == pytest.approx(1.0, abs=0.2)


def test_sound_can_be_left_out(tmp_path):
    _, rendering = rendered(tmp_path, "a.mp4", sound="aac", audio=False)
    assert rendering.sound == "left out"
    with av.open(str(rendering.path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
