"""STD-PCA: PCA of standardised dimensions, so that none counts more for its greater numbers."""

from app.reducers.pca import Pca

REGISTER = (Pca("std-pca", "STD-PCA", standardise=True),)
