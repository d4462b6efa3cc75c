//! A small certificate authority that speaks ACME (RFC 8555) and looks by TLS-ALPN-01 (RFC 8737).

use crate::harness::{Authority, NAME};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use data_encoding::BASE64URL_NOPAD as BASE64;
use leads::server::listen::{self, Speaks, tls};
use rcgen::CertificateSigningRequestParams;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, CertificateSigningRequestDer, ServerName, UnixTime,
};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

/// What has happened between the authority and its one customer.
#[derive(Default)]
pub struct Dealings {
    nonces: Vec<String>,
    issued_nonces: usize,
    thumbprint: String,
    pub contact: Value,
    is_proved: bool,
    chain: Option<String>,
    pub orders: usize,
}

pub struct Acme {
    authority: Authority,
    base: String,
    /// Where the customer's HTTPS is.
    customer: SocketAddr,
    /// How many certificates it issues that are about to end.
    old: usize,
    dealings: Mutex<Dealings>,
    stop: tokio::sync::watch::Sender<bool>,
}

type Shared = State<Arc<Acme>>;

impl Acme {
    /// Opens for business; `old` of the certificates will be about to end.
    pub async fn open(authority: Authority, customer: SocketAddr, old: usize) -> Arc<Self> {
        let files = tempfile::tempdir().unwrap();
        let (chain, key) = (files.path().join("chain"), files.path().join("key"));
        authority.issue_to("localhost", &chain, &key);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let dealings = Mutex::default();
        let acme = Arc::new(Self { authority, base, customer, old, dealings, stop });
        let routes = Router::new()
            .route("/directory", get(directory))
            .route("/nonce", get(|| async {}))
            .route("/account", post(account))
            .route("/order", post(order))
            .route("/order/1", post(order_now))
            .route("/authorization/1", post(authorization))
            .route("/challenge/1", post(challenge))
            .route("/finalize/1", post(finalize))
            .route("/certificate/{number}", post(certificate))
            .layer(axum::middleware::map_response_with_state(acme.clone(), give_nonce))
            .with_state(acme.clone());
        let speaks = Speaks::Tls(tls::own(&chain, &key).unwrap(), routes, Router::new());
        tokio::spawn(listen::serve(listener, speaks, 100, stopped));
        acme
    }

    pub fn directory(&self) -> String {
        format!("{}/directory", self.base)
    }

    pub fn root(&self) -> std::path::PathBuf {
        self.authority.root()
    }

    pub fn close(&self) {
        self.stop.send_replace(true);
    }

    pub fn dealings(&self) -> std::sync::MutexGuard<'_, Dealings> {
        self.dealings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The header and payload of a signed request, whose nonce is used up by it.
    fn read(&self, body: &str) -> (Value, Value) {
        let jws: Value = serde_json::from_str(body).unwrap();
        let part = |name: &str| BASE64.decode(jws[name].as_str().unwrap().as_bytes()).unwrap();
        let head: Value = serde_json::from_slice(&part("protected")).unwrap();
        let mut dealings = self.dealings();
        let nonce = dealings.nonces.iter().position(|nonce| head["nonce"] == **nonce);
        dealings.nonces.remove(nonce.expect("a nonce of ours, used once"));
        (head, serde_json::from_slice(&part("payload")).unwrap_or_default())
    }

    fn order(&self) -> Value {
        let dealings = self.dealings();
        let status = match (&dealings.chain, dealings.is_proved) {
            (Some(_), _) => "valid",
            (None, true) => "ready",
            (None, false) => "pending",
        };
        json!({
            "status": status, "identifiers": [{"type": "dns", "value": NAME}],
            "authorizations": [format!("{}/authorization/1", self.base)],
            "finalize": format!("{}/finalize/1", self.base),
            "certificate": format!("{}/certificate/{}", self.base, dealings.orders),
        })
    }

    /// Connects to the customer as RFC 8737 says; whether the certificate there holds the proof.
    async fn look(&self) -> bool {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().unwrap().dangerous();
        let mut config =
            builder.with_custom_certificate_verifier(Arc::new(Anything)).with_no_client_auth();
        config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
        let stream = tokio::net::TcpStream::connect(self.customer).await.unwrap();
        let name = ServerName::try_from(NAME).unwrap();
        let Ok(stream) = TlsConnector::from(Arc::new(config)).connect(name, stream).await else {
            return false;
        };
        let connection = stream.get_ref().1;
        assert_eq!(connection.alpn_protocol(), Some(b"acme-tls/1".as_slice()));
        let shown = connection.peer_certificates().unwrap()[0].clone();
        let authorization = format!("{TOKEN}.{}", self.dealings().thumbprint);
        // id-pe-acmeIdentifier, critical, an octet string of an octet string of the hash.
        let mut proof =
            b"\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x1f\x01\x01\xff\x04\x22\x04\x20".to_vec();
        proof.extend(Sha256::digest(authorization));
        shown.windows(proof.len()).any(|window| window == proof)
    }
}

