//! Node's `pfx` option: a PKCS#12 file with a client's certificate, its key and, often, the issuing authority.

use crate::config::{Properties, SslOptions};
use crate::error::KafkaError;
use openssl::base64;
use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;

/// A PKCS#12 file in Base64 as properties. As in Node, authorities in it are trusted as well as `ca`.
pub fn properties(pfx: &str, ssl: &SslOptions) -> Result<Properties, KafkaError> {
  let refused = |error: ErrorStack| {
    let reason = error.errors().last().and_then(|last| last.reason()).unwrap_or("unknown format").to_owned();
    KafkaError::invalid_config(format!("sslOptions.pfx cannot be read with sslOptions.passphrase: {reason}"))
  };
  let der = base64::decode_block(pfx).map_err(refused)?;
  let parsed = Pkcs12::from_der(&der)
    .and_then(|file| file.parse2(ssl.passphrase.as_deref().unwrap_or_default()))
    .map_err(refused)?;
  let (Some(cert), Some(key)) = (parsed.cert, parsed.pkey) else {
    return Err(KafkaError::invalid_config("sslOptions.pfx has no certificate, or no private key".into()));
  };
  let mut chain = String::new();
  for authority in parsed.ca.iter().flatten() {
    chain.push_str(&text(authority.to_pem().map_err(refused)?));
  }
  let mut properties = vec![
    ("ssl.certificate.pem", text(cert.to_pem().map_err(refused)?) + &chain),
    ("ssl.key.pem", text(key.private_key_to_pem_pkcs8().map_err(refused)?)),
  ];
  if !chain.is_empty() {
    let trusted = ssl.ca.as_deref().unwrap_or_default();
    properties.push(("ssl.ca.pem", format!("{}\n{chain}", trusted.trim_end())));
  }
  Ok(properties)
}

/// PEM is ASCII.
fn text(pem: Vec<u8>) -> String {
  String::from_utf8_lossy(&pem).into_owned()
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::config::SslOptions;

  fn options(passphrase: &str) -> SslOptions {
    serde_json::from_value(serde_json::json!({ "passphrase": passphrase, "rejectUnauthorized": true })).unwrap()
  }

  #[test]
  fn what_is_no_pkcs12_file_is_refused_without_the_passphrase() {
    let error = properties(&base64::encode_block(b"no such file"), &options("marker")).unwrap_err();
    assert!(error.message.contains("sslOptions.pfx"), "{}", error.message);
    assert!(!error.message.contains("marker"), "{}", error.message);
  }

  #[test]
  fn certificate_key_and_authorities_become_pem() {
    let (authority, authority_key) = certificate("authority");
    let (cert, key) = certificate("client");
    let mut authorities = openssl::stack::Stack::new().unwrap();
    authorities.push(authority).unwrap();
    let file = Pkcs12::builder().pkey(&key).cert(&cert).ca(authorities).build2("secret").unwrap();
    drop(authority_key);
    let pfx = base64::encode_block(&file.to_der().unwrap());
    let found = properties(&pfx, &options("secret")).unwrap();
    let value = |name: &str| found.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone()).unwrap();
    assert_eq!(value("ssl.certificate.pem").matches("BEGIN CERTIFICATE").count(), 2);
    assert!(value("ssl.key.pem").contains("BEGIN PRIVATE KEY"));
    assert_eq!(value("ssl.ca.pem").matches("BEGIN CERTIFICATE").count(), 1);
    assert!(properties(&pfx, &options("wrong")).is_err());
  }

  fn certificate(name: &str) -> (openssl::x509::X509, openssl::pkey::PKey<openssl::pkey::Private>) {
    use openssl::{asn1::Asn1Time, ec, hash::MessageDigest, nid::Nid, pkey::PKey, x509};
    let group = ec::EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(ec::EcKey::generate(&group).unwrap()).unwrap();
    let mut subject = x509::X509NameBuilder::new().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut builder = x509::X509Builder::new().unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
  }
}
