"""What the widgets send, what they make of what comes back, and what they refuse."""

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from streamlit.testing.v1 import AppTest

import widgets
from widgets.base.colormaps import colormap_for, value_range
from widgets.base.colors import role, role_index, roles, theme_css, theme_script
from widgets.base.payload import pack, pack_arrays, unpack
from widgets.kernel_tiles.widget import kernel_tiles
from widgets.maps_gallery.widget import maps_gallery, maps_table
from widgets.painter.widget import painter
from widgets.pixel_grid.widget import pixel_grid
from widgets.player.widget import PlayerEvent, _event, _film, player
from widgets.reach_grid.widget import reach_grid, reach_table

FOLDER = Path(str(widgets.__file__)).parent
IMAGES = np.zeros((2, 1, 4, 5), np.uint8)
DRAWN = np.zeros((4, 5), np.uint8)
GIVEN = np.ones((4, 5), bool)


class TestPayload:
    @given(
        st.dictionaries(
            st.text("abc", min_size=1, max_size=5),
            st.sampled_from([np.uint8, np.uint16, np.int32, np.float32, np.bool_]).flatmap(
                lambda dtype: arrays.arrays(dtype, arrays.array_shapes(max_dims=4, max_side=5))
            ),
        )
    )
    def test_arrays_come_back_as_they_were(self, sent: dict[str, Any]) -> None:
        payload, _ = pack({"n": 3, "label": "Größe <b>"}, sent)
        meta, received = unpack(payload)
        assert meta == {"n": 3, "label": "Größe <b>"}
        assert list(received) == list(sent)
        for name, array in sent.items():
            assert received[name].dtype == array.dtype
            np.testing.assert_array_equal(received[name], array)

    def test_the_digest_tells_contents_apart(self) -> None:
        content = {"a": np.arange(6, dtype=np.uint8)}
        _, digest = pack({"n": 1}, content)
        assert pack({"n": 1}, dict(content))[1] == digest
        assert pack({"n": 2}, content)[1] != digest
        assert pack({"n": 1}, {"a": np.arange(6, dtype=np.uint8).reshape(2, 3)})[1] != digest
        assert pack({"n": 1}, {"a": np.ones(6, np.uint8)})[1] != digest

    def test_the_same_pictures_are_compressed_once(self) -> None:
        pictures = np.arange(10_000, dtype=np.int32)
        assert pack_arrays({"a": pictures}).body is pack_arrays({"a": pictures.copy()}).body

    def test_other_types_are_refused(self) -> None:
        with pytest.raises(ValueError, match="'a' has type float64"):
            pack_arrays({"a": np.zeros(3)})

    def test_sixteen_digits_with_everything_stay_below_300_kilobytes(self) -> None:
        generator = np.random.default_rng(0)  # noise: nothing packs worse
        shape = (16, 1, 28, 28)
        meta, content = film(
            generator.integers(0, 2, shape).astype(np.uint8),
            generator.integers(0, 256, (16, 1, *shape[1:])).astype(np.uint8),
            entropy=generator.random(shape),
            log_prob=-generator.random(shape),
            uniforms=generator.random(shape),
        )
        assert len(pack(meta, content)[0]) < 300_000


class TestTheme:
    def test_the_colours_are_those_of_okabe_and_ito(self) -> None:
        colors = {name: role(name).color for name in ("target", "seen", "legal_not_yet", "never")}
        assert colors == {
            "target": "#E69F00",
            "seen": "#0072B2",
            "legal_not_yet": "#56B4E9",
            "never": "#D55E00",
        }
        assert role("leak").color == "#CC79A7"

    def test_no_two_roles_look_the_same(self) -> None:
        looks = [(role.color, role.mark) for role in roles().values()]
        assert len(set(looks)) == len(looks)

    def test_roles_are_counted_in_the_order_of_the_file(self) -> None:
        assert [role_index(name) for name in roles()] == list(range(len(roles())))

    def test_css_and_javascript_get_the_same_colours(self) -> None:
        assert "--lab-legal-not-yet: #56B4E9;" in theme_css()
        assert all(role.color in theme_script() for role in roles().values())

    def test_no_other_file_names_a_colour(self) -> None:
        colored = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b")
        sources = [path for path in FOLDER.rglob("*.*") if path.suffix in (".js", ".css", ".py")]
        assert sources
        assert [path.name for path in sources if colored.search(path.read_text())] == []

    def test_an_unknown_role_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(ValueError, match=r"no role 'sene'\. The roles are target, seen"):
            role("sene")


def film(images: Any, probabilities: Any = None, **options: Any) -> tuple[dict, dict]:
    given = dict.fromkeys(("entropy", "log_prob", "uniforms", "known_mask", "receptive_field"))
    return _film(images, probabilities, **{**given, "levels": 2, **options})  # type: ignore[arg-type]


