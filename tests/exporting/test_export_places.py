"""Where exports go, what they replace, and what is refused in one sentence."""

import pandas as pd
import polars as pl
import pytest

import vidfer
from tests.exporting.scripted_timelines import happy, sad, write_failure, write_video
from tests.outputs import DAMAGES
from vidfer.errors import OutputError, SettingsError, UsageError
from vidfer.exporting.format_names import FormatName
from vidfer.exporting.formats import FORMATS

ENDINGS = {
    "csv": ".csv",
    "srt": ".srt",
    "vtt": ".vtt",
    "elan": ".eaf",
    "textgrid": ".TextGrid",
    "pyfeat": ".pyfeat.csv",
    "openface": ".openface.csv",
    "fer": ".fer.csv",
    "deepface": ".deepface.csv",
}


def ending_of(format):
    """What a single file of the format ends in."""
    return "." + ENDINGS[format].rpartition(".")[2]


@pytest.fixture
def output(tmp_path):
    for video in ("clip.mp4", "clip.mov", "day 1/clip.mp4"):
        write_video(tmp_path / "out", video, [[happy()]] * 25)
    return tmp_path / "out"


def found_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_every_format_that_has_a_name_is_in_the_table():
    assert set(FORMATS) == set(FormatName.__args__) == set(ENDINGS)


@pytest.mark.parametrize("format", ENDINGS)
def test_a_folder_gets_a_file_per_video_in_the_subfolders_of_the_timelines(format, output):
    to = output.parent / "new" / "exports"
    files = vidfer.export(output, format=format, to=to)
    ending = ENDINGS[format]
    assert found_below(to) == [
        f"clip.mov{ending}",
        f"clip.mp4{ending}",
        f"day 1/clip.mp4{ending}",
    ]
    assert sorted(file.relative_to(to).as_posix() for file in files) == found_below(to)


def test_formats_in_one_folder_do_not_replace_each_other(output):
    to = output.parent / "exports"
    source = output / "timeline" / "clip.mp4.parquet"
    files = [file for format in ENDINGS for file in vidfer.export(source, format=format, to=to)]
    assert len(set(files)) == len(ENDINGS)
    assert all(file.is_file() for file in files)


@pytest.mark.parametrize("format", ENDINGS)
def test_one_timeline_file_becomes_one_file_of_any_name(format, output):
    file = output.parent / "deep" / f"mine{ending_of(format)}"
    written = vidfer.export(output / "timeline" / "clip.mp4.parquet", format=format, to=file)
    assert written == [file]
    assert file.is_file()


def test_a_timeline_file_into_a_folder_keeps_its_name(output):
    source = output / "timeline" / "day 1" / "clip.mp4.parquet"
    (file,) = vidfer.export(source, format="srt", to=output.parent / "to")
    assert file == output.parent / "to" / "clip.mp4.srt"


def test_csv_holds_all_videos_in_one_file_below_one_header(output):
    (file,) = vidfer.export(output, format="csv", to=output.parent / "all.csv")
    table = pd.read_csv(file)
    assert len(table) == 75
    assert sorted(set(table["video"])) == [
        "clip.mov", "clip.mp4", "day 1/clip.mp4",
    ]  # fmt: skip


@pytest.mark.parametrize("format", [name for name in ENDINGS if name != "csv"])
def test_other_formats_refuse_one_file_for_several_videos(format, output):
    file = output.parent / f"all{ending_of(format)}"
    with pytest.raises(UsageError, match=f"3 videos, and a file of format {format} holds one"):
        vidfer.export(output, format=format, to=file)
    assert not list(output.parent.glob("all*"))


def test_an_ending_in_other_letters_is_the_same_ending(output):
    (file,) = vidfer.export(output, format="csv", to=output.parent / "ALL.CSV")
    assert file.is_file()


def test_a_folder_that_looks_like_a_file_is_a_folder(output):
    (output.parent / "to.csv").mkdir()
    assert len(vidfer.export(output, format="csv", to=output.parent / "to.csv")) == 3


@pytest.mark.parametrize("name", ["wrong.vtt", "wrong.eaf"])
def test_the_ending_of_another_format_is_refused(name, output):
    with pytest.raises(UsageError, match=r"does not end in \.srt"):
        vidfer.export(output, format="srt", to=output.parent / name)


def test_a_file_that_is_no_export_is_not_taken_for_a_folder(output):
    notes = output.parent / "notes"
    notes.write_text("mine")
    with pytest.raises(UsageError, match=r"does not end in \.srt"):
        vidfer.export(output, format="srt", to=notes)
    assert notes.read_text() == "mine"


def test_an_existing_file_is_replaced_and_nothing_is_left_beside_it(output):
    to = output.parent / "to"
    (first, *_) = vidfer.export(output, format="srt", to=to)
    before = first.read_bytes()
    first.write_text("edited")
    vidfer.export(output, format="srt", to=to)
    assert first.read_bytes() == before
    assert not list(to.rglob(".*"))


