"""The listening test: whether people find alike what a network does."""
