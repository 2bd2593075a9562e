"""Data sets as integer levels: load one by name, or quantise images of your own."""

from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.data.levels import BINARIZATIONS, MAX_LEVELS, dequantize, quantize, resize
from pixelcnn.data.loading import Description, data_names, describe, load_data

__all__ = [
    "BINARIZATIONS",
    "MAX_LEVELS",
    "DataSet",
    "Description",
    "Split",
    "data_names",
    "dequantize",
    "describe",
    "load_data",
    "quantize",
    "resize",
]
