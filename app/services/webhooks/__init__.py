"""Webhooks: events that are sent to an address, signed, again and again until it has taken them."""

from app.services.webhooks.delivery import SendReport, send_due, send_once
from app.services.webhooks.outbox import enqueue, retry_delivery
from app.services.webhooks.targets import check_target

__all__ = ["SendReport", "check_target", "enqueue", "retry_delivery", "send_due", "send_once"]
