INSTALLED_APPS += ["points"]
