from .build import (
    build_run_model as build_run_model,
)
from .config import (
    RunConfig as RunConfig,
)
from .live import (
    live_presets as live_presets,
)
from .shipped import (
    find_recipe as find_recipe,
    recipes as recipes,
)
