"""One package per stage of the way from bars to verdict; stages meet in the catalog."""
