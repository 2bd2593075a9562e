"""A few of the places in which teachers have the lab run; `python -m tools.anywhere` tries all."""

import os
import random
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.helpers.servers import run_async
from tools.anywhere.__main__ import try_place
from tools.anywhere.places import PLACES, Unavailable
from tools.classroom.browser import Browser as Student


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_the_example_of_a_proxy_serves_under_its_prefix(proxy: str, tmp_path: Path) -> None:
    async def visit(address: str) -> None:
        async with Student(address) as student:
            await student.open()
            await student.open("lesson_plan", "stop=2")
            assert "stop" in student.query
            assert not student.exceptions

    log = tmp_path / "log"
    try:
        with PLACES[proxy](log) as place:
            assert place.address.endswith("/lab")
            run_async(visit(place.address))
    except Unavailable as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    assert "Traceback" not in log.read_text()


def test_in_a_frame_of_another_site_a_training_is_still_one_s_own_after_a_reload(
    browser: Browser,
) -> None:
    assert try_place(browser, "frame", ["train"]) == {"train": ""}


def test_share_is_right_in_a_place_that_a_seed_chooses(browser: Browser) -> None:
    seed = int(os.environ.get("PIXELCNN_SEED", "0"))
    place = random.Random(seed).choice(["base-path", "forwarded", "ipv6", "nginx"])
    assert try_place(browser, place, ["share"], seed=seed) == {"share": ""}
