"""The demo city, the centre and the kiosk: they speak to the doors only."""
