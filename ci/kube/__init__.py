"""What stands behind `ci/cluster` and `ci/image`. Standard library alone: it runs first."""
