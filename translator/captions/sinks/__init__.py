"""Destinations of captions: OBS, Zoom, YouTube Live, Teams, vMix, a webhook, a file."""
