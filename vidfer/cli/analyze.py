"""`vidfer analyze`."""

import json
import sys
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Final, get_args

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.config import DEFAULT_OUTPUT, AnalyzeSettings, DecoderChoice, read_settings
from vidfer.precision import PrecisionChoice

_TYPES: Final[dict[str, Any]] = {
    "decoder": click.Choice(get_args(DecoderChoice)),
    "precision": click.Choice(get_args(PrecisionChoice)),
}


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option per field of AnalyzeSettings."""
    for one in reversed(fields(AnalyzeSettings)):
        command = _option(one)(command)
    return command


def _option(one: "Field[Any]") -> Callable[[Callable[..., None]], Callable[..., None]]:
    flag = "--" + (one.metadata["flag"] or one.name.replace("_", "-"))
    assert one.default is not MISSING
    kind = _TYPES.get(one.name) or (float if one.default is None else type(one.default))
    default = "" if one.default is None else f"  [default: {one.default}]"
    # None tells an option that was not given from one that repeats the default, so that
    # a settings file is overruled only by what was typed.
    return click.option(
        flag, one.name, type=kind, default=None, help=one.metadata["help"] + default
    )


@click.command("analyze")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT_OUTPUT),
    show_default=True,
    help="Folder for the results.",
)
@click.option("--overwrite", is_flag=True, help="Redo videos that are finished.")
@click.option("--retry-failed", is_flag=True, help="Try videos again that failed in earlier runs.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="TOML file with settings, as AnalyzeSettings.to_toml() writes it; options overrule it.",
)
@click.option(
    "--profile", is_flag=True, help="Measure where the time goes, stage by stage, and print it."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option("--quiet", is_flag=True, help="Show no progress and no summary.")
@settings_options
def command(
    inputs: tuple[Path, ...],
    output: Path,
    overwrite: bool,
    retry_failed: bool,
    config: Path | None,
    profile: bool,
    as_json: bool,
    quiet: bool,
    **typed: Any,
) -> None:
    """Analyse videos, folders (recursively) and glob patterns.

    Writes OUTPUT/timeline/**/*.parquet, one row per face and frame, and
    OUTPUT/videos.parquet, one row per video. Videos that are finished and unchanged are
    skipped. Exit code: 0 all well, 1 some videos failed or are incomplete, 2 wrong usage or nothing
    usable, 130 interrupted.
    """
    with reported():
        values = read_settings(config) if config else {}
        values |= {name: value for name, value in typed.items() if value is not None}
        from vidfer.api import Interrupted  # after the options are known to be right

        settings = AnalyzeSettings(**values)
        try:
            outcome = vidfer.analyze(
                list(inputs),
                output,
                overwrite=overwrite,
                retry_failed=retry_failed,
                progress=False if quiet else None,
                profile=profile,
                settings=settings,
            )
        except Interrupted as stopped:
            outcome = stopped.outcome
        if as_json:
            click.echo(json.dumps(outcome.as_dict(), indent=2))
        elif not quiet:
            click.echo(outcome.as_text())
        sys.exit(outcome.exit_code)
