"""imagegroup: group a folder of images with ORB features and K-means, and see how it works."""

from imagegroup.cache import Cache
from imagegroup.fitting import NoElbow
from imagegroup.grouping import Grouping, group_images
from imagegroup.images import list_folder, read_image
from imagegroup.orb import Features, OrbParams, extract_features
from imagegroup.recipes import CLASSIC, DEFAULT, SCENES, Recipe

__version__ = "0.1.0"

__all__ = [
    "CLASSIC",
    "DEFAULT",
    "SCENES",
    "Cache",
    "Features",
    "Grouping",
    "NoElbow",
    "OrbParams",
    "Recipe",
    "extract_features",
    "group_images",
    "list_folder",
    "read_image",
]
