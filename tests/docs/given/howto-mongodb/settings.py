INSTALLED_APPS += ["prices"]
