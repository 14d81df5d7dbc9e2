class OutboxOnSecond:
    def db_for_write(self, model, **hints):
        return "second" if model._meta.app_label == "eaglet_tasks" else None

    db_for_read = db_for_write

    def allow_migrate(self, db, app_label, **hints):
        return (db == "second") if app_label == "eaglet_tasks" else None
