"""What schemathesis cannot know: how the bytes of an answer are taken apart, and that blocks are no answers."""

from __future__ import annotations

from typing import Any

import schemathesis
from asgi_client import head


@schemathesis.deserializer("application/octet-stream")
def taken_apart(context: schemathesis.DeserializationContext, response: schemathesis.Response) -> Any:
    return head(response.content)[0]