class TestPlayer:
    def test_bits_survive_to_a_thousandth(self) -> None:
        bits = np.random.default_rng(0).random(IMAGES.shape) * 8
        _, content = film(IMAGES, entropy=bits, log_prob=-bits * np.log(2))
        np.testing.assert_allclose(content["entropy"] / 1024, bits, atol=1e-3)
        np.testing.assert_allclose(content["surprise"] / 1024, bits, atol=1e-3)

    def test_a_mask_for_all_covers_every_image_and_channel(self) -> None:
        images = np.zeros((2, 3, 4, 5), np.uint8)
        mask = np.zeros((1, 1, 4, 5), bool)
        mask[..., 2, 3] = True
        _, content = film(images, known_mask=mask)
        assert content["known"].shape == images.shape
        assert content["known"].sum() == 6

    def test_an_event_of_another_film_is_none(self) -> None:
        meta = {"n": 2, "height": 4, "width": 5, "channels": 1, "levels": 2}
        sent = {"image": 1, "row": 3, "column": 4, "channel": 0, "digest": "this"}
        assert _event(sent, "this", meta) == PlayerEvent(1, 3, 4, 0)
        assert _event({**sent, "row": None}, "this", meta) == PlayerEvent(1)
        assert _event(sent, "that", meta) is None
        assert _event({**sent, "image": 2}, "this", meta) is None
        assert _event({**sent, "row": "3"}, "this", meta) == PlayerEvent(1)


class TestReachTable:
    @given(st.data())
    def test_the_differences_add_up_to_every_relation(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(1, 4))
        shape = (size,) * 4
        depths = data.draw(st.integers(1, 4))
        drawn = [data.draw(arrays.arrays(np.bool_, shape)) for _ in range(depths + 1)]
        *relations, limit = drawn
        table = reach_table(relations, limit=limit)
        _, content = unpack(pack({}, table.packed)[0])
        rebuilt = np.logical_xor.accumulate(content["changes"])
        cells = size * size
        for depth, relation in enumerate(relations):
            np.testing.assert_array_equal(rebuilt[depth], relation.reshape(cells, cells))
        np.testing.assert_array_equal(rebuilt[-1] ^ content["limit"], limit.reshape(cells, cells))

    def test_an_order_must_be_one(self) -> None:
        relation = np.zeros((2, 2, 2, 2), bool)
        reach_table([relation], order=np.array([[3, 2], [1, 0]]))
        with pytest.raises(ValueError, match="each step from 0"):
            reach_table([relation], order=np.array([[0, 0], [1, 2]]))


class TestMapsTable:
    @given(
        arrays.arrays(
            np.float32, (3, 4, 5), elements=st.floats(-100, 100, width=32, allow_subnormal=False)
        )
    )
    def test_values_survive_to_half_a_step_of_their_scale(self, maps: np.ndarray) -> None:
        table = maps_table({"layer": maps})
        _, content = unpack(pack({}, table.packed)[0])
        low, high = table.layers[0]["low"], table.layers[0]["high"]
        restored = low + (high - low) * content["layer0"] / 65534
        np.testing.assert_allclose(
            restored, maps, rtol=1e-6, atol=0.51 * (high - low) / 65534 + 1e-5
        )

    def test_what_is_not_a_number_has_its_own_code(self) -> None:
        maps = np.array([[[np.nan, 0.0, 1.0]]])
        _, content = unpack(pack({}, maps_table({"a": maps}).packed)[0])
        assert content["layer0"].ravel().tolist() == [65535, 0, 65534]

    def test_a_fixed_scale_changes_colours_and_not_what_is_read(self) -> None:
        maps = np.array([[[-1.0, 3.0]]])
        free, fixed = maps_table({"a": maps}), maps_table({"a": maps}, scales={"a": (0.0, 2.0)})
        assert fixed.layers[0]["colors"] == [0.0, 2.0]
        assert [fixed.layers[0][end] for end in ("low", "high")] == [-3.0, 3.0]
        codes = [unpack(pack({}, table.packed)[0])[1]["layer0"] for table in (free, fixed)]
        np.testing.assert_array_equal(*codes)
        assert maps_table({"a": maps}, scales={"a": (1.0, 1.0)}).layers[0]["colors"] == [1.0, 1.0]
        with pytest.raises(ValueError, match="low <= high"):
            maps_table({"a": maps}, scales={"a": (2.0, 1.0)})

    def test_maps_that_say_nothing_are_counted(self) -> None:
        maps = np.zeros((3, 2, 2))
        maps[0, 0, 0] = 1
        assert maps_table({"a": maps}).layers[0]["dead"] == 2

    def test_a_shared_scale_is_the_widest(self) -> None:
        groups = {"a": np.full((1, 2, 2), 3.0), "b": np.full((1, 2, 2), 9.0)}
        assert [layer["high"] for layer in maps_table(groups, shared_scale=True).layers] == [9, 9]
        assert [layer["high"] for layer in maps_table(groups).layers] == [3, 9]


