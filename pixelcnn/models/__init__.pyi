from .base import (
    AutoregressiveModel as AutoregressiveModel,
)
from .preset_configs import (
    preset_training as preset_training,
)
from .preset_configs import (
    presets as presets,
)
from .registry import (
    build_model as build_model,
)
from .registry import (
    config_class as config_class,
)
from .registry import (
    model_class as model_class,
)
from .registry import (
    model_names as model_names,
)
