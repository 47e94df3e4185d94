"""What evaluations measured: written by the job, read by the API."""
