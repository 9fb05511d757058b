import pytest

from app.audio.keys import TONICS, parse_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Am", "A minor"),
        ("A minor", "A minor"),
        ("amin", "A minor"),
        ("A", "A major"),
        ("F#", "F# major"),
        ("Gb major", "F# major"),
        ("G♭m", "F# minor"),
        ("D sharp Minor", "Eb minor"),
        ("Bb", "Bb major"),
        ("bbm", "Bb minor"),
        ("Cb", "B major"),
        ("CM", "C major"),
        ("8A", "A minor"),
        ("08b", "C major"),
        ("1A", "Ab minor"),
        ("12B", "E major"),
        ("1m", "A minor"),
        ("2d", "G major"),
        (" Em ", "E minor"),
        ("", None),
        ("o", None),
        ("A#m +50", "Bb minor"),
        ("Ab -50", "Ab major"),
        ("04B -50cents", "Ab major"),
        ("Am (8A)", "A minor"),
        ("8A - Am", "A minor"),
        ("F#m/Gb", "F# minor"),
        ("7m/D♯m/E♭m", "Eb minor"),
        ("a-Moll", "A minor"),
        ("H", "B major"),
        ("Hm", "B minor"),
        ("B-Dur", "Bb major"),
        ("B", "B major"),
        ("off", None),
        ("/", None),
        ("13A", None),
        ("0A", None),
        ("A minor seventh", None),
    ],
)
def test_key_is_written_in_one_way_when_it_is_known(text, key):
    assert parse_key(text) == key


@pytest.mark.parametrize("letter", "ABmd")
def test_all_keys_are_on_a_wheel_once(letter):
    keys = [parse_key(f"{number}{letter}") for number in range(1, 13)]
    assert sorted(key.split()[0] for key in keys) == sorted(TONICS)
    assert len({key.split()[1] for key in keys}) == 1
