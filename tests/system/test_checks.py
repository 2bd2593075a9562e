"""One check for every whole number, choice, name and option that comes from outside."""

import pytest

from pixelcnn.errors import ConfigError
from pixelcnn.system.checks import (
    check_choice,
    check_name,
    check_options,
    check_whole,
    is_whole,
)


@pytest.mark.parametrize("value", [2, 3, 5])
def test_whole_numbers_in_the_range_pass_and_so_do_its_ends(value: int) -> None:
    check_whole("steps", value, 2, 5)
    assert is_whole(value)


@pytest.mark.parametrize("value", [1, 6, -3, 3.0, True, "3", None, [3], float("nan")])
def test_everything_else_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(ConfigError) as error:
        check_whole("steps", value, 2, 5)
    assert str(error.value) == f"steps = {value!r} is not a whole number from 2 to 5."


def test_without_an_upper_limit_only_the_lower_one_counts() -> None:
    check_whole("--seeds", 10**30, 1)
    with pytest.raises(ConfigError, match=r"^--seeds 0 is not a whole number of at least 1\.$"):
        check_whole("--seeds", 0, 1)


def test_what_is_unknown_is_named_together_with_what_is_known() -> None:
    check_choice("norm", "layer", ("layer", None))
    check_name("preset", "tiny", ["tiny", "base"])
    check_options(["blocks"], ["blocks", "heads"], "pixelcnn")
    with pytest.raises(ConfigError, match=r"^norm = 3 is unknown; use one of 'layer', None\.$"):
        check_choice("norm", 3, ("layer", None))
    with pytest.raises(ConfigError, match=r"^preset 'x' is unknown; use one of tiny, base\.$"):
        check_name("preset", "x", ["tiny", "base"])
    with pytest.raises(ConfigError, match=r"^vae has no preset 'x'; use one of tiny\.$"):
        check_name("preset", "x", ["tiny"], to="vae")
    with pytest.raises(ConfigError, match=r"^vae has no option 'x'; it takes codes\.$"):
        check_options(["codes", "x"], ["codes"], "vae")
