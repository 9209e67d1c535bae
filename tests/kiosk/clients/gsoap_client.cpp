/* A kiosk's conversation with code that gSOAP makes from the WSDL: list, issue, and a request that gets a Fault.
   Arguments: address, PEM file with key and certificate, PEM file of the authority. */
#include "soapCenterProxy.h"
#include "Center.nsmap"
#include <iostream>

static void fill(struct soap *soap, ns1__Kiosk *&kiosk, ns1__Credential *&credential)
{
  kiosk = soap_new_ns1__Kiosk(soap);
  kiosk->chainCode = "01";
  kiosk->storeCode = "000123";
  kiosk->storeName = "泉大津駅前店";
  kiosk->terminalId = "K1";
  kiosk->channel = ns1__Channel__STORE;
  credential = soap_new_ns1__Credential(soap);
  credential->serialNumber = "00Ab12";
  credential->type = ns1__CredentialType__CARD;
}

int main(int, char **argv)
{
  CenterProxy center(argv[1], SOAP_C_UTFSTRING | SOAP_IO_KEEPALIVE);
  soap_ssl_init();
  if (soap_ssl_client_context(center.soap, SOAP_SSL_DEFAULT, argv[2], NULL, argv[3], NULL, NULL))
  {
    soap_stream_fault(center.soap, std::cerr);
    return 1;
  }
  ns1__listCertificates list;
  ns1__listCertificatesResponse listed;
  list.transactionId = "G-1";
  list.municipalityCode = "272060";
  fill(center.soap, list.kiosk, list.credential);
  if (center.listCertificates(&list, listed) != SOAP_OK)
  {
    soap_stream_fault(center.soap, std::cerr);
    return 2;
  }
  std::cout << listed.resultCode << " " << listed.certificates.size() << " "
            << listed.certificates[0]->members[0]->name << std::endl;

  ns1__issueCertificate issue;
  ns1__issueCertificateResponse issued;
  issue.transactionId = "G-2";
  issue.municipalityCode = "272060";
  fill(center.soap, issue.kiosk, issue.credential);
  issue.kind = ns1__Kind__juminhyo;
  issue.copies = 2;
  issue.fee = 200;
  issue.options = soap_new_ns1__Options(center.soap);
  enum ns1__Scope scope = ns1__Scope__MEMBERS;
  issue.options->scope = &scope;
  issue.options->memberNumbers.push_back(2);
  issue.options->memberNumbers.push_back(1);
  issue.options->show.push_back(ns1__Switch__DOMICILE);
  if (center.issueCertificate(&issue, issued) != SOAP_OK)
  {
    soap_stream_fault(center.soap, std::cerr);
    return 3;
  }
  std::cout << issued.resultCode << " " << *issued.issuanceNumber << " " << *issued.totalFee << " "
            << issued.document->__size << std::endl;

  list.municipalityCode = "272061";
  int failed = center.listCertificates(&list, listed);
  const char **code = soap_faultcode(center.soap);
  const char **text = soap_faultstring(center.soap);
  std::cout << (failed ? "fault " : "no fault ") << (code && *code ? *code : "") << " " << (text && *text ? *text : "")
            << std::endl;
  center.destroy();
  return 0;
}
