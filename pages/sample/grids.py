"""Grids on the page Sample: an option varies, and the random numbers stay the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import streamlit as st

from pages.sample.film import Options, Progress, Scene
from pages.shared import common, turns
from pages.shared.loaded import loaded
from pages.shared.seeds import seeds_from
from pixelcnn.film.film import Film, join
from pixelcnn.film.grids import Row, draw_grid, uniforms_of
from pixelcnn.system.plain_text import plain

SEEDS = 5  # columns
PAIRS = 8  # in two rows of pairs
TEMPERATURES = (0.0, 0.5, 1.0, 1.5, 2.0)
GUIDANCES = (0.0, 1.0, 3.0, 6.0)
MOST_CLASSES = 10


@st.cache_data(show_spinner=False, max_entries=64)
def _drawn(model: str, rows: tuple[Row, ...], seeds: tuple[int, ...], _progress: Progress) -> Film:
    """One sheet with a column for each seed, shared by all sessions."""
    one = loaded(model)
    with turns.long_turn(_progress):
        return draw_grid(
            one.model,
            rows,
            uniforms_of(one.model, seeds),
            engine=one.engine,
            receptive_field=one.receptive_field,
            progress=_progress,
        )


def temperatures(options: Options, progress: Progress) -> Scene:
    """Rows: temperatures. Columns: seeds."""
    seeds = seeds_from(options.seed, SEEDS)
    rows = tuple(Row(_labels(options, SEEDS), temperature) for temperature in TEMPERATURES)
    film = _drawn(options.model, rows, seeds, progress)
    names = [f"T = {temperature:g}" for temperature in TEMPERATURES]
    return _sheet(film, "Temperature", names, _named(seeds))


def classes(options: Options, progress: Progress) -> Scene | str:
    """Rows: classes. Columns: seeds. Returns the reason if the model has no classes."""
    count = min(common.model_config(options.model)["classes"], MOST_CLASSES)
    if not count:
        return (
            "This model was trained without labels, so you cannot choose which digit it draws. "
            "Choose another model in the sidebar (on a phone, » opens it)."
        )
    seeds = seeds_from(options.seed, SEEDS)
    rows = tuple(Row(digit, options.temperature) for digit in range(count))
    film = _drawn(options.model, rows, seeds, progress)
    return _sheet(film, "Class", list(common.class_names(options.model)), _named(seeds))


def guidance(options: Options, progress: Progress) -> Scene | str:
    """Rows: strengths of guidance. Columns: seeds. Returns the reason if it cannot be guided."""
    if not common.model_config(options.model).get("label_dropout"):
        return (
            "Guidance exaggerates the effect of the label: it compares the prediction with the "
            "label and the one without it. This model was always trained with labels (or never), "
            "so it cannot make both. To use guidance, train a model with `label_dropout=0.1`, "
            "which hides one label in ten."
        )
    seeds = seeds_from(options.seed, SEEDS)
    labels = _labels(options, SEEDS)
    rows = tuple(Row(labels, options.temperature, strength) for strength in GUIDANCES)
    film = _drawn(options.model, rows, seeds, progress)
    names = [f"+{strength:g}" for strength in GUIDANCES]
    return _sheet(film, "Guidance", names, _named(seeds))


def two_models(options: Options, progress: Progress) -> Scene | str:
    """One row per model, the same random numbers in each column. Returns the reason if there is
    only one."""
    own = common.model_config(options.model)
    shape = [own[name] for name in ("channels", "height", "width", "levels")]
    others = [
        name
        for name in common.models()
        if name != options.model
        and [common.model_config(name)[key] for key in ("channels", "height", "width", "levels")]
        == shape
    ]
    if not others:
        return "No other model draws pictures of this size with this number of levels."
    with st.sidebar:
        other = st.selectbox("Compared with", others, key="other", bind="query-params")
    films = []
    for turn, (name, half) in enumerate(product((options.model, other), range(2))):

        def advance(done: int, of: int, turn: int = turn) -> None:
            progress(turn * of + done, 4 * of)

        seeds = seeds_from(options.seed + half * PAIRS // 2, PAIRS // 2)
        count = common.model_config(name)["classes"]
        labels = tuple((half * PAIRS // 2 + k) % max(count, 1) for k in range(PAIRS // 2))
        wanted = labels if options.label is None else options.label
        row = Row(wanted if count else None, options.temperature)
        films.append(_drawn(name, (row,), seeds, advance))
    st.caption(
        f"A: {plain(options.model)}. B: {plain(other)}. Pictures in the same column use the same "
        "random numbers" + (" and the same label." if _both_listen(options.model, other) else ".")
    )
    first, second, third, fourth = films
    names = _named(seeds_from(options.seed, PAIRS))
    together = join([first, third, second, fourth])
    scene = _sheet(together, "Model", ["A", "B", "A", "B"], names[: PAIRS // 2])
    scene.player["receptive_field"] = None  # each model has its own
    scene.player["captions"][PAIRS : PAIRS + PAIRS // 2] = names[PAIRS // 2 :]
    scene.names[PAIRS:] = [f"Model {row}, {name}" for row in "AB" for name in names[PAIRS // 2 :]]
    return scene


def _both_listen(*models: str) -> bool:
    return all(common.model_config(name)["classes"] for name in models)


def _labels(options: Options, count: int) -> tuple[int, ...] | int | None:
    """The label of each column: the chosen one, or the classes in turn."""
    classes = common.model_config(options.model)["classes"]
    if not classes:
        return None
    return tuple(k % classes for k in range(count)) if options.label is None else options.label


def _named(seeds: Sequence[int]) -> list[str]:
    return [f"seed {seed}" for seed in seeds]


def _sheet(film: Film, what: str, rows: list[str], columns: list[str]) -> Scene:
    """A film as a grid; `what` names the quantity that varies from row to row."""
    names = [f"{what} {row.removeprefix('T = ')}, {column}" for row in rows for column in columns]
    captions = columns + [""] * (len(names) - len(columns))
    return Scene(film, names, {"columns": len(columns), "row_names": rows, "captions": captions})