async fn give_nonce(State(acme): Shared, mut response: Response) -> Response {
    let mut dealings = acme.dealings();
    dealings.issued_nonces += 1;
    let nonce = format!("nonce{}", dealings.issued_nonces);
    response.headers_mut().insert("replay-nonce", nonce.parse().unwrap());
    dealings.nonces.push(nonce);
    response
}

async fn directory(State(acme): Shared) -> Response {
    let at = |path: &str| format!("{}/{path}", acme.base);
    axum::Json(json!({
        "newNonce": at("nonce"), "newAccount": at("account"), "newOrder": at("order"),
    }))
    .into_response()
}

async fn account(State(acme): Shared, body: String) -> Response {
    let (head, payload) = acme.read(&body);
    let key = &head["jwk"];
    // RFC 7638: the members that matter, in the order of their names.
    let members = format!(
        r#"{{"crv":{},"kty":{},"x":{},"y":{}}}"#,
        key["crv"], key["kty"], key["x"], key["y"]
    );
    let mut dealings = acme.dealings();
    dealings.thumbprint = BASE64.encode(&Sha256::digest(members));
    dealings.contact = payload["contact"].clone();
    assert_eq!(payload["termsOfServiceAgreed"], true);
    created(&format!("{}/account/1", acme.base), json!({"status": "valid"}))
}

fn created(location: &str, body: Value) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(body)).into_response()
}

async fn order(State(acme): Shared, body: String) -> Response {
    let (_, payload) = acme.read(&body);
    assert_eq!(payload["identifiers"], json!([{"type": "dns", "value": NAME}]));
    {
        let mut dealings = acme.dealings();
        dealings.orders += 1;
        (dealings.is_proved, dealings.chain) = (false, None);
    }
    created(&format!("{}/order/1", acme.base), acme.order())
}

async fn order_now(State(acme): Shared, body: String) -> Response {
    acme.read(&body);
    axum::Json(acme.order()).into_response()
}

async fn authorization(State(acme): Shared, body: String) -> Response {
    acme.read(&body);
    let status = if acme.dealings().is_proved { "valid" } else { "pending" };
    let url = format!("{}/challenge/1", acme.base);
    axum::Json(json!({
        "status": status, "identifier": {"type": "dns", "value": NAME},
        "challenges": [{"type": "tls-alpn-01", "url": url, "token": TOKEN}],
    }))
    .into_response()
}

async fn challenge(State(acme): Shared, body: String) -> Response {
    acme.read(&body);
    let is_proved = acme.look().await;
    acme.dealings().is_proved = is_proved;
    axum::Json(json!({"type": "tls-alpn-01", "token": TOKEN})).into_response()
}

async fn finalize(State(acme): Shared, body: String) -> Response {
    let (_, payload) = acme.read(&body);
    assert!(acme.dealings().is_proved, "nothing is issued without proof");
    let request = BASE64.decode(payload["csr"].as_str().unwrap().as_bytes()).unwrap();
    let request = CertificateSigningRequestDer::from(request);
    let mut request = CertificateSigningRequestParams::from_der(&request).unwrap();
    let now = std::time::SystemTime::now();
    let day = std::time::Duration::from_secs(24 * 3600);
    let is_old = acme.dealings().orders <= acme.old;
    request.params.not_before = (now - if is_old { 89 * day } else { day }).into();
    request.params.not_after = (now + if is_old { day } else { 89 * day }).into();
    let leaf = request.signed_by(&acme.authority.certificate, &acme.authority.key).unwrap();
    acme.dealings().chain = Some(leaf.pem() + &acme.authority.certificate.pem());
    axum::Json(acme.order()).into_response()
}

async fn certificate(State(acme): Shared, Path(number): Path<usize>, body: String) -> Response {
    acme.read(&body);
    assert_eq!(number, acme.dealings().orders);
    acme.dealings().chain.clone().unwrap().into_response()
}

/// Believes any certificate: the authority wants to see what is shown.
#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
