"""What a run is watched by: progress and looks, alarms, probes, the signs that show in a group."""
