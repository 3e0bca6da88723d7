"""Figures as a picture. Pillow is imported when one is drawn, so that the bot starts without it."""

from bot.charts.statistics import draw

__all__ = ["draw"]
