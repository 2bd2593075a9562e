from .autoencoder import (
    Autoencoder as Autoencoder,
    AutoencoderConfig as AutoencoderConfig,
)
from .base import (
    Baseline as Baseline,
    BaselineConfig as BaselineConfig,
)
from .files import (
    baseline_names as baseline_names,
    build_baseline as build_baseline,
    load_baseline as load_baseline,
    save_baseline as save_baseline,
)
from .training import (
    train_baseline as train_baseline,
)
from .vae import (
    VAE as VAE,
    VAEConfig as VAEConfig,
)
