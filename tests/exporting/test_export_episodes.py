"""Formats of episodes, each read back by a reader of that format."""

import pytest
import srt
import webvtt
from praatio import textgrid
from pympi import Eaf

import vidfer
from tests.exporting.scripted_timelines import SeenFace, happy, sad, write_video

EPISODE_FORMATS = ["srt", "vtt", "elan", "textgrid"]

# Track 0 is happy from 0 to 1 s and sad from 1.4 to 2 s, track 1 happy from 0.6 to 2 s.
NOBODY = SeenFace(0, "neutral", 0.3)
FRAMES = [
    [
        happy(0) if number < 25 else sad(0) if number >= 35 else NOBODY,
        *([happy(1)] if number >= 15 else []),
    ]
    for number in range(50)
]


def exported(tmp_path, format, frames, **options):
    write_video(tmp_path / "out", "clip.mp4", frames)
    options = {"smooth_s": 0.0, **options}
    (file,) = vidfer.export(tmp_path / "out", format=format, to=tmp_path / "to", **options)
    return file


def tiers_of_elan(file):
    document = Eaf(str(file))
    names = document.get_tier_names()
    return {name: document.get_annotation_data_for_tier(name) for name in names}


def tiers_of_textgrid(file):
    grid = textgrid.openTextgrid(str(file), includeEmptyIntervals=False)
    return {
        name: [(round(e.start * 1000), round(e.end * 1000), e.label) for e in grid.getTier(name)]
        for name in grid.tierNames
    }


TIER_READERS = {"elan": tiers_of_elan, "textgrid": tiers_of_textgrid}


def test_srt_has_a_cue_per_episode_by_onset(tmp_path):
    text = exported(tmp_path, "srt", FRAMES).read_text(encoding="utf-8")
    cues = [
        (cue.index, cue.start.total_seconds(), cue.end.total_seconds(), cue.content)
        for cue in srt.parse(text)
    ]
    assert cues == [
        (1, 0.0, 1.0, "track 0: happy 0.90"),
        (2, 0.6, 2.0, "track 1: happy 0.90"),
        (3, 1.4, 2.0, "track 0: sad 0.90"),
    ]


def test_vtt_has_a_cue_per_episode_by_onset(tmp_path):
    cues = webvtt.read(str(exported(tmp_path, "vtt", FRAMES)))
    assert [(cue.identifier, cue.start, cue.end, cue.text) for cue in cues] == [
        ("1", "00:00:00.000", "00:00:01.000", "track 0: happy 0.90"),
        ("2", "00:00:00.600", "00:00:02.000", "track 1: happy 0.90"),
        ("3", "00:00:01.400", "00:00:02.000", "track 0: sad 0.90"),
    ]


@pytest.mark.parametrize("format", TIER_READERS)
def test_overlapping_episodes_of_two_tracks_stand_on_a_tier_per_track(format, tmp_path):
    assert TIER_READERS[format](exported(tmp_path, format, FRAMES)) == {
        "track 0": [(0, 1000, "happy"), (1400, 2000, "sad")],
        "track 1": [(600, 2000, "happy")],
    }


@pytest.mark.parametrize("format", TIER_READERS)
def test_overlapping_episodes_of_one_track_get_another_tier(format, tmp_path):
    faces = [SeenFace(0, "happy", 0.55 if number < 25 else 0.9) for number in range(50)]
    frames = [[face] for face in faces]
    # 0.45 are shared by six: with this rule each of them is an episode of the first second.
    options = {"enter": 0.06, "leave": 0.05}
    tiers = TIER_READERS[format](exported(tmp_path, format, frames, **options))
    assert list(tiers) == ["track 0", *(f"track 0 ({number})" for number in range(2, 8))]
    spans = sorted((start, end) for tier in tiers.values() for start, end, _ in tier)
    assert spans == [(0, 1000)] * 6 + [(0, 2000)]


