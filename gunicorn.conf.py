"""What ``gunicorn wsgi:app`` takes from here, however it is started."""

import sys

worker_class = "app.web.serving.ServingWorker"
threads = 16  # unless --threads says otherwise; some requests hold one for a while
worker_connections = 400  # of each process; with their files fewer than the 1024 that systems let one open


def on_starting(server) -> None:  # noqa: ANN001 - gunicorn calls it
    """Refuse a port that no browser opens."""
    from app.errors import InputError  # noqa: PLC0415 - in the serving process only
    from app.web.ports import check_port  # noqa: PLC0415

    for address in server.cfg.address:
        if isinstance(address, tuple):
            try:
                check_port(address[1])
            except InputError as error:
                print(f"Error: {error}", file=sys.stderr)  # noqa: T201
                sys.exit(error.exit_code)


def post_worker_init(worker) -> None:  # noqa: ANN001 - gunicorn calls it
    """Start the workers of jobs together with the server, not only with its first request."""
    from app.web.workers import start  # noqa: PLC0415 - in the serving process only

    start(worker.wsgi)
