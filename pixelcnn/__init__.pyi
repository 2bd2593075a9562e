from .auditing.door import (
    audit as audit,
)
from .causality.reach import (
    AuditReport as AuditReport,
    receptive_field as receptive_field,
)
from .checkpoints.files import (
    load_checkpoint as load_checkpoint,
    save_checkpoint as save_checkpoint,
    shipped as shipped,
)
from .completion.completions import (
    complete as complete,
)
from .compression.codec import (
    compress as compress,
    decompress as decompress,
)
from .data.dataset import (
    DataSet as DataSet,
)
from .data.registry import (
    data_names as data_names,
    load_data as load_data,
)
from .errors import (
    CheckpointError as CheckpointError,
    ConfigError as ConfigError,
    DataError as DataError,
    LabError as LabError,
    RunError as RunError,
)
from .introspect.feature_maps import (
    activations as activations,
)
from .metrics import (
    evaluate as evaluate,
)
from .models.base import (
    AutoregressiveModel as AutoregressiveModel,
)
from .models.preset_configs import (
    presets as presets,
)
from .models.registry import (
    build_model as build_model,
    model_names as model_names,
)
from .sampling.drawing import (
    paint as paint,
    sample as sample,
)
from .sampling.engines import (
    warm_up as warm_up,
)
from .sampling.trace import (
    Trace as Trace,
)
from .training.config import (
    TrainConfig as TrainConfig,
)
from .training.trainer import (
    train as train,
)
