import numpy as np
import pytest

from app.demo.harmony import MAJOR, chord, degree, rhythm, walk
from app.demo.synthesis import (
    SAMPLE_RATE,
    Mix,
    band,
    decay,
    fade,
    highpass,
    lowpass,
    noise,
    oscillate,
    pitch,
    ring,
    swept_lowpass,
    times,
)


def spectrum(sound):
    magnitude = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE), magnitude


def loudest(sound):
    frequencies, magnitude = spectrum(sound)
    return frequencies[magnitude.argmax()]


def energy(sound, low, high):
    frequencies, magnitude = spectrum(sound)
    return np.square(magnitude[(frequencies >= low) & (frequencies < high)]).sum()


@pytest.mark.parametrize("frequency", [55.0, 440.0, 1234.5, 5000.0])
def test_an_oscillator_has_the_pitch_asked_for(frequency):
    assert loudest(oscillate([1, 0.3, 0.1], frequency, 1.0)) == pytest.approx(frequency, abs=1)


def test_an_oscillator_has_no_partials_beyond_hearing():
    sound = oscillate(np.ones(100), 3000, 1.0)
    assert energy(sound, 18_500, 22_050) < 1e-3 * energy(sound, 0, 18_500)


def test_an_oscillator_follows_when_the_frequency_changes():
    rising = np.linspace(200, 800, len(times(2.0)), dtype=np.float32)
    sound = oscillate([1], rising, 2.0)
    assert loudest(sound[:8820]) < 300
    assert loudest(sound[-8820:]) > 700


@pytest.mark.parametrize("frequency", [41.2, 110.0, 987.77, 2093.0])
def test_a_string_has_the_pitch_asked_for(frequency):
    k = np.arange(1, 40)
    sound = ring(frequency, 1.0, 1 / k**2, 1.0 * k, np.random.default_rng(0))
    assert loudest(sound) == pytest.approx(frequency, rel=0.002, abs=1)


def test_high_partials_die_first_when_their_decay_is_faster():
    k = np.arange(1, 20)
    sound = ring(220, 2.0, 1 / k, 1.5 * k, np.random.default_rng(0))
    early, late = sound[:22_050], sound[-22_050:]
    assert energy(late, 1000, 20_000) / energy(late, 0, 1000) < 0.1 * (
        energy(early, 1000, 20_000) / energy(early, 0, 1000)
    )
    assert np.abs(late).max() < np.abs(early).max()


def test_filters_keep_what_they_should():
    hiss = noise(1.0, np.random.default_rng(0))
    assert energy(lowpass(hiss, 500), 2000, 20_000) < 0.05 * energy(hiss, 2000, 20_000)
    assert energy(highpass(hiss, 5000), 0, 1000) < 0.05 * energy(hiss, 0, 1000)
    assert energy(band(hiss, 900, 1100), 950, 1050) > 0.5 * energy(hiss, 950, 1050)


def test_a_swept_filter_opens_when_its_cutoff_rises():
    hiss = noise(2.0, np.random.default_rng(0))
    sound = swept_lowpass(hiss, np.geomspace(200, 12_000, len(hiss)).astype(np.float32))
    assert energy(sound[:22_050], 4000, 20_000) < 0.05 * energy(sound[-22_050:], 4000, 20_000)


def test_fades_begin_and_end_in_silence():
    sound = fade(np.ones(1000, np.float32), 0.005, 0.01)
    assert sound[0] == sound[-1] == 0
    assert sound[500] == 1


def test_decay_falls_as_stated():
    assert decay(1.0, 3.0)[-1] == pytest.approx(np.exp(-3), rel=1e-3)


def test_sounds_are_cut_when_they_stand_out_of_the_mix():
    mix = Mix(1.0)
    mix.add(np.ones(SAMPLE_RATE, np.float32), 0.75, 1.0)
    mix.add(np.ones(10, np.float32), 5.0)
    mix.add(np.ones(10, np.float32), -1.0)
    assert mix.sound.shape == (2, SAMPLE_RATE)
    assert np.count_nonzero(mix.sound[0]) == SAMPLE_RATE // 4 + 10


def test_the_place_of_a_sound_is_heard():
    mix = Mix(0.1)
    mix.add(np.ones(100, np.float32), 0, 1, pan=-1)
    assert mix.sound[0].max() == pytest.approx(1)
    assert mix.sound[1].max() == pytest.approx(0, abs=1e-6)


def test_a_room_adds_a_tail():
    mix = Mix(2.0)
    mix.add(noise(0.1, np.random.default_rng(0)), 0)
    mix.reverberate(np.random.default_rng(1), 1.5, 0.5)
    assert np.abs(mix.sound[:, SAMPLE_RATE // 2 : SAMPLE_RATE]).max() > 1e-4


def test_the_finished_mix_has_the_level_asked_for():
    mix = Mix(1.0)
    mix.add(oscillate([0.1], 440, 1.0))
    assert np.abs(mix.finish(0.5)).max() == pytest.approx(0.5, rel=0.01)
    assert np.abs(Mix(0.1).finish()).max() == 0


def test_saturation_makes_louder_when_it_is_wanted():
    mix = Mix(1.0)
    mix.add(noise(1.0, np.random.default_rng(0)))
    assert np.square(mix.finish(drive=4.0)).mean() > 2 * np.square(mix.finish()).mean()


def test_scales_and_chords_are_the_known_ones():
    assert [degree(60, MAJOR, step) for step in (-1, 0, 6, 7)] == [59, 60, 71, 72]
    assert chord(60, MAJOR, 4, 4) == [67, 71, 74, 77]
    assert pitch(69) == 440
    assert pitch(57) == pytest.approx(220)


def test_tunes_stay_within_bounds_and_come_home():
    tune = walk(np.random.default_rng(3), 500, low=-2, high=8)
    assert len(tune) == 500
    assert min(tune) >= -2
    assert max(tune) <= 8
    assert tune[-1] == 0


def test_a_rhythm_fills_its_time():
    notes = list(rhythm(np.random.default_rng(0), 16.0, [0.5, 1, 3], [2, 1, 1]))
    ends = [start + length for start, length in notes]
    assert notes[0][0] == 0
    assert ends[-1] == pytest.approx(16)
    assert [start for start, _ in notes[1:]] == pytest.approx(ends[:-1])
