from urllib.parse import unquote, urlsplit

ENGINES = {
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
}


def database(url):
    """The entry of DATABASES for a URL."""
    parts = urlsplit(url)
    if parts.scheme == "mysql":
        import pymysql  # noqa: PLC0415 - the other databases do without

        # The driver that Django asks for has to be compiled.
        pymysql.install_as_MySQLdb()
    return {
        "ENGINE": ENGINES[parts.scheme],
        "NAME": parts.path.removeprefix("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }
