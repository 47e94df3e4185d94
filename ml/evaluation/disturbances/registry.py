"""Every disturbance by name."""

from __future__ import annotations

from ml.evaluation.disturbances.band import band
from ml.evaluation.disturbances.gain import gain
from ml.evaluation.disturbances.hall import hall
from ml.evaluation.disturbances.lossy import lossy
from ml.evaluation.disturbances.noise import hum, noise
from ml.evaluation.disturbances.signal import Disturbance
from ml.evaluation.disturbances.trim import trim
from ml.evaluation.disturbances.vocoder import pitch, tempo

DISTURBANCES: dict[str, Disturbance] = {
    "gain -12 dB": gain(-12),
    "gain +6 dB": gain(6),
    "mp3 64 kbit/s": lossy("mp3", 64),
    "mp3 32 kbit/s": lossy("mp3", 32),
    "aac 32 kbit/s": lossy("aac", 32),
    "band 200-4000 Hz": band(200, 4000),
    "noise 20 dB": noise(20),
    "noise 10 dB": noise(10),
    "hum 20 dB": hum(20),
    "hall 2 s": hall(2.0, 0.0),
    "pitch +1 semitone": pitch(1),
    "pitch -1 semitone": pitch(-1),
    "tempo +10 %": tempo(1.1),
    "tempo -10 %": tempo(0.9),
    "trim 5 s": trim(5.0),
}
