"""Where readers are: the time zone of a city however it is spelled, or of a point; what a zone is called.

Cities come from GeoNames (CC BY 4.0) and names of zones from Unicode CLDR: see NOTICE. `make cities` makes them anew.
"""

from bot.places.finding import Places
from bot.places.locating import zone_at
from bot.places.naming import Place, zone_name

__all__ = ["Place", "Places", "zone_at", "zone_name"]
