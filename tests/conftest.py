"""Settings that every test shares."""

import os

from hypothesis import HealthCheck, settings

# Two test processes on two cores: a torch that starts more threads only makes them wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

SHARED = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", SHARED)
settings.register_profile("ci", SHARED, derandomize=True, print_blob=True)
settings.register_profile("thorough", SHARED, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "fast"))
