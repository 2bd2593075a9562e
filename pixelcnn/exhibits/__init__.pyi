from .catalogue import (
    EXHIBITS as EXHIBITS,
    Exhibit as Exhibit,
)
