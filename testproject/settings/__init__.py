"""The settings of each service of the test project; `base` is what they have in common.

A service is chosen as with any project of several settings: by DJANGO_SETTINGS_MODULE, or
`manage.py … --settings testproject.settings.member`. `manage.py` alone runs `api`.
"""
