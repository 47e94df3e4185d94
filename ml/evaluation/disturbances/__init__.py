"""What happens to recordings: each disturbance is a function (samples, rate, random) → samples, of mono samples
(samples,) with full scale 1.0, at `rate` Hz. The length stays, but where time itself is changed."""
