"""Interactive microscopes for JupyterLab: point at a photo and see what the algorithm sees."""

from imagegroup.widgets.brief import brief_microscope
from imagegroup.widgets.fast import fast_microscope

__all__ = ["brief_microscope", "fast_microscope"]
