"""ORB, K-means and the elbow from scratch in plain NumPy: to be read, drawn and compared.

The main flow never imports this package; notebooks, widgets and tests do. ORB here equals OpenCV's
in every keypoint and every descriptor bit. Read `pyramid`, `fast`, `harris`, `orientation`,
`brief`, `matching` in this order; `orb` puts them together. Then `kmeans` and `knee`.
"""
