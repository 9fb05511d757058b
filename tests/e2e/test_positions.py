"""Positions in decoded sound are those at which Chromium has the same sound."""

import base64
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from app.audio.decode import AudioReader
from tests.audio_files import write_signal

CLICK = 1.5
RATE = 48_000
TOLERANCE = 0.002

DECODE = """async (sound) => {
  const bytes = Uint8Array.from(atob(sound), (letter) => letter.charCodeAt(0));
  const context = new OfflineAudioContext(1, 48000, 48000);
  const samples = (await context.decodeAudioData(bytes.buffer)).getChannelData(0);
  const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return samples.findIndex((value) => Math.abs(value) > loudest / 3) / 48000;
}"""


def write_click(path: Path) -> Path:
    """Write two channels of silence with a short burst at CLICK seconds."""
    signal = np.zeros((2, 3 * RATE), np.float32)
    time = np.arange(RATE // 50) / RATE
    start = round(CLICK * RATE)
    signal[:, start : start + len(time)] = 0.8 * np.sin(2 * np.pi * 3000 * time) * np.exp(-400 * time)
    return write_signal(path, signal, sample_rate=RATE)


def first_click(path: Path) -> float:
    """Return the seconds before the burst, as decoded here."""
    samples = np.abs(np.concatenate(list(AudioReader(path, sample_rate=RATE))))
    return float(np.argmax(samples > samples.max() / 3)) / RATE


@pytest.mark.parametrize("ending", [".mp3", ".m4a", ".ogg", ".opus", ".flac", ".wav"])
def test_a_click_lies_where_chromium_has_it_when_decoders_add_samples(
    browser: Browser, tmp_path: Path, ending: str
) -> None:
    path = write_click(tmp_path / f"click{ending}")
    page = browser.new_page()
    try:
        heard = page.evaluate(DECODE, base64.b64encode(path.read_bytes()).decode("ascii"))
    finally:
        page.close()
    assert heard == pytest.approx(CLICK, abs=0.03)
    assert first_click(path) == pytest.approx(heard, abs=TOLERANCE)
