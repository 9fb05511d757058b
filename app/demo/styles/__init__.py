"""The styles of the demo library, in an order that makes the first few as different as possible."""

from app.demo.styles import acoustic, bands, electronic, voices
from app.demo.styles.base import Style

STYLES = (
    Style("Techno", "Electronic", electronic.techno, ("Kilowatt Parade", "Null Meridian"), (1996, 2022)),
    Style(
        "Harpsichord", "Classical", acoustic.baroque_harpsichord, ("Odile Fennimar",), (1978, 2004), peak=0.3
    ),
    Style("Ambient", "Electronic", electronic.ambient, ("Lichen Archive", "The Tidal Clerk"), (1992, 2021)),
    Style("Rock", "Rock", bands.rock, ("Gravel Saints", "The Borrowed Vans"), (1971, 2012)),
    Style("Choir", "Classical", voices.sacred_choir, ("Ansgar Chamber Voices",), (1985, 2016), peak=0.3),
    Style(
        "Classical Guitar",
        "Classical",
        acoustic.classical_guitar,
        ("Teo Marabal", "Inés Corvelo"),
        (1974, 2018),
    ),
    Style("Flute", "Classical", acoustic.solo_flute, ("Maren Oldqvist",), (1988, 2015)),
    Style("Drum and Bass", "Electronic", electronic.drum_and_bass, ("Subfloor Unit",), (1995, 2020)),
    Style("Opera", "Classical", voices.opera, ("Vilma Sarkozan", "Giulio Bentarra"), (1962, 2009), peak=0.3),
    Style("Jazz", "Jazz", bands.jazz, ("Lowell Finch Quartet", "The Attic Four"), (1958, 1999)),
    Style("Indian Classical", "World", acoustic.sitar_and_tabla, ("Ravindra Solkar",), (1967, 2003)),
    Style("Solo Piano", "Classical", acoustic.solo_piano, ("Hedda Lindgrove", "Oskar Venn"), (1980, 2019)),
    Style("Metal", "Rock", bands.metal, ("Cinder Throne",), (1986, 2017), drive=6.0),
    Style("String Orchestra", "Classical", acoustic.string_orchestra, ("Halvard Sinfonietta",), (1975, 2011)),
    Style("House", "Electronic", electronic.house, ("Velour Department", "Null Meridian"), (1989, 2023)),
    Style("Experimental", "Electronic", electronic.experiment, ("Static Botany",), (1983, 2014)),
    Style("Folk Guitar", "Folk", acoustic.folk_guitar, ("Wren & Hollis", "Dale Ashcombe"), (1969, 2020)),
    Style("Cello", "Classical", acoustic.solo_cello, ("Ilse Brandvold",), (1979, 2013)),
    Style("Pop", "Pop", bands.pop_song, ("Marigold Lane", "Paper Satellites"), (1984, 2022), drive=2.0),
    Style("Harp", "Classical", acoustic.solo_harp, ("Ffion Tregarth",), (1986, 2008)),
)
