"""Three hours of audio need no more memory than three minutes."""

import json
import subprocess
import sys

import pytest

from tests.audio_files import write_long

MEASURE = """
import json, resource, sys
from app.audio.decode import AudioReader
from app.audio.mel import FRONT_ENDS
from app.audio.patches import PatchStream

reader = AudioReader(sys.argv[1])
views = [(front_end.stream(), PatchStream(96, front_end.bands, 96)) for front_end in FRONT_ENDS.values()]
n_patches = 0
for block in reader:
    for mel, patches in views:
        n_patches += len(patches.push(mel.push(block)))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"duration": reader.duration, "patches": n_patches, "peak": peak}))
"""


def measure(path):
    command = [sys.executable, "-c", MEASURE, str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_memory_does_not_grow_when_a_file_is_three_hours_long(tmp_path):
    short = measure(write_long(tmp_path / "short.aac", hours=0.05))
    long = measure(write_long(tmp_path / "long.aac", hours=3))
    assert long["duration"] == pytest.approx(3 * 3600, rel=0.01)
    assert long["patches"] == pytest.approx(60 * short["patches"], rel=0.02)
    assert long["peak"] < short["peak"] + 20  # MiB
