"""The frameworks that are compared, each with the same resource: its URL patterns."""

from collections.abc import Callable, Sequence

URL_PATTERNS = list
NOT_COUNTED = "eaglet, not counted"
"""With EAGLET_METRICS = False."""


def _envelope(data: dict) -> dict:
    return {"code": 200, "data": data, "errMsg": "", "innerErrMsg": ""}


def _values(query) -> dict:
    return {"id": int(query["id"]), "name": query["name"], "price": float(query["price"])}


def plain() -> URL_PATTERNS:
    """A function view, JsonResponse, no middleware."""
    from django.http import JsonResponse
    from django.urls import path

    def data(request):
        try:
            values = _values(request.GET)
        except (KeyError, ValueError) as error:
            return JsonResponse({"code": 400, "errMsg": str(error)}, status=400)
        return JsonResponse(_envelope(values))

    return [path("job/a/", data)]


def constant() -> URL_PATTERNS:
    """Django answering with bytes that stand ready: what a view can't go below."""
    from django.http import HttpResponse
    from django.urls import path

    def data(request):
        return HttpResponse(b'{"code":200}', content_type="application/json")

    return [path("job/a/", data)]


def eaglet() -> URL_PATTERNS:
    return _eaglet()


def eaglet_100() -> URL_PATTERNS:
    return _eaglet(100)


def eaglet_1000() -> URL_PATTERNS:
    return _eaglet(1000)


def _eaglet(resources: int = 1) -> URL_PATTERNS:
    from django.urls import include, path

    from eaglet.api import ApiResource, param_required

    def declare(name: str) -> None:
        class Data(ApiResource):
            app = "job"
            resource = name

            @param_required(["id:int", "name", "price:float"])
            def get(args):
                return {"id": args["id"], "name": args["name"], "price": args["price"]}

    for number in range(1, resources):
        declare(f"other{number}")
    declare("a")
    return [path("", include("eaglet.api.urls"))]


def drf() -> URL_PATTERNS:
    """Django REST framework's APIView, parsing by hand."""
    from django.urls import path
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Data(APIView):
        def get(self, request):
            return Response(_envelope(_values(request.query_params)))

    return [path("job/a/", Data.as_view())]


def drf_serializer() -> URL_PATTERNS:
    from django.urls import path
    from rest_framework import serializers
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Sent(serializers.Serializer):
        id = serializers.IntegerField()
        name = serializers.CharField()
        price = serializers.FloatField()

    class Data(APIView):
        def get(self, request):
            sent = Sent(data=request.query_params)
            sent.is_valid(raise_exception=True)
            return Response(_envelope(dict(sent.validated_data)))

    return [path("job/a/", Data.as_view())]


def ninja() -> URL_PATTERNS:
    from django.urls import path
    from ninja import NinjaAPI

    api = NinjaAPI(docs_url=None, openapi_url=None)

    def data(request, id: int, name: str, price: float):
        return _envelope({"id": id, "name": name, "price": price})

    api.get("job/a/")(data)
    return [path("", api.urls)]


JOB_A: dict[str, Callable[[], URL_PATTERNS]] = {
    "plain Django": plain,
    "Django, a constant": constant,
    "eaglet": eaglet,
    NOT_COUNTED: eaglet,
    "eaglet, 100 resources": eaglet_100,
    "eaglet, 1,000 resources": eaglet_1000,
    "DRF, by hand": drf,
    "DRF, Serializer": drf_serializer,
    "django-ninja": ninja,
}


def patterns(contestant: str) -> Sequence:
    return JOB_A[contestant]()
