"""What the member service publishes."""

from eaglet.tasks import emits

POINTS_CHANGED = emits("points.changed", ["member_id:int", "current_integral:int"])
