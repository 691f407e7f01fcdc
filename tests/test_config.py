"""Settings refuse what makes no sense, survive TOML and are known by their fingerprint."""

import math
from dataclasses import FrozenInstanceError, asdict, fields, replace

import pytest

from vidfer.config import AnalyzeSettings, read_settings
from vidfer.errors import SettingsError, UsageError

# Values outside each field's range or of another type.
OUT_OF_RANGE = [
    ("decoder", "ffmpeg"),
    ("decoder", None),
    ("precision", "float16"),
    *((name, value) for name in ("every", "min_face_px", "max_pixels") for value in (0, -1)),
    ("detect_every", 0),
    *((name, value) for name in ("chunk_frames", "batch_size") for value in (0, -1)),
    *((name, math.nan) for name in ("every", "fps", "start_s", "min_face_score", "track_gap_s")),
    *((name, "12") for name in ("every", "fps", "end_s", "usable_face_px")),
    *((name, True) for name in ("every", "fps", "start_s", "usable_sharpness")),
    *((name, None) for name in ("every", "min_face_px", "track_gap_s", "batch_size")),
    *((name, -0.1) for name in ("usable_face_px", "usable_sharpness", "track_gap_s")),
    *((name, -1) for name in ("workers", "threads", "checkpoint_minutes", "max_memory_gb")),
    *((name, 1.5) for name in ("workers", "threads")),
    *(("stall_timeout_s", value) for value in (0, -1.0, math.inf)),
    ("usable_yaw_deg", -1),
    *((name, math.inf) for name in ("fps", "start_s", "end_s", "track_gap_s", "usable_yaw_deg")),
    *(
        (name, value)
        for name in ("min_face_score", "usable_brightness_min", "usable_brightness_max")
        for value in (-0.01, 1.01)
    ),
    ("fps", 0),
    ("fps", -5.0),
    *((name, value) for name in ("model", "device") for value in ("", 7, None, b"cpu")),
    *((name, value) for name in ("every", "chunk_frames", "max_pixels") for value in (1.5, 2.0)),
    # An integer that no float can hold is no number of seconds either.
    ("track_gap_s", 10**400),
]

CHANGED = {
    "decoder": "pyav",
    "every": 2,
    "fps": 5.0,
    "start_s": 1.0,
    "end_s": 9.0,
    "min_face_px": 20,
    "min_face_score": 0.9,
    "detect_every": 3,
    "track_gap_s": 2.0,
    "model": "mine.safetensors",
    "usable_face_px": 50.0,
    "usable_sharpness": 31.0,
    "usable_brightness_min": 0.2,
    "usable_brightness_max": 0.8,
    "usable_yaw_deg": 30.0,
    "max_pixels": 1_000_000,
    "chunk_frames": 4,
    "batch_size": 8,
    "precision": "float32",
    "device": "cpu",
    "workers": 3,
    "threads": 2,
    "stall_timeout_s": 30.0,
    "checkpoint_minutes": 1.0,
    "max_memory_gb": 2.5,
}
WITHOUT_EFFECT_ON_ROWS = (
    "chunk_frames",
    "batch_size",
    "device",
    "workers",
    "threads",
    "stall_timeout_s",
    "checkpoint_minutes",
    "max_memory_gb",
)


def settings_file(tmp_path, text: str):
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def fingerprint(weights: str = "a" * 64, **values: object) -> str:
    return AnalyzeSettings(**values).fingerprint(weights_sha256=weights)


@pytest.mark.parametrize(("name", "value"), OUT_OF_RANGE)
def test_a_value_outside_its_range_is_refused_by_name(name, value):
    with pytest.raises(SettingsError) as refusal:
        AnalyzeSettings(**{name: value})
    sentence = str(refusal.value)
    assert sentence.startswith(f"{name} must be ")
    assert sentence.endswith(".")
    assert str(value) in sentence


def test_every_field_with_a_range_has_been_tried():
    tried = {name for name, _ in OUT_OF_RANGE}
    assert tried == {field.name for field in fields(AnalyzeSettings)}


@pytest.mark.parametrize("name", ["every", "chunk_frames", "batch_size"])
@pytest.mark.parametrize("value", [1.5, math.inf])
def test_counts_must_be_whole_numbers(name, value):
    with pytest.raises(SettingsError, match=name):
        AnalyzeSettings(**{name: value})


@pytest.mark.parametrize("name", ["model", "device"])
def test_names_must_be_texts(name):
    with pytest.raises(SettingsError, match=name):
        AnalyzeSettings(**{name: 7})


def test_a_brightness_gate_that_nothing_passes_is_refused():
    with pytest.raises(SettingsError, match="usable_brightness_max"):
        AnalyzeSettings(usable_brightness_min=0.8, usable_brightness_max=0.2)
    AnalyzeSettings(usable_brightness_min=0.5, usable_brightness_max=0.5)


