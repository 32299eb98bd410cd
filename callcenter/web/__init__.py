"""What every room's HTTP side stands on: identity, permissions, error shape, paging, OpenAPI."""
