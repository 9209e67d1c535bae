"""konbinid: the certificate-issuing daemon of a municipality's convenience-store service (コンビニ交付)."""
