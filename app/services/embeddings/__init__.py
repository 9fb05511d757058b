"""Foreign embeddings: vectors that another program computed, taken in as if a network of ours had."""
