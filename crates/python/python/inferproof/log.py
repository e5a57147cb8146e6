"""The logger ``inferproof``: silent unless the application listens to it.

``INFO`` tells what was compiled, proven and accepted, ``WARNING`` what was rejected or saturates, ``DEBUG`` each stage of the work. Values
of tensors are never logged, but for the one that lies farthest beyond a range.
"""

from __future__ import annotations

import logging

__all__ = ["logger"]

logger = logging.getLogger("inferproof")
# Without a handler, Python would print warnings on standard error.
logger.addHandler(logging.NullHandler())
