"""Pictures to act on in JupyterLab: point at a photo, move centres, turn knobs, and look."""

from imagegroup.widgets.app import app
from imagegroup.widgets.brief import brief_microscope
from imagegroup.widgets.desk import desk
from imagegroup.widgets.fast import fast_microscope
from imagegroup.widgets.kmeans import kmeans_stepper
from imagegroup.widgets.orb import orb_explorer

__all__ = ["app", "brief_microscope", "desk", "fast_microscope", "kmeans_stepper", "orb_explorer"]
