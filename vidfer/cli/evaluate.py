"""`vidfer evaluate`."""

import sys
from pathlib import Path
from typing import Final, get_args

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.config import DEFAULT_MODEL, AnalyzeSettings, Views, read_settings
from vidfer.errors import UsageError

_SINGLE_VIEW: Final[Views] = "single"


@click.command("evaluate")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="Shipped name, or a .safetensors file.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, ...")
@click.option("--threads", default=1, show_default=True, help="Threads of torch on the CPU.")
@click.option(
    "--views",
    type=click.Choice(get_args(Views)),
    default=_SINGLE_VIEW,
    show_default=True,
    help="Average over the picture and its mirror image, or over ten shifted ones.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for predictions, confusion matrices and reliability diagrams; with "
    "--end-to-end for timelines and items.parquet, where a stopped run goes on.",
)
@click.option("--save-card", is_flag=True, help="Write the results into the model's card.")
@click.option(
    "--end-to-end",
    is_flag=True,
    help="DATA are labelled videos and pictures (a CSV of path and emotion, or class "
    "folders): find the faces, too.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="With --end-to-end: TOML file with analyze's settings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(
    data: Path,
    *,
    model: str,
    device: str,
    threads: int,
    views: Views,
    output: Path | None,
    save_card: bool,
    end_to_end: bool,
    config: Path | None,
    as_json: bool,
) -> None:
    """Tell how well a model reads labelled faces.

    DATA is a Parquet file with the columns `emotion` (0 to 6) and `image`, a folder of
    class folders (angry, disgust, ...) with face pictures, FER2013 in any of its forms,
    or a folder of such splits. Test pictures that are copies of training pictures are
    left out in a second report where the training split is known. With --end-to-end it
    tells how well detection, crop and network do together on material of your own.
    """
    with reported():
        if end_to_end:
            if save_card or views != _SINGLE_VIEW or threads != 1:
                raise UsageError(
                    "--end-to-end analyses as 'vidfer analyze' does: leave --save-card, --views "
                    "and --threads out."
                )
            values = {**(read_settings(config) if config else {}), "model": model, "device": device}
            material = vidfer.evaluate_material(
                data, settings=AnalyzeSettings(**values), output=output
            )
            click.echo(material.to_json() if as_json else material.as_text())
            sys.exit(material.exit_code)
        evaluation = vidfer.evaluate(
            data,
            model=model,
            device=device,
            threads=threads,
            views=views,
            output=output,
            save_card=save_card,
        )
        click.echo(evaluation.to_json() if as_json else evaluation.as_text())