class TestColormaps:
    def test_signed_values_get_a_symmetric_diverging_scale(self) -> None:
        low, high = value_range(np.array([-1.0, 3.0, np.nan, np.inf], np.float32))
        assert (low, high) == (-3, 3)
        assert colormap_for(low, high) == "RdBu_r"

    def test_values_of_one_sign_get_viridis(self) -> None:
        assert colormap_for(*value_range(np.array([0.5, 2.0], np.float32))) == "viridis"


def painting() -> None:
    import numpy as np
    import streamlit as st

    from widgets.painter.widget import painter

    drawing = painter(np.ones((4, 5), np.uint8), np.zeros((4, 5), bool), revision=2, key="p")
    st.text(f"{drawing.image.sum()} {drawing.known_mask.sum()}")


class TestPainter:
    @staticmethod
    def sent(revision: int = 2, image: bytes = b"\1" * 20, known: bytes = b"\1\0" * 10) -> dict:
        layers = {"image": image, "known": known}
        coded = {name: base64.b64encode(layer).decode() for name, layer in layers.items()}
        return {"drawing": {"revision": revision, **coded}}

    def read(self, state: dict | None) -> str:
        app = AppTest.from_function(painting, default_timeout=30)
        if state is not None:
            app.session_state["p"] = state
        app.run()
        assert not app.exception
        value: str = app.text[0].value
        return value

    def test_the_initial_content_counts_until_the_user_draws(self) -> None:
        assert self.read(None) == "0 0"  # ink under unknown cells does not show

    def test_the_users_drawing_comes_back(self) -> None:
        assert self.read(self.sent()) == "10 10"

    @pytest.mark.parametrize(
        "state",
        [
            {"drawing": "nonsense"},
            {"drawing": {"revision": 2, "image": "!", "known": 3}},
            {"drawing": None},
        ],
    )
    def test_nonsense_from_a_browser_is_ignored(self, state: dict) -> None:
        assert self.read(state) == "0 0"

    def test_a_drawing_of_an_older_revision_or_another_size_is_ignored(self) -> None:
        assert self.read(self.sent(revision=1)) == "0 0"
        assert self.read(self.sent(image=b"\1" * 19)) == "0 0"

    def test_levels_out_of_range_are_clipped(self) -> None:
        assert self.read(self.sent(image=b"\xff" * 20)) == "10 10"

    def test_a_test_can_seed_a_drawing(self) -> None:
        from widgets.painter.widget import Drawing, drawing_state

        known = np.zeros((4, 5), bool)
        known[0] = True
        drawing = Drawing(np.ones((4, 5), np.uint8), known)
        assert self.read(drawing_state(drawing, revision=2)) == "5 5"


def grids() -> None:
    import numpy as np
    import streamlit as st

    from widgets.kernel_tiles.widget import kernel_tiles
    from widgets.maps_gallery.widget import maps_gallery
    from widgets.pixel_grid.widget import pixel_grid
    from widgets.reach_grid.widget import reach_grid, reach_table

    st.text(pixel_grid(np.zeros((4, 5)), selected=(1, 1), key="grid"))
    table = reach_table([np.zeros((4, 5, 4, 5), bool)] * 3)
    st.text(reach_grid(table, depth=1, key="reach"))
    st.text(kernel_tiles(np.eye(3, dtype=bool), key="kernel").sum())
    st.text(maps_gallery({"a": np.zeros((2, 4, 5)), "b": np.zeros((1, 4, 5))}, key="maps"))


class TestSelections:
    def read(self, **states: dict) -> list[str]:
        app = AppTest.from_function(grids, default_timeout=30)
        for key, state in states.items():
            app.session_state[key] = state
        app.run()
        assert not app.exception
        return [line.value for line in app.text]

    def test_pythons_selection_counts_at_first(self) -> None:
        assert self.read() == [
            "(1, 1)",
            "ReachSelection(row=2, column=2, depth=1)",
            "3",
            "MapSelection(layer='a', channel=None, row=None, column=None)",
        ]

    def test_the_users_choice_replaces_it(self) -> None:
        cell = {"row": 3, "column": 4}
        target = {**cell, "depth": 2, "instead_of": [2, 2], "instead_of_depth": 1}
        assert self.read(
            grid={"cell": {**cell, "instead_of": [1, 1]}},
            reach={"target": target},
            maps={"map": {"layer": 1, "name": "b", "instead_of": 0, "channel": 0, **cell}},
        ) == [
            "(3, 4)",
            "ReachSelection(row=3, column=4, depth=2)",
            "3",
            "MapSelection(layer='b', channel=0, row=3, column=4)",
        ]

    def test_a_choice_older_than_pythons_selection_is_ignored(self) -> None:
        cell = {"row": 3, "column": 4, "instead_of": [0, 0]}
        assert self.read(grid={"cell": cell})[0] == "(1, 1)"

    def test_cells_outside_are_ignored(self) -> None:
        cell = {"row": 4, "column": 0, "instead_of": [1, 1]}
        assert self.read(grid={"cell": cell})[0] == "(1, 1)"


