"""Where the service's name is told."""


def test_the_admin_documents_and_metrics_have_the_service_s_name(admin_client, settings):
    settings.EAGLET_SERVICE_NAME = "points"
    page = admin_client.get("/admin/").content.decode()
    assert "points · Django administration" in page
    assert "| points · Django site admin</title>" in page
    assert admin_client.get("/openapi.json").json()["info"]["title"] == "points"
    assert (
        'eaglet_service_info{service="points"} 1.0' in admin_client.get("/metrics").content.decode()
    )
    assert 'data-service="points"' in admin_client.get("/console/").content.decode()
