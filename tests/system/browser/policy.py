def strict_policy(get_response):
    """Middleware: nothing inline, nothing from elsewhere."""

    def respond(request):
        response = get_response(request)
        response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' data:"
        return response

    return respond
