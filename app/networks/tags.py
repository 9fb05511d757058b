"""Tag vocabularies, in the order of the networks' outputs."""


def _split(text: str) -> tuple[str, ...]:
    return tuple(tag.strip() for tag in text.replace("\n", " ").split(","))


MTT = _split("""
    guitar, classical, slow, techno, strings, drums, electronic, rock, fast, piano, ambient, beat, violin,
    vocal, synth, female, indian, opera, male, singing, vocals, no vocals, harpsichord, loud, quiet, flute,
    woman, male vocal, no vocal, pop, soft, sitar, solo, man, classic, choir, voice, new age, dance,
    male voice, female vocal, beats, harp, cello, no voice, weird, country, metal, female voice, choral
""")
"""MagnaTagATune."""

MSD = _split("""
    rock, pop, alternative, indie, electronic, female vocalists, dance, 00s, alternative rock, jazz,
    beautiful, metal, chillout, male vocalists, classic rock, soul, indie rock, mellow, electronica, 80s,
    folk, 90s, chill, instrumental, punk, oldies, blues, hard rock, ambient, acoustic, experimental,
    female vocalist, guitar, hip-hop, 70s, party, country, easy listening, sexy, catchy, funk, electro,
    heavy metal, progressive rock, 60s, rnb, indie pop, sad, house, happy
""")
"""Million Song Dataset, with the tags of Last.fm."""
