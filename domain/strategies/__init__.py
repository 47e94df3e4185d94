"""How a request becomes a ranked list of candidates: one file for each strategy, found through one table."""

from domain.recommendations import StrategyName
from domain.strategies.knn import Knn
from domain.strategies.protocol import Strategy

STRATEGIES: dict[StrategyName, Strategy] = {StrategyName.KNN: Knn()}

__all__ = ["STRATEGIES", "Strategy"]
