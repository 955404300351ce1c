"""What stands behind `python ci/bench`."""
