"""The program's version, noted in what it writes."""

VERSION = "0.1.0"
