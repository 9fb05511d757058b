"""What ``gunicorn wsgi:app`` takes from here, however it is started."""

limit_request_line = 8190  # 500 ids, the most that /api/v1/tracks takes, do not fit into the usual 4094
