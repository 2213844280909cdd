"""The miniature, built once and copied for each test that changes it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from miniature_project import Build, Project, lay_out


@pytest.fixture(scope="session")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Build]:
    """A miniature whose smoke edition is built, and what the build said."""
    project = lay_out(tmp_path_factory.mktemp("miniature") / "project")
    build = project.make("book", "PROFILE=smoke")
    assert build.code == 0, build.text
    return project, build


@pytest.fixture(scope="session")
def undisturbed(first_build: tuple[Project, Build]) -> Project:
    """The miniature whose smoke edition is built; tests must not change it."""
    return first_build[0]


@pytest.fixture
def built(undisturbed: Project, tmp_path: Path) -> Iterator[Project]:
    """A copy of the built miniature, to change at will."""
    shutil.copytree(undisturbed.folder, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A miniature in which nothing is built."""
    return lay_out(tmp_path / "project")
