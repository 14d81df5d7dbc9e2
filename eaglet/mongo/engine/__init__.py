"""The database engine: django-mongodb-backend, with errors of a type, and safe over fork."""
