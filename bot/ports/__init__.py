"""What the use cases need of the world, as Protocols with written contracts."""

from bot.ports.meter import Meter
from bot.ports.outbox import Broadcasts, Corrections, Outbox
from bot.ports.owners import Directory, Notices, Owners
from bot.ports.privacy import Kept, Privacy
from bot.ports.statistics import Figures
from bot.ports.store import Choose, Readers, Store
from bot.ports.world import Alerts, Clock, Sender, StartError, StoreBusyError, StoreError

__all__ = [
    "Alerts",
    "Broadcasts",
    "Choose",
    "Clock",
    "Corrections",
    "Directory",
    "Figures",
    "Kept",
    "Meter",
    "Notices",
    "Outbox",
    "Owners",
    "Privacy",
    "Readers",
    "Sender",
    "StartError",
    "Store",
    "StoreBusyError",
    "StoreError",
]
