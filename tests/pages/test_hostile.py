"""What users keep and upload cannot break a page for anybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pixelcnn.checkpoints.files import save_checkpoint
from pixelcnn.models.registry import build_model
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.kept_models import keep_model, kept_models
from pixelcnn.runs.store import create_run
from pixelcnn.runs.worker import run_training
from pixelcnn.training.config import TrainConfig
from tests.helpers.app_pages import button, forget_cached, open_page


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIXELCNN_RUNS", str(tmp_path))
    forget_cached()
    (tmp_path / "models").mkdir()
    return tmp_path


def keep(runs: Path, name: str, **options: Any) -> None:
    model = build_model("pixelcnn", hidden_channels=2, blocks=1, **options)
    save_checkpoint(runs / "models" / f"{name}.safetensors", model, {})


@pytest.mark.parametrize(
    ("page", "name"), [("sample", "model"), ("compare", "model"), ("break_it", "audited")]
)
def test_a_kept_model_too_large_for_the_pages_says_so(runs: Path, page: str, name: str) -> None:
    keep(runs, "huge", height=256, width=256)
    query = {name: "huge"} | ({"own": "A model"} if page == "break_it" else {})
    opened = open_page(page, query)
    [error] = [one.value for one in opened.error if "too large" in one.value]
    assert error.startswith("huge is too large for the pages: it draws pictures of 65,536 values")


def test_a_kept_file_with_a_lying_header_is_listed_as_damaged(runs: Path) -> None:
    keep(runs, "liar", height=8, width=8)
    path = runs / "models" / "liar.safetensors"
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    config = json.loads(header["__metadata__"]["config"])
    header["__metadata__"]["config"] = json.dumps(config | {"height": "9", "channels": None})
    raw = json.dumps(header).encode()
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + content[8 + length :])
    opened = open_page("sample", {"model": "liar"})
    assert "Damaged models: 1" in [one.label for one in opened.expander]


def link(runs: Path, code: str, page: str, query: list[tuple[str, str]]) -> None:
    (runs / ".links").mkdir(exist_ok=True)
    stored = json.dumps({"page": page, "query": query})
    (runs / ".links" / f"{code}.json").write_text(stored)


def test_a_short_link_takes_one_step_and_keeps_repeated_parameters(runs: Path) -> None:
    link(runs, "aaaaaa", "masks", [("s", "aaaaaa"), ("size", "8"), ("x", "1"), ("x", "2")])
    page = open_page("start", {"s": "aaaaaa"})
    assert "s" not in page.query_params
    assert page.query_params["x"] == ["1", "2"]


def test_only_the_owner_and_the_teacher_keep_a_run_and_tidy_the_list(runs: Path) -> None:
    run = create_run(runs, RunConfig(data="digits8x8", train=TrainConfig(steps=1, samples=0)))
    (run.path / "owner").write_text("0" * 64)
    run_training(run)
    keep_model(run, "theirs", runs)
    page = open_page("train", {"run": run.id})
    assert "Use on other pages" not in labels(page)
    assert "Remove" not in labels(page)
    page.session_state["is_teacher"] = True
    page.run()
    assert "Use on other pages" in labels(page)
    button(page, "Remove").click().run()
    assert not page.exception
    assert kept_models(runs) == []


def labels(page: AppTest) -> list[str]:
    return [one.label for one in page.button]
