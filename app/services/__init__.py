"""The write side: one use case each."""
