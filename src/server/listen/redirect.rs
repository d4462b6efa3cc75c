//! What plain HTTP gets where HTTPS is spoken: the way there. Health is answered, since whoever asks for it
//! (a container's check, on this machine) has no business with certificates.

use crate::platform::App;
use crate::server::health;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Where to send people.
struct Target {
    /// Names that are ours.
    names: Vec<String>,
    public_url: Option<String>,
    /// The port of HTTPS.
    port: u16,
}

/// The router for plain requests. `names` are those of the certificate, when they are known.
pub fn router(app: App, names: Vec<String>, port: u16) -> Router {
    let public_url = app.settings.public_url.clone();
    let target = Arc::new(Target { names, public_url, port });
    let elsewhere = Router::new().fallback(send).with_state(target);
    health::plain(app).fallback_service(elsewhere)
}

async fn send(
    State(target): State<Arc<Target>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let Some(base) = target.base(host) else {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    };
    let status = if method == Method::GET || method == Method::HEAD {
        StatusCode::MOVED_PERMANENTLY
    } else {
        StatusCode::PERMANENT_REDIRECT
    };
    (status, [(header::LOCATION, format!("{base}{path}"))]).into_response()
}

impl Target {
    /// The installation's address under the name that was asked for, when that is ours.
    fn base(&self, host: Option<&str>) -> Option<String> {
        let name = host.map(without_port).filter(|name| is_name(name));
        let Some(public_url) = &self.public_url else {
            let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
            return name.map(|name| format!("https://{name}{port}"));
        };
        let ours = name.filter(|name| self.names.iter().any(|n| n.eq_ignore_ascii_case(name)));
        let usual = public_url.split_once("://").map_or("", |(_, host)| host);
        Some(match ours {
            Some(name) => format!("https://{name}{}", &usual[without_port(usual).len()..]),
            None => public_url.clone(),
        })
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c))
}

/// `host:port` without the port; an IPv6 address keeps its brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(names: &[&str], public_url: Option<&str>, port: u16, host: &str) -> Option<String> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Target { names, public_url: public_url.map(str::to_owned), port }.base(Some(host))
    }

    #[test]
    fn people_are_sent_to_a_name_that_is_ours() {
        let fetched =
            |host| base(&["a.example", "b.example"], Some("https://a.example"), 8443, host);
        assert_eq!(fetched("a.example").as_deref(), Some("https://a.example"));
        assert_eq!(fetched("B.example:80").as_deref(), Some("https://B.example"));
        assert_eq!(fetched("evil.example").as_deref(), Some("https://a.example"));

        let own = |port, host| base(&[], None, port, host);
        assert_eq!(own(443, "c.example:80").as_deref(), Some("https://c.example"));
        assert_eq!(own(8443, "[::1]:80").as_deref(), Some("https://[::1]:8443"));
        assert_eq!(own(443, "evil.example/x?"), None);
        let moved =
            base(&["a.example", "b.example"], Some("https://a.example:444"), 443, "b.example");
        assert_eq!(moved.as_deref(), Some("https://b.example:444"));
        let set = base(&[], Some("https://c.example:444"), 8443, "10.0.0.1");
        assert_eq!(set.as_deref(), Some("https://c.example:444"));
    }
}
