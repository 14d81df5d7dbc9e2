import datetime

from eaglet.tasks import send_task

member_id = 7
tomorrow_morning = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
