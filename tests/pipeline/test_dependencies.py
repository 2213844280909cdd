"""What a chapter depends on, read from its code and the library's sources."""

import pytest

from noisyweights.pipeline import dependencies
from noisyweights.pipeline.dependencies import closure, experiments, files, imported


def test_closure_follows_imports_and_enters_packages() -> None:
    reached = closure(["noisyweights.pipeline.plan"])
    # plan imports chapters, chapters imports files: one step and two
    assert {"noisyweights.pipeline.chapters", "noisyweights.files"} <= reached
    assert {"noisyweights", "noisyweights.pipeline"} <= reached, "an __init__ runs as well"
    assert "noisyweights.pipeline.site" not in reached


def test_files_are_in_order_and_exist() -> None:
    found = files(closure(["noisyweights.pipeline.single_build"]))
    assert found == sorted(found)
    assert "lib/noisyweights/__init__.py" in found
    assert "lib/noisyweights/pipeline/edition.py" in found


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import numpy as np", set()),
        ("from noisyweights.noise import laws, quadrature", {"noise.laws", "noise.quadrature"}),
        ("from noisyweights.noise.laws import gaussian as normal", {"noise.laws"}),
        ("import noisyweights.seeds as s", {"seeds"}),
        ("if True:\n    from noisyweights import seeds", {"seeds"}),
    ],
)
def test_imports_by_name(code: str, modules: set[str]) -> None:
    assert imported(code, where="x.md") == {f"noisyweights.{module}" for module in modules}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import noisyweights as nw",
            r"x\.md imports the package noisyweights, .*import the modules by name",
        ),
        ("from noisyweights import noise", r"x\.md imports the package noisyweights\.noise"),
        ("from noisyweights.noise import nothing", r"imports the package noisyweights\.noise"),
        ("import noisyweights.nowhere.at_all", r"imports noisyweights\.nowhere, which is not in the library"),
    ],
)
def test_imports_that_hide_what_they_need(code: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        imported(code, where="x.md")


@pytest.mark.parametrize(
    "code",
    [
        "from noisyweights.experiments.results import run\nrun('device_noise', profile='smoke')",
        "from noisyweights.experiments import results as p\nresult = p.run('device_noise', profile='smoke')",
        "import noisyweights.experiments.results as q\nq.run('device_noise')",
    ],
)
def test_experiments_by_name(code: str) -> None:
    assert experiments(code, where="x.md") == ("device_noise",)


def test_a_run_that_is_not_of_an_experiment() -> None:
    assert experiments("import subprocess\nsubprocess.run('ls')", where="x.md") == ()
    assert experiments("from noisyweights.experiments.regression import experiment", where="x.md") == ()
    with pytest.raises(ValueError, match=r"x\.md runs the experiment 'nothing', which is not in experiments"):
        experiments("from noisyweights.experiments.results import run\nrun('nothing')", where="x.md")
    with pytest.raises(ValueError, match="must name its experiment as a string"):
        experiments("from noisyweights.experiments.results import run\nrun(name)", where="x.md")


def test_experiments_that_a_chapter_takes_from_elsewhere() -> None:
    code = "from noisyweights.experiments.results import gather, run\ngather('binary.cifar10')\nrun('faces')"
    assert experiments(code, where="x.md") == ("faces",)
    assert experiments(code, where="x.md", by="gather") == ("binary.cifar10",)


def test_no_module_of_the_library_hides_what_it_needs() -> None:
    """A module that imports a package and reaches into it by attribute would escape the pipeline."""
    for module in sorted(dependencies.graph().modules):
        (file,) = files([module])
        if not file.endswith("__init__.py"):
            with open(file, encoding="utf-8") as source:
                imported_names = source.read()
            for hidden in (
                "import noisyweights as",
                "from noisyweights import noise",
                "import noisyweights\n",
            ):
                assert hidden not in imported_names, (module, hidden)
