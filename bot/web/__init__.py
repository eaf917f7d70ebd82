"""The ASGI application: webhooks, health, metrics, the sandbox page."""
