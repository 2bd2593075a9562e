from .checkpoints import (
    load_checkpoint as load_checkpoint,
)
from .checkpoints import (
    save_checkpoint as save_checkpoint,
)
from .checkpoints import (
    shipped as shipped,
)
from .completion import (
    complete as complete,
)
from .data.dataset import (
    DataSet as DataSet,
)
from .data.loading import (
    data_names as data_names,
)
from .data.loading import (
    load_data as load_data,
)
from .errors import (
    CheckpointError as CheckpointError,
)
from .errors import (
    ConfigError as ConfigError,
)
from .errors import (
    DataError as DataError,
)
from .errors import (
    LabError as LabError,
)
from .errors import (
    RunError as RunError,
)
from .introspect import (
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
)
from .models.registry import (
    model_names as model_names,
)
from .reach import (
    AuditReport as AuditReport,
)
from .reach import (
    audit as audit,
)
from .reach import (
    receptive_field as receptive_field,
)
from .sampling.drawing import (
    paint as paint,
)
from .sampling.drawing import (
    sample as sample,
)
from .sampling.engines import (
    warm_up as warm_up,
)
from .sampling.trace import (
    Trace as Trace,
)
from .train_config import (
    TrainConfig as TrainConfig,
)
from .training import (
    train as train,
)
