"""The `vidfer` command: one module per subcommand, loaded when it is asked for."""

from importlib import import_module
from typing import Final

import click

from vidfer import __version__

# Subcommand to its module, in the order of `--help`.
_COMMANDS: Final = (
    "analyze",
    "summarize",
    "episodes",
    "smooth",
    "fill-gaps",
    "gate",
    "baseline",
    "compare",
    "export",
    "report",
    "render",
    "verify",
    "purge",
    "train",
    "evaluate",
    "models",
    "doctor",
)


class _LazyGroup(click.Group):
    """Imports a subcommand's module only when it is run or explained."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command = import_module(f"vidfer.cli.{name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vidfer")
def main() -> None:
    """Turn folders of video into emotion timelines, as Parquet.

    For every frame: who is in it, and what their face expresses.

    Nothing leaves this machine, and no picture is stored.
    """
