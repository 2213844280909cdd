"""A Sphinx extension that makes the site independent of the network: MathJax comes with it."""

import importlib.util
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

__all__ = ["setup"]

# SVG output needs no fonts, which some browsers refuse to load from the file system.
_SCRIPT = "tex-svg.js"
_EXTENSIONS = "input/tex/extensions"  # TeX packages that MathJax loads when a formula asks for them
_FOLDER = "mathjax"


def configure(app: Sphinx, config: Config) -> None:
    """Point Sphinx at the copy of MathJax inside the site."""
    config.mathjax_path = f"{_FOLDER}/{_SCRIPT}"


def copy(app: Sphinx, exception: Exception | None) -> None:
    """Copy what the pages load of MathJax into the finished site."""
    if exception is not None or app.builder.format != "html":
        return
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    source = Path(spec.submodule_search_locations[0]) / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / _FOLDER
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / _SCRIPT, target / _SCRIPT)
    shutil.copytree(source / _EXTENSIONS, target / _EXTENSIONS, dirs_exist_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("config-inited", configure)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
