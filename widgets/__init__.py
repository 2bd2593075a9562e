"""Browser widgets: Python mount functions over Streamlit components, each with its .js and .css.

They know numpy and Streamlit, and nothing of models. Final signatures:

    player(images, probabilities=None, entropy=None, *, levels, log_prob=None, uniforms=None,
           known_mask=None, receptive_field=None, autoplay=True, speed=300, columns=None,
           selected=0, report=True, branching=False, changed=(), start=None, given_counts=False,
           maps=False, names=(), captions=(), row_names=(), loop=(), label="Samples", key)
        -> PlayerEvent(image, row, column, channel, level) | None

    player_race(image, *, levels, seconds, names, measured_rows, key)

    painter(image, known_mask, *, levels=2, revision=0, report_while_drawing=True, ghost=None,
            address=None, label="Drawing", key) -> Drawing
        Drawing(image uint8 (H, W), 0 where unknown; known_mask bool (H, W))

    pixel_grid(values, *, kind="values" | "roles", title="", unit="", digits=3, colormap=None,
               limits=None, logarithmic=False, marks=None, missing="unknown", overlay=None,
               outline=False, numbers=False, selected=None, link=None, report=True, max_width=560,
               key) -> (row, column) | None

    reach_table(relations, *, limit=None, order=None) -> ReachTable     # costly: worth caching
    reach_grid(table, *, title="", depth_names=(), depth=None, selected=None, overlay=None,
               link=None, report=True, legend=True, max_width=560, key)
        -> ReachSelection(row, column, depth)
        table: or a ReachStack(masks, height, width, depths, dilation=1, keeps=False), which follows
        linked kernel_tiles at once

    kernel_tiles(mask, *, start=None, forbidden=None, weights=None, code=None, blocks=(),
                 toggles=True, link=None, layer=0, revision=0, title="", max_width=420, key)
        -> bool (height, width), the mask with the viewer's changes
        code: TileCode(lines, line_of, name="mask"), lit by the tile that each line decides

    path_grid(first_seen, *, source, target, steps, title="", no_path="", depth_names=(), turn=0,
              link=None, max_width=420, key)
        steps: PathStep(row, column, depth, words, jump=False)
        chosen_source(key, turn, height, width) -> (row, column) | None

    maps_table(groups, *, shared_scale=False, scales=None) -> MapsTable   # costly: worth caching
    maps_gallery(groups_or_table, *, shared_scale=False, selected=None, cell=None, report=True,
                 key) -> MapSelection(layer, channel, row, column)
        groups: {layer name: float (channels, H, W)}

Each takes numpy arrays (or what `numpy.asarray` turns into one), raises `ValueError` with a
sentence when an argument does not fit, and keeps its state in the browser: a rerun with the same
content disturbs nothing. `widgets.base.theme` holds the colours:
`role("seen").color`, `role_index`.
"""

from widgets.base.theme import Role, role, role_index, roles
from widgets.kernel_tiles.widget import TileCode, kernel_tiles
from widgets.maps_gallery.widget import MapSelection, MapsTable, maps_gallery, maps_table
from widgets.painter.widget import Drawing, painter
from widgets.path_grid.widget import PathStep, chosen_source, path_grid
from widgets.pixel_grid.widget import pixel_grid
from widgets.player.widget import PlayerEvent, player
from widgets.reach_grid.widget import (
    ReachSelection,
    ReachStack,
    ReachTable,
    reach_grid,
    reach_table,
)

__all__ = [
    "Drawing",
    "MapSelection",
    "MapsTable",
    "PathStep",
    "PlayerEvent",
    "ReachSelection",
    "ReachStack",
    "ReachTable",
    "Role",
    "TileCode",
    "chosen_source",
    "kernel_tiles",
    "maps_gallery",
    "maps_table",
    "painter",
    "path_grid",
    "pixel_grid",
    "player",
    "reach_grid",
    "reach_table",
    "role",
    "role_index",
    "roles",
]
