//! A certificate authority of one life of one machine, and a certificate of it for each host that a program there asks for.
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::{
    ServerConfig, ServerConnection,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::NoServerSessionStorage,
};
use std::{collections::BTreeMap, sync::Arc};

/// Limit: hosts whose certificate is kept.
const HOSTS_MAX: usize = 64;

pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    /// The one key of all certificates: they differ in the host's name.
    key: KeyPair,
    provider: Arc<rustls::crypto::CryptoProvider>,
    hosts: BTreeMap<String, Arc<ServerConfig>>,
}

impl Authority {
    pub fn new() -> Authority {
        let own = generated();
        let mut params = params("peerd, inside this machine");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign].into();
        let certificate = params.self_signed(&own).expect("our own words make a certificate").pem();
        let (issuer, provider) = (Issuer::new(params, own), Arc::new(ring::default_provider()));
        Authority { issuer, certificate, key: generated(), provider, hosts: BTreeMap::new() }
    }

    /// As PEM: what the machine trusts.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The server's end of a connection to this host; none: it is no host.
    pub fn accept(&mut self, host: &str) -> Option<ServerConnection> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if !self.hosts.contains_key(host) {
            let config = Arc::new(self.config(host)?);
            if self.hosts.len() >= HOSTS_MAX {
                self.hosts.clear();
            }
            self.hosts.insert(host.into(), config);
        }
        let mut connection = ServerConnection::new(Arc::clone(&self.hosts[host])).ok()?;
        // What is written is taken at once.
        connection.set_buffer_limit(None);
        Some(connection)
    }

    fn config(&self, host: &str) -> Option<ServerConfig> {
        let mut params = params("peerd");
        params.subject_alt_names = CertificateParams::new([host.to_string()]).ok()?.subject_alt_names;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = [KeyUsagePurpose::DigitalSignature].into();
        params.extended_key_usages = [ExtendedKeyUsagePurpose::ServerAuth].into();
        let certificate: CertificateDer<'static> = params.signed_by(&self.key, &self.issuer).ok()?.der().clone();
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).ok()?;
        let versions = ServerConfig::builder_with_provider(Arc::clone(&self.provider)).with_safe_default_protocol_versions().ok()?;
        let mut config = versions.with_no_client_auth().with_single_cert([certificate].into(), key).ok()?;
        config.alpn_protocols = [b"http/1.1".to_vec()].into();
        // A session that is gone on with would need a clock and a store.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Some(config)
    }
}

fn generated() -> KeyPair {
    KeyPair::generate().expect("the world has random numbers")
}

/// For all the time that a machine's clock may show.
fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut words = DistinguishedName::new();
    words.push(DnType::CommonName, name);
    params.distinguished_name = words;
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2049, 12, 31));
    params
}
