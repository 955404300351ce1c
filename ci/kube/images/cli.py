"""The command line of `ci/image`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kube.cache import exclusive
from kube.errors import ClusterError
from kube.images.build import REPOSITORY, TAGS, build_images
from kube.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCK_S = 1800

DESCRIPTION = """\
Build the images of the Dockerfile: with Docker where its engine answers; else
with buildah (as root), on base images made of Debian packages, so that no
registry is needed.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build; 0 is success, 1 a failure, 2 wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.tag and not options.target:
        parser.error("--tag needs --target")
    targets = [options.target] if options.target else list(TAGS)
    given = {"BASE": options.base, "BUILD_BASE": options.build_base}
    try:
        with exclusive("image", timeout_s=LOCK_S):
            build_images(
                {target: options.tag or TAGS[target] for target in targets},
                bases={name: image for name, image in given.items() if image},
                source=options.source,
                steps=Steps(),
            )
    except ClusterError as error:
        print(error.render(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ci/image",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--target", choices=list(TAGS), help="build this one (default: all)")
    names = ", ".join(TAGS.values())
    parser.add_argument("--tag", metavar="NAME", help=f"name of the target's image ({names})")
    parser.add_argument("--base", metavar="IMAGE", help="what the image stands on (ARG BASE)")
    parser.add_argument(
        "--build-base", metavar="IMAGE", help="where its parts are built (ARG BUILD_BASE)"
    )
    parser.add_argument(
        "--source",
        metavar="DIR",
        type=Path,
        default=REPOSITORY,
        help="folder of the Dockerfile (default: this repository)",
    )
    return parser
