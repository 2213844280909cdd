"""The catalogue: experiments are found by name, and so is what their points are called and determined by."""

import subprocess
import sys

import pytest
from toy_experiment import NAME, Toy

from noisyweights.experiments import catalogue
from noisyweights.pipeline import dependencies


def test_what_is_unknown_is_named_with_what_is_known(toy: Toy) -> None:
    with pytest.raises(ValueError, match=r"no experiment is called 'toys': .*toy_widths"):
        catalogue.find("toys")
    with pytest.raises(ValueError, match="no profile is called 'tiny': toy_widths has smoke, full"):
        catalogue.settings(NAME, profile="tiny")
    with pytest.raises(
        ValueError, match=r"points is no experiment: it does not define PROFILES, points, collect"
    ):
        catalogue.find("points")


def test_an_experiment_is_called_by_its_place() -> None:
    package = "noisyweights.experiments"
    assert catalogue.module_of("regression") == f"{package}.regression.experiment"
    assert catalogue.module_of("coin_flips.variants") == f"{package}.coin_flips.variants"


@pytest.mark.parametrize("name", dependencies.all_experiments())
def test_catalogue_and_pipeline_agree_on_the_module(name: str) -> None:
    """One looks for it among the modules, the other in the sources."""
    assert catalogue.module_of(name) == dependencies.experiment_module(name)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("()", "must name its points"),
        ('("a", "a")', "each once"),
        ('("a/b",)', "calls a point 'a/b'"),
        ('(".a",)', "calls a point '.a'"),
    ],
)
def test_names_of_points_that_cannot_be_files(toy: Toy, names: str, message: str) -> None:
    toy.edit('tuple(f"width-{width}" for width in config.widths)', names)
    with pytest.raises(ValueError, match=message):
        catalogue.names(NAME, profile="smoke")


def test_how_many_points_there_are_determines_none_of_them(toy: Toy) -> None:
    config = catalogue.settings(NAME, profile="full")
    assert catalogue.point_settings(NAME, "width-2", config=config) == {"seed": 1}
    toy.edit(' = field(metadata={"counts": True})', "")
    config = catalogue.settings(NAME, profile="full")
    assert catalogue.point_settings(NAME, "width-2", config=config) == {"seed": 1, "widths": [2, 3, 4]}


def test_an_experiment_may_say_what_determines_a_point(toy: Toy) -> None:
    toy.edit(
        "def uses_device", "def settings(config, point):\n    return {'own': (point,)}\n\ndef uses_device"
    )
    config = catalogue.settings(NAME, profile="full")
    assert catalogue.point_settings(NAME, "width-2", config=config) == {"own": ["width-2"]}


def test_a_point_hangs_on_the_device_unless_the_experiment_says_otherwise(toy: Toy) -> None:
    assert [catalogue.uses_device(NAME, f"width-{width}") for width in (2, 3)] == [False, True]
    toy.edit("def uses_device", "def uses_devices")
    assert [catalogue.uses_device(NAME, f"width-{width}") for width in (2, 3)] == [True, True]


@pytest.mark.parametrize("module", ["catalogue", "points", "record", "results"])
def test_importing_it_imports_no_tensorflow(module: str) -> None:
    code = f"import sys, noisyweights.experiments.{module}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
