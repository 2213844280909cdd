"""Resolve the pins: `pyproject.toml` into `requirements.lock` and, for conda users, `environment.yml`."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from noisyweights.files import replacing
from noisyweights.pipeline.environment import LOCK

__all__ = ["environment", "pins", "resolve", "signed"]

ENVIRONMENT = Path("environment.yml")
_UV = (
    *("pip", "compile", "--quiet", "--universal", "--fork-strategy", "fewest", "--generate-hashes"),
    *("--no-annotate", "--no-header", "--python-version", "3.11", "--all-extras", "pyproject.toml"),
)


def resolve(previous: str) -> str:
    """Resolve `pyproject.toml`, keeping the pins of the `previous` lock that still fit.

    Raises FileNotFoundError without uv, which only this step needs.
    """
    uv = shutil.which(os.environ.get("UV", "uv"))
    if uv is None:
        raise FileNotFoundError("make lock needs uv: pip install uv somewhere, then make lock UV=path/to/uv")
    with tempfile.TemporaryDirectory() as folder:
        resolved = Path(folder) / LOCK.name
        resolved.write_text(previous, "utf-8")  # uv keeps what it finds there
        subprocess.run([uv, *_UV, "--output-file", resolved], check=True)
        return resolved.read_text("utf-8")


def signed(text: str) -> str:
    """The lock's text under its checksum, which `environment.check` holds it against."""
    return f"# sha256: {hashlib.sha256(text.encode()).hexdigest()}\n{text}"


def pins(lock: str) -> list[str]:
    """The pinned requirements of a lock, markers included, without their hashes."""
    return [
        " ".join(pin.split())
        for pin in re.findall(r"^([A-Za-z0-9][^#\\\n]*==[^\\\n]*?)\s*\\?$", lock, re.MULTILINE)
    ]


def environment(lock: str) -> str:
    """The pins of a lock as an environment for conda."""
    lines = [
        "# Written by `make lock` from requirements.lock, for users of conda. Afterwards:",
        "#   pip install --no-build-isolation --no-deps -e .",
        "name: noisyweights",
        "channels: [conda-forge]",
        "dependencies:",
        "  - python >=3.11,<3.14",
        "  - make",
        "  - pip",
        "  - pip:",
        *(f'      - "{pin}"' for pin in pins(lock)),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    previous = LOCK.read_text("utf-8") if LOCK.is_file() else ""
    try:
        text = signed(resolve(previous))
    except FileNotFoundError as error:
        sys.exit(f"error: {error}")
    for path, content in ((LOCK, text), (ENVIRONMENT, environment(text))):
        with replacing(path) as unfinished:
            unfinished.write_text(content, "utf-8")


if __name__ == "__main__":
    main()
