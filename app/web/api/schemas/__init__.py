"""What requests may say and what answers hold: checked by these models, and documented from them."""
