"""The SOAP port: the certificate centre's requests come in here and answers go out."""
