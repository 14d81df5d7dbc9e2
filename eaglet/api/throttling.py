"""The project's throttles, where a view is no resource and no permission applies to it."""

from django.http import HttpRequest
from rest_framework.views import APIView

from eaglet.api.request.drf import FromProject, wrap


class _ProjectThrottles(APIView):
    """Django REST framework's throttles, if the project names any."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = FromProject("DEFAULT_THROTTLE_CLASSES", ())


def check_project_throttles(request: HttpRequest) -> None:
    """Count a request with the throttles that REST_FRAMEWORK names; Throttled if one refuses."""
    view = _ProjectThrottles()
    if view.throttle_classes:
        view.check_throttles(wrap(request))
