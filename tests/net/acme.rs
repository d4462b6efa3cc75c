//! HTTPS with a certificate that the server fetches, keeps and renews by itself.

use crate::authority::Acme;
use crate::harness::{Authority, Leads, NAME, curl, curl_tls, free_address, until};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Starts a server for [`NAME`]; it must be at the address that the authority looks at.
fn start(acme: &Acme, address: SocketAddr, data: &Path, args: &[&str]) -> Leads {
    let (directory, root) = (acme.directory(), acme.root());
    let mut command = Command::new(env!("CARGO_BIN_EXE_leads"));
    command.env("LEADS_TLS_DOMAIN", NAME);
    let mut all = vec!["--tls-acme-directory", &directory];
    all.extend(["--tls-acme-root", root.to_str().unwrap(), "--tls-contact", "ada@example.com"]);
    all.extend(args);
    Leads::start_at(command, address, data, &all)
}

fn version_of(address: SocketAddr, root: &Path) -> String {
    curl_tls(address, root, "/readyz", &[]).version
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_fetched_kept_and_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let (address, redirect) = (free_address(), free_address());
    let acme = Acme::open(Authority::new(), address, 0).await;
    let leads = start(&acme, address, folder.path(), &["--http-addr", &redirect.to_string()]);
    let is_served = || version_of(address, &acme.root()) == "2";
    until(Duration::from_secs(20), "the first certificate", is_served);
    assert_eq!(acme.dealings().contact, serde_json::json!(["mailto:ada@example.com"]));
    assert_eq!(acme.dealings().orders, 1);

    let got = curl_tls(address, &acme.root(), "/healthz", &[]);
    assert!(got.text.contains("strict-transport-security: max-age=31536000"), "{got:?}");
    for host in [NAME, "elsewhere.test"] {
        let got = curl(&[&format!("http://{redirect}/leads"), "-H", &format!("Host: {host}")]);
        assert_eq!(got.status, 301, "{got:?}");
        assert!(got.text.contains(&format!("location: https://{NAME}/leads\r\n")), "{got:?}");
    }

    let kept = folder.path().join("tls");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&kept), 0o700);
    let files: Vec<_> =
        std::fs::read_dir(&kept).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "an account and a certificate with their keys: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(leads);
    // The next start needs no authority.
    acme.close();
    let _leads = start(&acme, address, folder.path(), &[]);
    until(Duration::from_secs(5), "the kept certificate", is_served);
    assert_eq!(acme.dealings().orders, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_about_to_end_is_renewed_while_it_serves() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let acme = Acme::open(Authority::new(), address, 1).await;
    let leads = start(&acme, address, folder.path(), &["--http-addr", "127.0.0.1:0"]);
    until(Duration::from_secs(20), "the renewal", || acme.dealings().orders == 2);
    until(Duration::from_secs(20), "the new certificate", || {
        let url = format!("https://{NAME}:{}/", address.port());
        let resolve = format!("{NAME}:{}:127.0.0.1", address.port());
        let mut command = Command::new("curl");
        command.args(["-sv", "--cacert"]).arg(acme.root()).args(["--resolve", &resolve, &url]);
        let said = String::from_utf8_lossy(&command.output().unwrap().stderr).into_owned();
        let ends = said.lines().find(|line| line.contains("expire date:")).unwrap_or_default();
        // Three months ahead lie in another month, a day ahead at most in the next.
        let months = [0, 1].map(|ahead| {
            let date =
                Command::new("date").args(["-ud", &format!("{ahead} days"), "+%b %d"]).output();
            String::from_utf8(date.unwrap().stdout).unwrap().trim()[..3].to_owned()
        });
        !ends.is_empty() && !months.iter().any(|month| ends.contains(month.as_str()))
    });
    assert!(leads.is_healthy());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_authority_the_server_runs_and_tries_again() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let acme = Acme::open(Authority::new(), address, 0).await;
    acme.close();
    let leads = start(&acme, address, folder.path(), &["--http-addr", "127.0.0.1:0"]);
    assert_eq!(curl_tls(address, &acme.root(), "/healthz", &[]).status, 0);
    assert!(leads.is_healthy(), "health needs no certificate");
}
