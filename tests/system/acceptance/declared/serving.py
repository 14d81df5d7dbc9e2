"""What a server may get wrong: what arrives, what is done at once, and whose call is whose."""

import hashlib
import os
import time
from pathlib import Path

from eaglet.api import ApiError, ApiResource, param_required
from eaglet.observability import tracing

MEETING_SECONDS = 60


class AMeeting(ApiResource):
    app = "serving"
    resource = "meeting"

    @param_required(["folder", "place", "places:int"])
    def get(args):
        """Answer when as many calls as there are places are being answered."""
        folder = Path(args["folder"])
        (folder / args["place"]).touch()
        deadline = time.monotonic() + MEETING_SECONDS
        while len(os.listdir(folder)) < args["places"]:
            if time.monotonic() > deadline:
                raise ApiError("the others do not come")
            time.sleep(0.02)
        return {"process": os.getpid(), "request_id": tracing.current().request_id}


class AnUpload(ApiResource):
    app = "serving"
    resource = "upload"

    @param_required(["photo", "title"])
    def post(args):
        return [args["title"], hashlib.sha256(args["photo"].read()).hexdigest()]
