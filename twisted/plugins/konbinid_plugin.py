"""What ``twistd`` finds: the commands ``konbinid`` and ``konbinid-relay``. Neither folder above may be a package."""

from twisted.application.service import ServiceMaker

konbinid = ServiceMaker(
    "konbinid",
    "konbinid.tap",
    "Issues certificates at convenience-store kiosks.",
    "konbinid",
)
konbinid_relay = ServiceMaker(
    "konbinid-relay",
    "konbinid.relay_tap",
    "Brings the core systems' files from the city hall to konbinid.",
    "konbinid-relay",
)
