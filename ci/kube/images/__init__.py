"""What stands behind `ci/image`: the Dockerfile's images, built where no registry is needed."""
