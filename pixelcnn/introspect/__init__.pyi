from .feature_maps import (
    activations as activations,
    attention_weights as attention_weights,
    first_kernels as first_kernels,
    prediction as prediction,
    summarize as summarize,
)
