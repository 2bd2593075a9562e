"""What surrounds every page: short links, links that hide options, projector mode, keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.frame_styles import hidden_options
from pixelcnn.teaching.short_links import Place, keep_link
from widgets.base.keys import WIDGET_KEYS

ROOT = Path(__file__).parents[2]


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_a_short_link_opens_its_page_in_its_state() -> None:
    code = keep_link(Place("break_it", (("exhibit", "Mask B in the first layer"),)))
    app = opened(s=code)
    assert app.title[0].value == "What if it cheats?"
    [mistake] = [box for box in app.selectbox if box.key == "exhibit"]
    assert mistake.options[mistake.index or 0] == "Mask B in the first layer"
    assert "s" not in app.query_params


@pytest.mark.parametrize("code", ["234567", "../../../etc", "", "<b>"])
def test_an_unknown_code_is_reported_on_the_first_page(code: str) -> None:
    app = opened(s=code)
    assert "not known here" in app.warning[0].value
    assert app.title[0].value == "What is an autoregressive image model?"
    assert "s" not in app.query_params


def test_a_code_leads_to_no_page_that_the_app_does_not_list() -> None:
    app = opened(s=keep_link(Place("quiz")))
    assert "not known here" in app.warning[0].value


def test_projector_mode_comes_with_a_link_and_stays_on_other_pages() -> None:
    app = opened(projector="1")
    [switch] = [one for one in app.toggle if one.key == "projector"]
    assert switch.value
    other = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    other.session_state["projector-kept"] = app.session_state["projector-kept"]
    other.run()  # an address that does not name it, as the sidebar's links
    [switch] = [one for one in other.toggle if one.key == "projector"]
    assert switch.value
    assert other.query_params["projector"] in ("1", ["1"])


def test_a_link_can_hide_all_options_or_all_but_some() -> None:
    def style(**query: str) -> str:
        app = opened(**query)
        return next(one.proto.body for one in app.get("html") if "st-key-frame" in one.proto.body)

    assert "display: none" not in style()
    assert "display: none" in style(lesson="1")
    kept = style(only="label,temperature,</style><script>,a b")
    assert ".st-key-label" in kept
    assert ".st-key-temperature" in kept
    assert "script" not in kept


def test_options_that_stay_are_left_out_of_every_rule() -> None:
    assert hidden_options(None) == ""
    for rule in hidden_options(["seed"]).removesuffix(" { display: none; }").split("\n"):
        assert ".st-key-seed" in rule


def test_every_widget_that_answers_keys_is_in_the_list_of_keys() -> None:
    widgets = ROOT / "widgets"
    scripts = sorted(widgets.rglob("*.js"))
    assert scripts
    for script in scripts:
        source = script.read_text(encoding="utf-8")
        listens = re.search(r"listenToKeys\(root|keydown", source) and "export default" in source
        if listens and script.parent.name != "frame":
            assert script.parent.name in WIDGET_KEYS, f"{script} answers keys that no list names"
