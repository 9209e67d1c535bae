"""What ``twistd`` finds: the command ``konbinid``. Neither folder above may be a package."""

from twisted.application.service import ServiceMaker

konbinid = ServiceMaker(
    "konbinid",
    "konbinid.tap",
    "Issues certificates at convenience-store kiosks.",
    "konbinid",
)