def test_an_existing_file_stays_whole_when_the_new_one_cannot_be_made(output):
    file = output.parent / "one.csv"
    file.write_text("earlier")
    DAMAGES["one flipped bit"](output / "timeline" / "day 1" / "clip.mp4.parquet")
    with pytest.raises(UsageError):
        vidfer.export(output, format="csv", to=file)
    assert file.read_text() == "earlier"
    assert not list(output.parent.glob(".*"))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("format", ["csv", "elan"])
def test_a_damaged_timeline_is_named_and_not_exported(damage, format, output):
    DAMAGES[damage](output / "timeline" / "clip.mp4.parquet")
    with pytest.raises(UsageError, match=r"clip\.mp4\.parquet .*run 'vidfer analyze'"):
        vidfer.export(output, format=format, to=output.parent / "to")
    assert not (output.parent / "to" / f"clip.mp4{ENDINGS[format]}").exists()


def test_what_is_no_timeline_is_refused(tmp_path):
    pl.DataFrame({"video": ["a"], "x": [1]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(UsageError, match=r"other\.parquet lacks the columns frame, time_s"):
        vidfer.export(tmp_path / "other.parquet", format="srt", to=tmp_path)
    (tmp_path / "text.parquet").write_text("text")
    with pytest.raises(UsageError, match="no Parquet file"):
        vidfer.export(tmp_path / "text.parquet", format="srt", to=tmp_path)


def test_columns_of_another_type_are_refused(output, tmp_path):
    rows = vidfer.read_timeline(output / "timeline" / "clip.mp4.parquet").collect()
    rows.with_columns(frame=pl.lit("first")).write_parquet(tmp_path / "odd.parquet")
    for format in ("openface", "elan"):
        with pytest.raises(UsageError, match=r"odd\.parquet cannot be read as a timeline"):
            vidfer.export(tmp_path / "odd.parquet", format=format, to=tmp_path / "to")


def test_rows_in_a_file_of_ones_own_are_exported(output, tmp_path):
    rows = vidfer.read_timeline(output / "timeline" / "clip.mp4.parquet").collect()
    rows.write_parquet(tmp_path / "mine.parquet")
    for format in ENDINGS:
        (file,) = vidfer.export(tmp_path / "mine.parquet", format=format, to=tmp_path / "to")
        assert file.stat().st_size > 0


def test_rows_of_several_videos_in_one_file_are_refused_but_by_csv(output, tmp_path):
    vidfer.read_timeline(output).collect().write_parquet(tmp_path / "all.parquet")
    with pytest.raises(UsageError, match="rows of 3 videos"):
        vidfer.export(tmp_path / "all.parquet", format="srt", to=tmp_path / "to")
    (file,) = vidfer.export(tmp_path / "all.parquet", format="csv", to=tmp_path / "to")
    assert len(pd.read_csv(file)) == 75


def test_a_place_without_results_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no results"):
        vidfer.export(tmp_path / "nothing", format="csv", to=tmp_path / "to")


def test_results_without_a_timeline_are_refused(tmp_path):
    output = write_failure(tmp_path / "out")
    with pytest.raises(UsageError, match="holds no timelines"):
        vidfer.export(output, format="csv", to=tmp_path / "to")


def test_an_unknown_format_is_refused_with_the_known_ones(output):
    with pytest.raises(UsageError, match="no format 'excel': choose csv, srt"):
        vidfer.export(output, format="excel", to=output.parent / "to")


def test_options_about_episodes_are_refused_where_there_are_none(output):
    with pytest.raises(UsageError, match="enter is about episodes, and format csv holds none"):
        vidfer.export(output, format="csv", to=output.parent / "to", enter=0.4)
    assert not (output.parent / "to").exists()


def test_an_option_outside_its_range_is_refused_before_anything_is_written(output):
    with pytest.raises(SettingsError):
        vidfer.export(output, format="srt", to=output.parent / "to", enter=1.5)
    assert not (output.parent / "to").exists()


def test_a_place_that_cannot_be_written_is_named(output):
    (output.parent / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        vidfer.export(output, format="srt", to=output.parent / "file" / "below")


@pytest.mark.parametrize("format", ENDINGS)
def test_exports_of_a_run_again_are_equal_to_the_last_byte(format, output):
    source = output / "timeline" / "clip.mp4.parquet"
    first, second = (
        vidfer.export(source, format=format, to=output.parent / name)[0] for name in "ab"
    )
    assert first.read_bytes() == second.read_bytes()


def test_a_sad_face_is_sad_in_every_format(tmp_path):
    write_video(tmp_path / "out", "clip.mp4", [[sad()]] * 25)
    for format in ENDINGS:
        (file,) = vidfer.export(tmp_path / "out", format=format, to=tmp_path / "to")
        assert "sad" in file.read_text(encoding="utf-8")
