"""Heads: small classifiers on the embeddings of a network, as Essentia's publisher offers them."""

from app.networks.heads.base import HEADS, Head
from app.networks.heads.runners import HeadRunner, check_head, load_head, needs_essentia

__all__ = ["HEADS", "Head", "HeadRunner", "check_head", "load_head", "needs_essentia"]
