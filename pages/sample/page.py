"""Sample: a digit appears pixel by pixel, and each choice is explained."""

from collections.abc import Callable

import streamlit as st

from pages.sample import (
    branches as sample_branches,
    choice as sample_choice,
    files as sample_files,
    formula as sample_formula,
    grids as sample_grids,
    maps as sample_maps,
    race as sample_race,
    words as sample_words,
)
from pages.sample.film import MOST_PROBABILITIES, Options, Progress, Scene, controls, sampled
from pages.sample.questions import QUESTIONS
from pages.shared import common
from pages.shared.quiz import quiz
from pixelcnn.film.branches import Tree
from pixelcnn.film.film import Film
from widgets.player.widget import PlayerEvent, player

DIGITS, BRANCHES = "Digits", "Branches"
GRIDS: dict[str, Callable[[Options, Progress], Scene | str]] = {
    "Temperatures": sample_grids.temperatures,
    "Classes": sample_grids.classes,
    "Guidance": sample_grids.guidance,
    "Two models": sample_grids.two_models,
}
VIEWS = [DIGITS, BRANCHES, *GRIDS]


def choose_view() -> str:
    """The view: the samples, their branches, or a grid."""
    requested = st.session_state.pop(sample_branches.NEXT_VIEW, None)
    if requested:
        st.session_state["show"] = requested
    chosen = st.segmented_control(
        "On screen",
        VIEWS,
        default=None if requested else DIGITS,  # Streamlit allows only one of the two
        key="show",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or DIGITS


def digits(film: Film) -> Scene:
    """The samples as a scene in which each can be branched."""
    names = [f"Sample {index + 1}" for index in range(len(film.images))]
    return Scene(film, names, {}, [(0, index) for index in range(len(film.images))])


def stage_for(view: str, options: Options, film: Film, tree: Tree, progress: Progress) -> Scene:
    """The scene to play; the samples, with the reason, if a grid cannot be made."""
    if view == BRANCHES and tree:
        return sample_branches.scene(film, tree, sample_branches.grown(options, tree, progress))
    if view == BRANCHES:
        st.info(
            "There are no branches yet. Pause the film at a pixel, or click one in the large "
            "picture, and press **What if it were ...?**"
        )
    elif view in GRIDS:
        scene = GRIDS[view](options, progress)
        if isinstance(scene, Scene):
            return scene
        st.info(scene)
    return digits(film)


def play(scene: Scene) -> PlayerEvent | None:
    """The player with everything that the scene has."""
    film = scene.film
    many = film.probabilities.nbytes > MOST_PROBABILITIES
    if many:
        st.caption(
            "With this many digits and levels, the film omits the probabilities. Choose fewer "
            "digits to see them."
        )
    arguments = {
        "log_prob": film.log_prob,
        "uniforms": film.uniforms,
        "receptive_field": film.receptive_field,
        "speed": 100,
        "maps": True,
        "names": scene.names,
        "branching": scene.origins is not None,
        "loop": sample_formula.LINES,
        "label": "Sampled digits",
        **scene.player,
    }
    return player(
        film.images,
        None if many else film.probabilities,
        film.entropy,
        levels=film.levels,
        key="film",
        **arguments,
    )


@st.fragment
def show(scene: Scene, options: Options, film: Film, tree: Tree) -> None:
    """The film, and the sections about the picture that was clicked in it."""
    clicked = play(scene)
    chosen = clicked.image if clicked else scene.player.get("selected", 0)
    place = None
    if clicked and clicked.row is not None:
        place = (clicked.row, clicked.column, clicked.channel)
        if clicked.level is not None:
            sample_branches.answer(scene, tree, chosen, place, clicked.level, clicked.count)
    if tree and "changed" in scene.player:
        films = sample_branches.grown(options, tree, lambda done, of: None)
        sample_branches.tell(film, tree, films, scene.origins[chosen][0])
    if film.levels > 2:
        sample_choice.section(options, scene, chosen, place)
    sample_maps.section(scene.film, chosen, scene.names[chosen])


model = common.choose_model()
common.lesson("How does a digit appear?", sample_words.lead(common.model_config(model)["levels"]))
with common.explained():
    place_of_controls = st.container()
    view = choose_view()
    with place_of_controls:
        options = controls(model, view)
    with common.ProgressBar("Drawing, row by row ...") as progress:
        film = sampled(options, progress)
        tree = sample_branches.current_tree(options, film, progress)
        scene = stage_for(view, options, film, tree, progress)
show(scene, options, film, tree)

st.header("How is a pixel chosen?")
st.latex(sample_formula.FORMULA)
st.code(sample_formula.LOOP, language="python")
st.markdown(sample_words.how(film))
with common.explained():
    sample_race.section(options)

st.header("What to try")
st.markdown(sample_words.to_try(film))
sample_files.section(scene.film, scene.player.get("known_mask"), f"{model}-seed-{options.seed}")
sample_files.command(film)

quiz("sample", QUESTIONS)
