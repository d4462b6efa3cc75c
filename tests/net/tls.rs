//! HTTPS with a certificate of the operator's own.

use crate::harness::{Authority, Leads, NAME, curl, curl_tls, free_address, until};
use rustix::process::Signal;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

struct Own {
    folder: TempDir,
    authority: Authority,
}

impl Own {
    fn new() -> Self {
        let own = Self { folder: tempfile::tempdir().unwrap(), authority: Authority::new() };
        own.authority.issue_to(NAME, &own.file("chain.pem"), &own.file("key.pem"));
        own
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, args: &[&str]) -> Leads {
        let (chain, key) = (self.file("chain.pem"), self.file("key.pem"));
        let mut all =
            vec!["--tls-cert", chain.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        all.extend(args);
        Leads::start(&self.file("data"), &all)
    }
}

#[test]
fn it_speaks_https_in_both_versions_with_hsts_and_secure_cookies() {
    let own = Own::new();
    let leads = own.start(&[]);
    let root = own.authority.root();
    for (flag, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let got = curl_tls(leads.address, &root, "/healthz", &[flag]);
        assert_eq!((got.status, got.version.as_str()), (200, version), "{got:?}");
        assert!(got.text.contains("strict-transport-security: max-age=31536000"), "{got:?}");
    }
    // The origin is compared with the host, which HTTP/2 says elsewhere.
    let origin = format!("Origin: https://{NAME}:{}", leads.address.port());
    let json = "content-type: application/json";
    let login = |flag| {
        let body = r#"{"email":"demo@example.com","password":"wrong wrong wrong"}"#;
        let path = "/v1/identity/auth/login";
        curl_tls(leads.address, &root, path, &[flag, "-H", json, "-H", &origin, "-d", body])
    };
    assert_eq!(login("--http1.1").status, 401);
    assert_eq!(login("--http2").status, 401);
}

#[test]
fn a_cookie_given_over_tls_is_for_tls_only() {
    let own = Own::new();
    let leads = own.start(&["--demo"]);
    let login = leads.said.lines().find_map(|line| line.strip_prefix("Sign in with ")).unwrap();
    let (email, password) = login.split_once(" and the password ").unwrap();
    let body = format!(r#"{{"email":"{email}","password":"{password}"}}"#);
    let origin = format!("Origin: https://{NAME}:{}", leads.address.port());
    let args = ["-H", "content-type: application/json", "-H", &origin, "-d", &body];
    let got = curl_tls(leads.address, &own.authority.root(), "/v1/identity/auth/login", &args);
    assert_eq!(got.status, 200, "{got:?}");
    let cookie = got.text.lines().find(|line| line.starts_with("set-cookie:")).unwrap();
    assert!(cookie.contains("; secure"), "{cookie}");
}

#[test]
fn plain_http_is_sent_to_https_but_health_is_answered() {
    let own = Own::new();
    let redirect = free_address();
    let leads = own.start(&["--http-addr", &redirect.to_string()]);
    let port = leads.address.port();
    for address in [redirect, leads.address] {
        let got = curl(&[&format!("http://{address}/setup?a=b"), "-H", "Host: leads.test"]);
        assert_eq!(got.status, 301, "{got:?}");
        let location = format!("location: https://{NAME}:{port}/setup?a=b\r\n");
        assert!(got.text.contains(&location), "{got:?}");
        assert!(!got.text.contains("strict-transport-security"), "{got:?}");
        let got = curl(&[&format!("http://{address}/webhooks/leads/k"), "-d", "name=Ada"]);
        assert_eq!(got.status, 308, "{got:?}");
        assert_eq!(curl(&[&format!("http://{address}/readyz")]).status, 200);
    }
    assert!(leads.is_healthy());
}

#[test]
fn new_files_are_taken_on_sighup_once_they_fit_together() {
    let own = Own::new();
    let leads = own.start(&[]);
    let (first, second) = (&own.authority, Authority::new());
    let serves = |authority: &Authority| {
        curl_tls(leads.address, &authority.root(), "/healthz", &[]).status == 200
    };
    assert!(serves(first) && !serves(&second));

    // A chain whose key is not there yet changes nothing.
    second.issue_to(NAME, &own.file("chain.pem"), &own.file("elsewhere"));
    leads.signal(Signal::HUP);
    std::thread::sleep(Duration::from_millis(500));
    assert!(serves(first), "the certificate in use went away");

    std::fs::copy(own.file("elsewhere"), own.file("key.pem")).unwrap();
    leads.signal(Signal::HUP);
    until(Duration::from_secs(5), "the new certificate", || serves(&second));
    assert!(!serves(first));
}

#[test]
fn new_files_are_noticed_without_a_signal() {
    let own = Own::new();
    let leads = own.start(&[]);
    let second = Authority::new();
    second.issue_to(NAME, &own.file("chain.pem"), &own.file("key.pem"));
    until(Duration::from_secs(45), "the new certificate", || {
        curl_tls(leads.address, &second.root(), "/healthz", &[]).status == 200
    });
}

#[test]
fn files_that_are_no_good_are_refused_at_start() {
    let own = Own::new();
    let refused = |chain: &str, key: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_leads"))
            .args(["serve", "--addr", "127.0.0.1:0", "--data"])
            .arg(own.file("data"))
            .arg("--tls-cert")
            .arg(own.file(chain))
            .arg("--tls-key")
            .arg(own.file(key))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    own.authority.issue_to(NAME, &own.file("other.pem"), &own.file("other.key"));
    assert!(refused("chain.pem", "other.key").contains("chain.pem cannot be used"));
    assert!(refused("absent.pem", "key.pem").contains("absent.pem cannot be used"));
    assert!(refused("key.pem", "key.pem").contains("no certificate in"));
}
