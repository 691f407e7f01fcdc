"""In a blurred copy no face is left, and nothing slips through unsaid."""

import av
import numpy as np
import pytest
from click.testing import CliRunner

import vidfer
from tests.clips import write_video
from tests.rendering.scripted import write_results
from tests.results import EXAMPLES, rows_of
from tests.video.decoding import decode
from vidfer.cli import main
from vidfer.engine.serial import SerialEngine
from vidfer.errors import UsageError

FRAMES = 12


@pytest.fixture(scope="module")
def two_faces(tmp_path_factory):
    """The first frames of the example with two faces, and its real results."""
    folder = tmp_path_factory.mktemp("blur")
    path = folder / "two.mp4"
    with (
        av.open(str(EXAMPLES / "two_faces.mp4")) as old,
        av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as new,
    ):
        new.metadata.update({"title": "Eileen Collins", "location": "+28.6-80.6/"})
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [packet for packet in old.demux(video=0) if packet.size]
        for packet in packets[:FRAMES]:
            packet.stream = stream
            new.mux(packet)
    analyse(path, folder / "out")
    return path, folder / "out"


def analyse(path, output, **settings):
    vidfer.analyze(
        path,
        output,
        settings=vidfer.AnalyzeSettings(device="cpu", **settings),
        engine=SerialEngine(),
        progress=False,
    )
    return rows_of(output)


def test_the_detector_finds_no_face_any_more(two_faces, tmp_path):
    path, output = two_faces
    assert rows_of(output)["face"].is_not_null().sum() == 2 * FRAMES
    rendering = vidfer.render(path, timeline=output, to=tmp_path / "blurred.mp4", blur=True)
    assert rendering.frames_with_face == rendering.frames == FRAMES
    rows = analyse(tmp_path / "blurred.mp4", tmp_path / "again", min_face_px=20)
    assert len(rows) == FRAMES
    assert rows["face"].is_not_null().sum() == 0


def test_an_annotated_copy_still_shows_them(two_faces, tmp_path):
    path, output = two_faces
    vidfer.render(path, timeline=output, to=tmp_path / "annotated.mp4")
    rows = analyse(tmp_path / "annotated.mp4", tmp_path / "again")
    assert rows["face"].is_not_null().sum() == 2 * FRAMES


@pytest.mark.parametrize("blur", [False, True])
def test_titles_and_places_are_left_behind(two_faces, tmp_path, blur):
    path, output = two_faces
    with av.open(str(path)) as container:
        assert container.metadata["title"] == "Eileen Collins"
    to = tmp_path / "copy.mp4"
    vidfer.render(path, timeline=output, to=to, blur=blur)
    with av.open(str(to)) as container:
        assert not {"title", "location", "creation_time"} & set(container.metadata)
    assert b"Collins" not in to.read_bytes()


def test_subtitles_and_cover_pictures_are_left_behind(clips, tmp_path):
    clip = clips.healthy("steady")
    path = tmp_path / "with_text.mkv"
    with av.open(str(clip.path)) as old, av.open(str(path), "w") as new:
        video = new.add_stream_from_template(old.streams.video[0])
        text = new.add_stream("ass")
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = video
                new.mux(packet)
        line = av.Packet(b"0,0,Default,,0,0,0,,Eileen")
        line.stream, line.pts, line.dts, line.duration = text, 0, 0, 1000
        new.mux(line)
    output = write_results(tmp_path / "out", path, decode(path).times_s)
    vidfer.render(path, timeline=output, to=tmp_path / "copy.mkv", blur=True)
    with av.open(str(tmp_path / "copy.mkv")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


@pytest.fixture
def striped(tmp_path):
    """A clip of which every second frame was analysed; a face in its left half."""
    # These numbers show as black and white on both sides.
    stamps_ms, numbers = [40 * i for i in range(10)], [8 + i % 8 for i in range(10)]
    clip = write_video(tmp_path, name="clip.mp4", stamps_ms=stamps_ms, numbers=numbers)
    box = (4, 8, 40, 48)
    odd = range(1, 10, 2)
    write_results(
        tmp_path / "out", clip.path, clip.times_s, faces={i: [box] for i in range(10)}, without=odd
    )
    return clip.path, tmp_path / "out"


def test_frames_that_were_not_analysed_refuse_a_blurred_copy(striped, tmp_path):
    path, output = striped
    with pytest.raises(UsageError, match=r"Frame 1 \(0.040 s\) was not analysed"):
        vidfer.render(path, timeline=output, to=tmp_path / "copy.mp4", blur=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.mp4", "out"]


def changes(path, other):
    """Return how much each frame differs within the face's half, and beyond it."""
    before, after = decode(path).frames, decode(other).frames
    differences = [abs(a.astype(int) - b.astype(int)) for a, b in zip(before, after, strict=True)]
    return np.array([(d[:, :48].mean(), d[:, 72:].mean()) for d in differences])


def test_they_can_be_hidden_as_a_whole(striped, tmp_path):
    path, output = striped
    to = tmp_path / "copy.mp4"
    rendering = vidfer.render(path, timeline=output, to=to, blur=True, not_analysed="hide")
    assert (rendering.frames_not_analysed, rendering.frames_hidden) == (5, 5)
    face, beyond = changes(path, to).T
    assert face.min() > 10
    assert beyond[1::2].min() > 10 > beyond[::2].max()


def test_or_covered_only_where_faces_are_known_from_around(striped, tmp_path):
    path, output = striped
    to = tmp_path / "copy.mp4"
    result = CliRunner().invoke(
        main,
        [
            *("render", str(path), "--timeline", str(output), "-o", str(to)),
            *("--blur", "--not-analysed", "cover", "--margin", "0.1"),
        ],
    )
    assert result.exit_code == 0
    assert "5 frames were not analysed" in result.output
    face, beyond = changes(path, to).T
    assert face.min() > 10 > beyond.max()


def test_annotated_copies_say_which_frames_were_not_analysed(striped, tmp_path):
    path, output = striped
    rendering = vidfer.render(path, timeline=output, to=tmp_path / "copy.mp4")
    assert rendering.frames_not_analysed == 5
    assert rendering.frames_hidden == 0
