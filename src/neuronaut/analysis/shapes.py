"""Names for array shapes in annotations, such as ``Float[np.ndarray, "sample unit"]``.

Annotations are never evaluated in production, and jaxtyping is a development dependency: the names are there for the
type checker, and for tests, which import jaxtyping first and then check every shape at run time.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Int as Int
    from jaxtyping import Num as Num
    from jaxtyping import Shaped as Shaped
else:
    Bool = Float = Int = Num = Shaped = None
