"""What users keep and upload cannot break a page for anybody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pixelcnn.checkpoints.files import save_checkpoint
from pixelcnn.models.registry import build_model
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.kept_models import keep_model, kept_models
from pixelcnn.runs.store import create_run
from pixelcnn.runs.worker import run_training
from pixelcnn.system.plain_text import plain
from pixelcnn.training.config import TrainConfig
from tests.helpers.app_pages import button, forget_cached, open_page


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIXELCNN_RUNS", str(tmp_path))
    forget_cached()
    (tmp_path / "models").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    config = RunConfig(
        model_options={"hidden_channels": 4, "blocks": 1},
        data="digits8x8",
        train=TrainConfig(steps=2, held_out=5, samples=2, sample_every=0),
    )
    run = create_run(root, config)
    run_training(run)
    return run.path


def keep(runs: Path, name: str, **options: Any) -> None:
    model = build_model("pixelcnn", hidden_channels=2, blocks=1, **options)
    save_checkpoint(runs / "models" / f"{name}.safetensors", model, {})


@pytest.mark.parametrize(
    ("page", "name"), [("sample", "model"), ("compare", "model"), ("break_it", "audited")]
)
def test_a_kept_model_too_large_for_the_pages_says_so(runs: Path, page: str, name: str) -> None:
    keep(runs, "huge", height=256, width=256)
    query = {name: "huge"} | ({"audit": "A model"} if page == "break_it" else {})
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


def test_only_the_owner_and_the_teacher_keep_a_run_and_tidy_the_list(
    runs: Path, trained: Path
) -> None:
    run = Run(shutil.copytree(trained, runs / trained.name))
    (run.path / "owner").write_text("0" * 64)
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


def test_what_is_open_on_one_page_does_not_break_the_next(runs: Path) -> None:
    page = open_page("break_it", {"audit": "A model"})
    page.switch_page("pages/train/page.py")
    page.run()
    assert not page.exception
    for own in ("A model", "Your code", "0" * 16, "x"):
        assert not open_page("train", {"own": own, "source": "files"}).exception


def damage(path: Path, content: bytes | None) -> None:
    """Replace a file; None puts a folder in its place."""
    path.unlink(missing_ok=True)
    path.mkdir() if content is None else path.write_bytes(content)


ROWS = b"\n".join(
    [
        b"[]",
        b"7",
        b"null",
        b'{"event": "step"}',
        b'{"event": "step", "step": "x", "elapsed_s": 1, "nats": 1, "bits_per_dim": 1}',
        b'{"event": "step", "step": 1, "elapsed_s": [], "nats": 1, "bits_per_dim": 1}',
        b'{"event": "evaluated", "step": 1, "elapsed_s": 1, "nats": "1", "bits_per_dim": 1}',
        b'{"event": "evaluated", "step": 1, "elapsed_s": 1, "nats": 1, "bits_per_dim": null}',
        b'{"event": "resumed", "step": null}',
        b'{"event": [], "step": 1}',
        b"",
    ]
)
STATUS = b'{"state": "running", "step": "7", "progress": "half", "updated": null}'
DAMAGES = [
    ("metrics.jsonl", ROWS),
    ("metrics.jsonl", None),
    ("metrics.jsonl", b"\xff\xfe\n{\n"),
    ("status.json", STATUS),
    ("status.json", b'{"state": ["running"]}'),
    ("status.json", b'{"state": "finished", "step": 1e999}'),
    ("status.json", b"[]"),
    ("status.json", None),
    ("config.json", b'{"train": {"steps": 5}, "data_options": 7}'),
    ("config.json", b'{"train": {"steps": 5}, "data_options": {"size": "x"}}'),
    ("config.json", b'{"train": {"steps": 5}, "model": ["![p](http://192.0.2.1/p)"]}'),
    ("config.json", b"[" * 5000),
    ("config.json", None),
    ("owner", b"\xff" * 64),
    ("owner", None),
    ("lock", None),
    ("speed", None),
    ("control", None),
    ("control", b"until x\xff"),
    ("samples/step-000001.npy", b"no array"),
    ("samples/step-000002.npy", None),
]


def test_damaged_run_directories_break_no_page(runs: Path, trained: Path) -> None:
    """Neither for those who look at such a run, nor for those who look at none."""
    names = []
    for at, (name, content) in enumerate(DAMAGES):
        path = runs / f"20260101-{at:06d}-0000"
        shutil.copytree(trained, path)
        damage(path / name, content)
        names.append(path.name)
    for at in range(0, len(names), 8):  # the list shows the newest eight
        for name in names[at + 8 :]:
            shutil.move(runs / name, runs / f"away-{name}")
        assert not open_page("train", {"preset": "small"}).exception
        for name in names[at + 8 :]:
            shutil.move(runs / f"away-{name}", runs / name)
        for name in names[at : at + 8]:
            page = open_page("train", {"run": name})
            shown = [one.value for one in (*page.error, *page.warning, *page.info)]
            assert not any(str(runs) in text for text in shown)
        for name in names[at : at + 8]:
            shutil.rmtree(runs / name)
    assert not open_page("experiments").exception


def test_a_message_tells_no_path_of_the_server(runs: Path) -> None:
    error = f"The run cannot be stored in {runs}/x: {Path.cwd()}/app.py and {Path.home()} are full."
    shown = plain(error)
    assert str(runs) not in shown
    assert str(Path.cwd()) not in shown
    assert "app.py" in shown
