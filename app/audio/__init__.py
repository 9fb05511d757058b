"""Audio: decoding, mel spectrograms, segments. Files and samples in, arrays out."""