_FIELD = np.zeros((4, 5, 4, 5), bool)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: player(IMAGES, levels=1, key="k"), "levels must lie between 2 and 256"),
        (lambda: player(IMAGES[0], levels=2, key="k"), r"images must have shape"),
        (lambda: player(IMAGES + 2, levels=2, key="k"), "the level 2, but with 2 levels"),
        (lambda: player(IMAGES * 1.0, levels=2, key="k"), "images must be uint8"),
        (lambda: player(IMAGES[:0], levels=2, key="k"), "images is empty"),
        (lambda: player(IMAGES, IMAGES, levels=2, key="k"), "probabilities must have"),
        (
            lambda: player(IMAGES, IMAGES[:, None] * 1.0, levels=2, key="k"),
            "probabilities must be uint8",
        ),
        (
            lambda: player(IMAGES, known_mask=IMAGES, levels=2, key="k"),
            "known_mask must be bool",
        ),
        (
            lambda: player(IMAGES, receptive_field=_FIELD[0], levels=2, key="k"),
            "receptive_field must have shape",
        ),
        (lambda: player(IMAGES, levels=2, selected=2, key="k"), "one of the 2 images"),
        (lambda: player(IMAGES, levels=2, columns=0, key="k"), "columns must be"),
        (lambda: player(IMAGES, levels=2, speed=0, key="k"), "speed must be"),
        (lambda: painter(DRAWN, DRAWN, key="k"), "known_mask must be bool"),
        (lambda: painter(DRAWN, GIVEN[1:], key="k"), "known_mask must have shape"),
        (lambda: painter(DRAWN + 5, GIVEN, levels=4, key="k"), "image has the level 5"),
        (lambda: pixel_grid(np.zeros(3), key="k"), "values must have shape"),
        (lambda: pixel_grid(np.array([["a"]]), key="k"), "must hold real numbers"),
        (lambda: pixel_grid(DRAWN + 99, kind="roles", key="k"), "role indices below"),
        (lambda: pixel_grid(DRAWN, kind="x", key="k"), "kind must be"),  # type: ignore
        (lambda: pixel_grid(DRAWN, colormap="jett", key="k"), "no colour map 'jett'"),
        (lambda: pixel_grid(DRAWN, limits=(1, 1), key="k"), "low < high"),
        (lambda: pixel_grid(DRAWN, selected=(4, 0), key="k"), "outside the 4 x 5 grid"),
        (lambda: pixel_grid(DRAWN, logarithmic=True, key="k"), "limits above zero"),
        (
            lambda: pixel_grid(DRAWN, marks={"never": (DRAWN, "x")}, key="k"),
            "must be bool",
        ),
        (lambda: pixel_grid(DRAWN, overlay=GIVEN, key="k"), "overlay must be uint8"),
        (lambda: reach_table([]), "relations is empty"),
        (lambda: reach_table([_FIELD, _FIELD[1:]]), r"relations\[1\] must have shape"),
        (lambda: reach_table([_FIELD], limit=_FIELD[1:]), "limit must have shape"),
        (lambda: reach_grid(reach_table([_FIELD]), depth=1, key="k"), "depth must be"),
        (
            lambda: reach_grid(reach_table([_FIELD]), depth_names="ab", key="k"),
            "There are 1 depths, but 2 depth_names",
        ),
        (lambda: kernel_tiles(DRAWN, key="k"), "mask must be bool"),
        (lambda: kernel_tiles(GIVEN, weights=[1.0], key="k"), "weights must have shape"),
        (lambda: maps_gallery({}, key="k"), "groups is empty"),
        (lambda: maps_gallery({"a": DRAWN}, key="k"), r"groups\['a'\] must have shape"),
        (
            lambda: maps_gallery({"a": IMAGES[0]}, selected="b", key="k"),
            "selected is 'b', but the layers are a",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_widgets_need_neither_torch_nor_the_library() -> None:
    check = "import sys, widgets; assert not {'torch', 'pixelcnn', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], cwd=FOLDER.parent, check=True)
