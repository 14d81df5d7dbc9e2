INSTALLED_APPS += ["members"]
