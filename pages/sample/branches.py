"""Branches on the page Sample: change one pixel, and let the model redraw the rest.

The tree is kept in the session and in the address, for the options that it was grown with.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.sample.film import Options, Progress, Scene, sampled
from pages.shared import turns
from pages.shared.loaded import loaded
from pixelcnn.errors import LabError
from pixelcnn.film import branches
from pixelcnn.film.branches import MOST_BRANCHES, Branch, Tree
from pixelcnn.film.film import Film, join
from pixelcnn.system.plain_text import plain

_TREE, _GROWN_WITH, _ANSWERED = "tree", "tree_options", "tree_answered"
# Session key: the view to show at the next run.
NEXT_VIEW = "next_view"


def current_tree(options: Options, film: Film, progress: Progress) -> Tree:
    """The tree of these options, at first the one in the address; empty for other options."""
    state = st.session_state
    if state.get(_GROWN_WITH) != options:
        text = "" if _GROWN_WITH in state else st.query_params.get(_TREE, "")
        state[_GROWN_WITH], state[_TREE] = options, ()
        try:
            tree = branches.parse_tree(text, film.images.shape, film.levels)
            grown(options, tree, progress)
            state[_TREE] = tree
        except LabError as error:
            st.warning(f"The branches in this link cannot be shown. {plain(error)}")
    _write_address()
    return state[_TREE]


def grown(options: Options, tree: Tree, progress: Progress) -> list[Film]:
    """The film of each branch, in the order of the tree."""
    return [_branch(options, branches.lineage(tree, index), progress) for index in range(len(tree))]


@st.cache_data(show_spinner=False, max_entries=256)
def _branch(options: Options, line: Tree, _progress: Progress) -> Film:
    """The last branch of a line, shared by all sessions."""
    if len(line) > 1:
        parent = _branch(options, line[:-1], _progress)
    else:
        parent = sampled(options, _progress).only(line[0].sample)
    one = loaded(options.model)
    with turns.long_turn(_progress):
        return branches.grow(one.model, parent, line[-1], one.engine)


def scene(film: Film, tree: Tree, films: list[Film]) -> Scene:
    """The branched originals and their branches, drawn in parallel."""
    samples = sorted({branch.sample for branch in tree})
    together = join([*(film.only(sample) for sample in samples), *films])
    shape = film.images.shape[1:]
    nothing = [np.zeros(shape, bool)] * len(samples)
    numbers = range(1, len(tree) + 1)
    names = [f"Sample {sample + 1}" for sample in samples] + [f"Branch {k}" for k in numbers]
    columns = len(names) if len(names) < 4 else min(5, (len(names) + 1) // 2)
    return Scene(
        together,
        names,
        {
            "known_mask": np.stack(
                [*nothing, *(branches.shared_part(branch, shape) for branch in tree)]
            ),
            "given_counts": True,
            "changed": [None] * len(samples) + [(branch.row, branch.column) for branch in tree],
            "start": min((branch.row, branch.column) for branch in tree),
            "captions": names,
            "columns": columns,
            "selected": len(names) - 1,
        },
        [(0, sample) for sample in samples]
        + [(k, branch.sample) for k, branch in zip(numbers, tree, strict=True)],
    )


def answer(
    scene: Scene, tree: Tree, image: int, place: tuple[int, int, int], level: int, count: int
) -> None:
    """Add the requested branch and show the tree; repeated requests are ignored."""
    state = st.session_state
    if scene.origins is None or state.get(_ANSWERED) == count:
        return
    state[_ANSWERED] = count
    if len(tree) == MOST_BRANCHES:
        st.toast(f"A tree has at most {MOST_BRANCHES} branches. Remove one first.")
        return
    parent, sample = scene.origins[image]
    _replace((*tree, Branch(parent, sample, *place, level)))


def tell(film: Film, tree: Tree, films: list[Film], shown: int) -> None:
    """Describe each branch; `shown` is the number of the open one, or 0."""
    lines = []
    for number, (branch, grown_film) in enumerate(zip(tree, films, strict=True), start=1):
        parent = films[branch.parent - 1] if branch.parent else film.only(branch.sample)
        before = int(parent.images[0, branch.channel, branch.row, branch.column])
        differs = branches.share_that_differs(grown_film.images[0], parent.images[0])
        origin = f"branch {branch.parent}" if branch.parent else f"sample {branch.sample + 1}"
        lines.append(
            f"- **Branch {number}** is {origin} with {_value(film, branch.level)} instead of "
            f"{_value(film, before)} at row {branch.row}, column {branch.column}: {differs:.1%} of "
            f"its pixels differ, and it costs {grown_film.bits[0]:.1f} bits instead of "
            f"{parent.bits[0]:.1f}."
        )
    st.markdown(
        "The orange dot is the pixel you changed. Before it, above the line, a branch equals its "
        "parent. After it, the branch uses **the same random numbers**, so every difference is the "
        "model's response to that one pixel."
    )
    st.markdown("\n".join(lines))
    with st.container(horizontal=True):
        if shown and st.button(f"Remove branch {shown}"):
            _replace(branches.without(tree, shown - 1))
        if st.button("Remove all branches"):
            _replace(())


def _replace(tree: Tree) -> None:
    """Replace the tree and rerun the whole page: the request came from a fragment."""
    st.session_state[_TREE] = tree
    st.session_state[NEXT_VIEW] = "Branches" if tree else "Digits"
    st.rerun()


def _value(film: Film, level: int) -> str:
    if film.levels == 2 and film.images.shape[1] == 1:
        return ("paper", "ink")[level]
    return f"level {level}"


def _write_address() -> None:
    text = branches.tree_text(st.session_state[_TREE])
    if text:
        st.query_params[_TREE] = text
    elif _TREE in st.query_params:
        del st.query_params[_TREE]
