"""One HTML file from a template, styles, scripts and data, closed to the network.

Names from files reach a page as data only: scripts make text of them, never markup. Should one
slip through all the same, the page's policy runs no script but those whose checksums it names.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

Kind = Literal["video", "index"]

GENERATOR: Final = '<meta name="generator" content="vidfer report">'

_SHARED: Final = ("base.js", "palette.js", "table.js", "cautions.js", "stacked_bar.js")
_SCRIPTS: Final = {
    "video": (
        *_SHARED,
        "points.js",
        "player.js",
        "overlay.js",
        "now.js",
        "view.js",
        "lane.js",
        "lanes.js",
        "overview.js",
        "toolbar.js",
        "facts.js",
        "keys.js",
        "video_page.js",
    ),
    "index": (*_SHARED, "spark.js", "rows.js", "filters.js", "index_page.js"),
}
_STYLES: Final = {
    "video": ("uplot.min.css", "base.css", "video.css", "print.css"),
    "index": ("uplot.min.css", "base.css", "index.css", "print.css"),
}


def render_document(kind: Kind, *, title: str, data: Mapping[str, Any]) -> str:
    """Return a page as text: complete, and readable without any other file.

    Args:
        kind: which page.
        title: of the window, as plain text.
        data: what the scripts of the page read; JSON's types only.
    """
    style, scripts = _style(kind), _scripts(kind)
    values = {
        "generator": GENERATOR,
        "policy": _policy(style, scripts),
        "title": html.escape(_valid(title)),
        "style": style,
        "data": json_for_html(data),
        "library": scripts[0],
        "script": scripts[1],
    }
    # In one pass, so that nothing in a value is taken for a place of the template.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: values[place[1]], _asset("page.html"))


def json_for_html(data: Mapping[str, Any]) -> str:
    """Return JSON text that no parser of HTML can take for anything else.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(style: str, scripts: tuple[str, ...]) -> str:
    """Return the page's Content-Security-Policy: its own parts, and media from this disk."""
    allowed = " ".join(_checksum(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_checksum(style)}; "
        "media-src 'self' file: blob:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _checksum(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _valid(text: str) -> str:
    """Return text that can be written as UTF-8, as names of files need not be."""
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _style(kind: Kind) -> str:
    return "\n".join(_asset(name) for name in _STYLES[kind])


@cache
def _scripts(kind: Kind) -> tuple[str, str]:
    own = "\n".join(_asset(name) for name in _SCRIPTS[kind])
    # A page is a copy of the library, which its licence must go with.
    library = f"/*!\nuPlot. {_asset('uplot.LICENSE.txt')}\n*/\n{_asset('uplot.min.js')}"
    return library, f"(() => {{\n{own}\n}})();"


@cache
def _asset(name: str) -> str:
    # Browsers compute a script's checksum over line ends as they read them: "\n".
    text = files("vidfer.reporting").joinpath("assets").joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")
