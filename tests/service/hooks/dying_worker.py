"""A worker to be killed: sends what is due at the database that it is given, with a receiver that never answers."""

from __future__ import annotations

import asyncio
import sys

from callcenter.clock import utc_now
from callcenter.db import Database
from callcenter.hooks.sender import Sender
from callcenter.setting_groups import HooksSettings

SETTINGS = HooksSettings(timeout_s=5, allowed_networks=("127.0.0.0/8",))

if __name__ == "__main__":
    asyncio.run(Sender(Database(sys.argv[1]), utc_now, SETTINGS).run())
