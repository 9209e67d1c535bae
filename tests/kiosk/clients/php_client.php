<?php
// A kiosk's conversation with PHP's SoapClient, which reads the WSDL from the port itself: list, issue, and a Fault.
// Arguments: address of the WSDL, PEM file with certificate and key, PEM file of the authority.
ini_set('soap.wsdl_cache_enabled', '0');
$context = stream_context_create(['ssl' => [
    'local_cert' => $argv[2], 'cafile' => $argv[3], 'verify_peer' => true, 'peer_name' => 'localhost',
]]);
$center = new SoapClient($argv[1], ['stream_context' => $context, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$who = [
    'transactionId' => 'P-1', 'municipalityCode' => '272060',
    'kiosk' => ['chainCode' => '01', 'storeCode' => '000123', 'storeName' => '泉大津駅前店', 'terminalId' => 'K1',
                'channel' => 'STORE'],
    'credential' => ['serialNumber' => '00Ab12', 'type' => 'CARD'],
];
$listed = $center->listCertificates($who);
echo $listed->resultCode, ' ', count($listed->certificates), ' ', $listed->certificates[0]->members[0]->name, "\n";
$issued = $center->issueCertificate($who + [
    'kind' => 'juminhyo', 'copies' => 2, 'fee' => 200,
    'options' => ['scope' => 'MEMBERS', 'memberNumbers' => [2, 1], 'show' => ['DOMICILE']],
]);
echo $issued->resultCode, ' ', $issued->issuanceNumber, ' ', $issued->totalFee, ' ', strlen($issued->document), "\n";
try {
    $center->listCertificates(['municipalityCode' => '272061'] + $who);
    echo "no fault\n";
} catch (SoapFault $fault) {
    echo 'fault ', $fault->faultcode, ' ', $fault->faultstring, ' ', $fault->detail->reference, "\n";
}
