"""Where decoded frames lie in time, as a player counts it: what is missing between two is silence."""

from av.audio.frame import AudioFrame

TIMED_CONTAINERS = frozenset({"matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "ogg"})
"""Containers whose time stamps are positions; those of others are guesses from bit rates."""

SMALLEST_GAP = 0.1
"""Seconds. Below this lie rounded time stamps, and encoders' delays that players do not count."""

LATEST_START = 3600.0
"""Seconds after which sound does not begin: such a time stamp is damaged."""


class Timeline:
    """Follows the time stamps of the frames of one stream.

    Parameters
    ----------
    container : str
        FFmpeg's name of the format.
    end : float or None
        Second at which the file says that it ends; no gap leads beyond it, so that a damaged time stamp
        makes no hours of silence.
    """

    def __init__(self, container: str, end: float | None) -> None:
        self._is_timed = container in TIMED_CONTAINERS
        self._end = end
        self._shift = 0.0

    def gap_before(self, frame: AudioFrame, position: float) -> float:
        """Return the seconds of silence that a player counts before a frame.

        Parameters
        ----------
        frame : AudioFrame
            With its time stamp.
        position : float
            Seconds of sound and silence before it, so far.
        """
        if not self._is_timed or frame.pts is None or frame.time_base is None:
            return 0.0
        gap = float(frame.pts * frame.time_base) + self._shift - position
        if abs(gap) < SMALLEST_GAP:
            return 0.0
        if gap < 0 or self._end is None or position + gap > self._end:
            # A chained stream counts from zero again; other such time stamps are damaged.
            self._shift -= gap
            return 0.0
        return gap
