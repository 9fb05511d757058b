"""The demo library: synthesised music, written as tagged audio files."""
