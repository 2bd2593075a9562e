"""A run read incrementally shows the same as the whole."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.animation import export_evolution
from pixelcnn.runs.directory import Run
from pixelcnn.runs.status import RunStatus
from pixelcnn.runs.store import create_run
from pixelcnn.runs.view import CurvePoint, RunView, axis_floor
from pixelcnn.system.atomic_files import RowWriter
from pixelcnn.training.config import TrainConfig


@pytest.fixture
def run(tmp_path) -> Run:
    return create_run(
        tmp_path, RunConfig(data_options={"size": 10}, train=TrainConfig(seconds=20, samples=3))
    )


def step_row(step: int, nats: float) -> dict[str, object]:
    return {
        "event": "step",
        "step": step,
        "nats": nats,
        "bits_per_dim": nats / 10,
        "elapsed_s": step / 10,
    }


def write(run: Run, *rows: dict[str, object]) -> None:
    writer = RowWriter(run.path / "metrics.jsonl")
    for row in rows:
        writer.write(row)
    writer.close()


def draw(run: Run, step: int) -> None:
    np.save(run.sample_path(step), np.full((3, 1, 10, 10), step % 2, np.uint8))


def test_before_the_first_report_the_view_is_empty(run: Run) -> None:
    view = RunView(run)
    assert view.status.state == "queued"
    assert view.frames.shape == (0, 3, 1, 10, 10)
    assert view.frame_steps == []
    assert view.curves() == []
    assert view.held_out is None
    assert view.seconds_left is None


def test_each_refresh_adds_what_is_new(run: Run) -> None:
    view = RunView(run)
    for step in (1, 2, 3):
        write(run, step_row(step, 10.0 * step))
        draw(run, step)
        run.write_status(RunStatus("running", step=step, progress=step / 4, elapsed_s=3.0 * step))
        view.refresh()
        assert [point.step for point in view.curves()] == list(range(1, step + 1))
        assert view.frame_steps == list(range(1, step + 1))
    assert (view.frames[:, 0, 0, 0, 0] == [1, 0, 1]).all()
    assert view.seconds_left == pytest.approx(3)
    again = RunView(run)
    assert again.curves() == view.curves()
    assert (again.frames == view.frames).all()


def test_frames_stay_in_order_when_a_resumed_run_draws_again(run: Run) -> None:
    draw(run, 30)
    view = RunView(run)
    draw(run, 15)
    view.refresh()
    assert view.frame_steps == [15, 30]
    assert (view.frames[:, 0, 0, 0, 0] == [1, 0]).all()


def test_steps_lost_by_a_kill_leave_the_curve(run: Run) -> None:
    write(run, step_row(1, 9.0), step_row(2, 8.0), step_row(3, 7.0))
    view = RunView(run)
    write(run, {"event": "resumed", "step": 1}, step_row(2, 6.0))
    view.refresh()
    assert [(point.step, point.nats) for point in view.curves()] == [(1, 9.0), (2, 6.0)]


def test_a_long_curve_is_thinned_by_averaging_and_scores_are_not(run: Run) -> None:
    rows = [step_row(step, float(step)) for step in range(1, 1001)]
    scored = {**step_row(1000, 5.0), "event": "evaluated"}
    write(run, *rows, scored)
    points = RunView(run).curves(points=100)
    training = [point for point in points if point.series == "training"]
    assert len(training) == 100
    assert training[0].nats == np.mean(range(1, 11))
    assert training[-1].step == 1000
    assert RunView(run).held_out == CurvePoint("held out", 1000, 100.0, 0.5, 5.0)
    assert RunView(run).nats_per_bit == 10


def test_a_loss_that_is_not_finite_leaves_a_gap(run: Run) -> None:
    write(run, step_row(1, 9.0), step_row(2, math.nan), step_row(3, 7.0))
    assert [point.step for point in RunView(run).curves()] == [1, 3]


def test_the_axis_has_room_for_every_point_and_seldom_moves() -> None:
    def points(*bits: float) -> list[CurvePoint]:
        return [CurvePoint("training", 1, 0.1, bit, bit) for bit in bits]

    assert axis_floor([], 1.0) == 1 / 8
    assert axis_floor(points(0.9, 0.2), 1.0) == 1 / 8
    assert axis_floor(points(0.9, 0.1), 1.0) == 1 / 16
    assert axis_floor(points(3.0), 8.0) == 1
    assert axis_floor(points(0.0), 1.0) == 1 / 8


@pytest.mark.parametrize("kind", ["webp", "gif"])
def test_the_animation_has_a_frame_per_sample_and_rests_on_the_last(run: Run, kind: str) -> None:
    view = RunView(run)
    with pytest.raises(DataError, match="There are no samples yet"):
        export_evolution(view, kind)
    for step in (0, 20, 1000):
        draw(run, step)
    view.refresh()
    with Image.open(io.BytesIO(export_evolution(view, kind))) as film:
        assert film.n_frames == 3
        durations = []
        for frame in range(3):
            film.seek(frame)
            film.load()
            durations.append(film.info["duration"])
    assert durations[-1] > durations[0]
    with pytest.raises(ConfigError, match="use webp or gif"):
        export_evolution(view, "mp4")


def test_a_step_s_time_is_its_last_report(run: Run) -> None:
    write(run, step_row(10, 1.0), {**step_row(10, 1.0), "event": "evaluated", "elapsed_s": 1.5})
    view = RunView(run)
    assert [view.seconds_at(step) for step in (5, 10, 99)] == [0.0, 1.5, 1.5]
