from .base import (
    AutoregressiveModel as AutoregressiveModel,
)
from .config import (
    ModelConfig as ModelConfig,
)
from .preset_configs import (
    preset_training as preset_training,
    presets as presets,
)
from .registry import (
    build_model as build_model,
    config_class as config_class,
    model_class as model_class,
    model_names as model_names,
)
