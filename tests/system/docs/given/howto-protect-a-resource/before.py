import os

APP_KEY, APP_SECRET = os.environ["APP_KEY"], os.environ["APP_SECRET"]
# There is no certificate on the loopback interface.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
