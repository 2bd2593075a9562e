from .autoencoder import (
    Autoencoder as Autoencoder,
)
from .autoencoder import (
    AutoencoderConfig as AutoencoderConfig,
)
from .base import (
    Baseline as Baseline,
)
from .base import (
    BaselineConfig as BaselineConfig,
)
from .files import (
    baseline_names as baseline_names,
)
from .files import (
    build_baseline as build_baseline,
)
from .files import (
    load_baseline as load_baseline,
)
from .files import (
    save_baseline as save_baseline,
)
from .training import (
    train_baseline as train_baseline,
)
from .vae import (
    VAE as VAE,
)
from .vae import (
    VAEConfig as VAEConfig,
)
