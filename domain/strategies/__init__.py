"""How a request becomes a ranked list of candidates: one file for each way, found through the tables here."""

from domain.strategies.knn import Knn
from domain.strategies.nearest import nearest
from domain.strategies.protocol import Compares, Queries
from domain.strategies.ranked import RANKINGS, ranked
from domain.strategies.similar import similar
from domain.strategies.trained import Trained

__all__ = ["RANKINGS", "Compares", "Knn", "Queries", "Trained", "nearest", "ranked", "similar"]