def test_elan_links_the_video_and_keeps_every_slot_for_one_annotation(tmp_path):
    video = tmp_path / "videos of mine" / "clip.mp4"
    write_video(tmp_path / "out", "clip.mp4", FRAMES, path=str(video))
    (file,) = vidfer.export(tmp_path / "out", format="elan", to=tmp_path / "to")
    document = Eaf(str(file))
    (media,) = document.media_descriptors
    assert media["MEDIA_URL"] == f"file://{video}"
    assert media["MIME_TYPE"] == "video/mp4"
    assert (file.parent / media["RELATIVE_MEDIA_URL"]).resolve() == video.resolve()
    assert document.adocument["DATE"] == "2026-01-02T03:04:05+00:00"
    times = [
        time_ms
        for _, time_ms in sorted(document.timeslots.items(), key=lambda one: int(one[0][2:]))
    ]
    assert times == sorted(times)
    assert len(times) == 6


def test_a_textgrid_is_tiled_from_start_to_end(tmp_path):
    file = exported(tmp_path, "textgrid", FRAMES)
    grid = textgrid.openTextgrid(str(file), includeEmptyIntervals=True, reportingMode="error")
    assert (grid.minTimestamp, grid.maxTimestamp) == (0, 2)
    for name in grid.tierNames:
        entries = grid.getTier(name).entries
        assert [entry.start for entry in entries] == [0, *(e.end for e in entries[:-1])]
        assert entries[-1].end == 2


@pytest.mark.parametrize("frames", [[], [[]], [[]] * 30], ids=["no row", "one", "many"])
def test_videos_without_faces_and_without_frames_give_valid_files(frames, tmp_path):
    text = exported(tmp_path, "srt", frames).read_text(encoding="utf-8")
    assert list(srt.parse(text)) == []
    assert len(webvtt.read(str(exported(tmp_path, "vtt", frames)))) == 0
    assert tiers_of_elan(exported(tmp_path, "elan", frames)) == {}
    assert tiers_of_textgrid(exported(tmp_path, "textgrid", frames)) == {"no episodes": []}


def test_the_options_are_those_of_episodes(tmp_path):
    frames = [[happy()]] * 10 + [[NOBODY]] * 10 + [[happy()]] * 10
    write_video(tmp_path / "out", "clip.mp4", frames)

    def spans(**options):
        (file,) = vidfer.export(
            tmp_path / "out", format="elan", to=tmp_path / "to", smooth_s=0, **options
        )
        return [(start, end) for tier in tiers_of_elan(file).values() for start, end, _ in tier]

    assert spans() == [(0, 400), (800, 1200)]
    assert spans(merge_gap_s=0.5) == [(0, 1200)]
    assert spans(min_duration_s=0.5) == []
    assert spans(enter=0.95, leave=0.9) == []


def test_faces_that_are_not_usable_count_only_if_asked_for(tmp_path):
    frames = [[SeenFace(usable=False)]] * 25
    assert tiers_of_elan(exported(tmp_path, "elan", frames)) == {}
    assert tiers_of_elan(exported(tmp_path, "elan", frames, usable_only=False)) == {
        "track 0": [(0, 1000, "happy")]
    }


def test_times_of_more_than_a_day_are_written_whole(tmp_path):
    from vidfer.exporting.episode_list import Episode
    from vidfer.exporting.subtitles import SRT, VTT

    late = Episode(track=0, emotion="happy", onset_ms=360_000_123, offset_ms=360_001_000, mean=0.5)
    SRT.write_episodes(None, [late], tmp_path / "late.srt")
    (cue,) = srt.parse((tmp_path / "late.srt").read_text(encoding="utf-8"))
    assert cue.start.total_seconds() == 360_000.123
    VTT.write_episodes(None, [late], tmp_path / "late.vtt")
    assert webvtt.read(str(tmp_path / "late.vtt"))[0].start == "100:00:00.123"
