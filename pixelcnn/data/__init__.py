"""Data sets as integer levels: load one by name, or quantise images of your own."""

from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.data.levels import BINARIZATIONS, MAX_LEVELS, dequantize, quantize, resize
from pixelcnn.data.loading import Description, data_names, describe, load_data
from pixelcnn.data.own import OWN, keep_own, pack_own
from pixelcnn.data.uploads import OwnImages, read_uploads

__all__ = [
    "BINARIZATIONS",
    "MAX_LEVELS",
    "OWN",
    "DataSet",
    "Description",
    "OwnImages",
    "Split",
    "data_names",
    "dequantize",
    "describe",
    "keep_own",
    "load_data",
    "pack_own",
    "quantize",
    "read_uploads",
    "resize",
]