def test_every_and_fps_exclude_each_other():
    with pytest.raises(SettingsError, match="fps and every exclude each other"):
        AnalyzeSettings(every=2, fps=5.0)


@pytest.mark.parametrize("end_s", [3.0, 2.0])
def test_the_end_must_come_after_the_start(end_s):
    with pytest.raises(SettingsError, match=r"end \(.* s\) must come after start \(3.0 s\)"):
        AnalyzeSettings(start_s=3.0, end_s=end_s)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("every", 1),
        ("min_face_score", 0),
        ("min_face_score", 1),
        ("track_gap_s", 0),
        ("workers", 0),
        ("usable_sharpness", 0),
        ("usable_brightness_max", 1.0),
        ("start_s", -1.0),
        ("fps", 1e-6),
        ("fps", None),
    ],
)
def test_the_ends_of_a_range_belong_to_it(name, value):
    assert getattr(AnalyzeSettings(**{name: value}), name) == value


def test_a_settings_error_is_a_usage_error():
    assert issubclass(SettingsError, UsageError)


def test_settings_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        AnalyzeSettings().every = 2


def test_every_field_has_a_help_text_that_ends_with_a_full_stop():
    for field in fields(AnalyzeSettings):
        text = field.metadata["help"]
        assert text.endswith("."), field.name


@pytest.mark.parametrize("excluded", ["fps", "every"])
def test_settings_survive_toml(excluded, tmp_path):
    values = {name: value for name, value in CHANGED.items() if name != excluded}
    settings = AnalyzeSettings(**values)
    again = AnalyzeSettings(**read_settings(settings_file(tmp_path, settings.to_toml())))
    assert again == settings


def test_defaults_survive_toml_without_those_that_are_unset(tmp_path):
    text = AnalyzeSettings().to_toml()
    assert "fps" not in text
    assert AnalyzeSettings(**read_settings(settings_file(tmp_path, text))) == AnalyzeSettings()


def test_a_settings_file_may_set_a_part(tmp_path):
    assert read_settings(settings_file(tmp_path, "every = 5\n")) == {"every": 5}


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path):
    path = settings_file(tmp_path, "every = 5\nevry = 6\n")
    with pytest.raises(SettingsError) as refusal:
        read_settings(path)
    sentence = str(refusal.value)
    assert "'evry'" in sentence
    assert str(path) in sentence
    for field in fields(AnalyzeSettings):
        assert field.name in sentence


@pytest.mark.parametrize("content", [b"every = ", b"every == 2", b"\xff\xfe", b"[[every"])
def test_a_file_that_is_no_toml_is_refused_by_name(content, tmp_path):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"Cannot read .*settings\.toml"):
        read_settings(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingsError, match=f"Cannot read .*{path.name}"):
            read_settings(path)


def test_all_fields_are_tried_with_the_fingerprint():
    assert set(CHANGED) == {field.name for field in fields(AnalyzeSettings)}


@pytest.mark.parametrize("name", [name for name in CHANGED if name not in WITHOUT_EFFECT_ON_ROWS])
def test_the_fingerprint_changes_with_what_rows_depend_on(name):
    assert fingerprint(**{name: CHANGED[name]}) != fingerprint()


@pytest.mark.parametrize("name", WITHOUT_EFFECT_ON_ROWS)
def test_the_fingerprint_ignores_what_rows_do_not_depend_on(name):
    assert fingerprint(**{name: CHANGED[name]}) == fingerprint()


def test_the_fingerprint_changes_with_the_weights():
    assert fingerprint("a" * 64) != fingerprint("b" * 64)


def test_no_two_of_the_changed_settings_share_a_fingerprint():
    names = [name for name in CHANGED if name not in WITHOUT_EFFECT_ON_ROWS]
    assert len({fingerprint(**{name: CHANGED[name]}) for name in names}) == len(names)


def test_the_fingerprint_is_sixteen_hex_digits_and_stable():
    first = fingerprint()
    assert first == fingerprint()
    assert len(first) == 16
    int(first, 16)


@pytest.mark.parametrize("name", ["track_gap_s", "fps", "start_s", "usable_yaw_deg"])
def test_a_whole_number_and_its_decimal_have_one_fingerprint(name):
    assert fingerprint(**{name: 2}) == fingerprint(**{name: 2.0})
    assert isinstance(getattr(AnalyzeSettings(**{name: 2}), name), float)


def test_row_settings_are_all_but_those_without_effect():
    settings = replace(AnalyzeSettings(), every=3)
    expected = {k: v for k, v in asdict(settings).items() if k not in WITHOUT_EFFECT_ON_ROWS}
    assert settings.row_settings == expected
