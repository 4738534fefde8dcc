//! Posting JSON over HTTP, by rustls with the system's certificates.

use std::{collections::BTreeMap, path::Path, sync::Once, time::Duration};

use reqwest::{
    Certificate, Client, Response, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT},
    redirect::Policy,
};

use super::{retry::Trouble, wrong};
use crate::{
    failure::{Failure, with_causes},
    files,
};

/// A file of certificates is not longer than this.
const MOST_OF_CERTIFICATES: u64 = 4 << 20;

/// So much of an answer is read.
const MOST_OF_AN_ANSWER: usize = 16 << 10;

/// So much of an answer that says what is wrong is shown.
const SHOWN: usize = 200;

/// Where to post, and how. Neither proxies of the environment nor redirects are followed: alerts go where the
/// configuration says.
#[derive(Debug)]
pub(super) struct Poster {
    client: Client,
    url: Url,
    /// For messages: what is before the path, which may hold a secret.
    place: String,
}

/// What the configuration says of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server<'a> {
    pub(super) url: &'a str,
    pub(super) timeout: Duration,
    pub(super) headers: &'a BTreeMap<String, String>,
    pub(super) ca_file: Option<&'a Path>,
}

impl Poster {
    /// Posts to the server's URL, and below it to `path`, where there is one.
    ///
    /// # Errors
    /// Which setting of the action of this name is wrong.
    pub(super) fn new(action: &str, server: Server<'_>, path: Option<&str>) -> Result<Self, Failure> {
        let mut url = url(action, server.url)?;
        if let Some(path) = path {
            let base = url.path().trim_end_matches('/').to_owned();
            url.set_path(&format!("{base}/{path}"));
        }
        if server.timeout.is_zero() {
            return Err(wrong(action, "timeout", "has to be longer than nothing, such as 10s"));
        }
        let place = url.origin().ascii_serialization();
        let client = client(action, server, url.scheme() == "https")?;
        Ok(Self { client, url, place })
    }

    /// Posts this JSON; done when the server has said that it has it.
    pub(super) async fn post(&self, json: Vec<u8>) -> Result<(), Trouble> {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(json);
        match request.send().await {
            Ok(response) => self.judge(response).await,
            Err(error) => Err(Trouble::passing(format!("{}: {}", self.place, with_causes(&error.without_url())))),
        }
    }

    async fn judge(&self, mut response: Response) -> Result<(), Trouble> {
        let (status, after) = (response.status(), retry_after(response.headers()));
        let answer = beginning(&mut response).await;
        if status.is_success() {
            return Ok(());
        }
        let text = format!("{} answered {status}{}", self.place, remark(status, &answer));
        Err(Trouble { text, again: is_passing(status), after })
    }
}

fn remark(status: StatusCode, answer: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&answer[..answer.len().min(SHOWN)]);
    match shown.trim() {
        _ if status.is_redirection() => " (redirects are not followed: give the final address)".to_owned(),
        "" => String::new(),
        words => format!(": {words}"),
    }
}

/// Read to its end where it is short, so that the connection can be used again; the client's time limit holds here, too.
async fn beginning(response: &mut Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < MOST_OF_AN_ANSWER
        && let Ok(Some(chunk)) = response.chunk().await
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

/// Whether the same request may be answered otherwise later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Duration::try_from(moment.duration_since(jiff::Timestamp::now())).ok()
}

fn url(action: &str, text: &str) -> Result<Url, Failure> {
    let why = |why| wrong(action, "url", format_args!("{why}, such as https://host:9093/path"));
    let url: Url = text.parse().map_err(|error| why(format!("is no address ({error}): give one")))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        other => Err(why(format!("begins with {other}:, and not with http:// or https://: give an address"))),
    }
}

fn client(action: &str, server: Server<'_>, tls: bool) -> Result<Client, Failure> {
    use_ring();
    let builder = Client::builder()
        .timeout(server.timeout)
        .default_headers(headers(action, server.headers)?)
        .no_proxy()
        .redirect(Policy::none())
        .pool_max_idle_per_host(1);
    let certificates = server.ca_file.map(|file| certificates(action, file)).transpose()?.unwrap_or_default();
    // Without TLS no host needs to have certificates.
    let builder = if tls { builder.tls_certs_merge(certificates) } else { builder.tls_certs_only(certificates) };
    builder.build().map_err(|error| wrong(action, "url", format_args!("cannot be used: {}", with_causes(&error))))
}

/// The cryptography that rustls uses in all of nbw.
pub(super) fn use_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Somebody else's choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn headers(action: &str, configured: &BTreeMap<String, String>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("nbw/", env!("CARGO_PKG_VERSION"))));
    for (name, value) in configured {
        let bad = |what| wrong(action, "headers", format_args!("has {what} that HTTP does not allow: {name:?}"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("a name"))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| bad("a value"))?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

fn certificates(action: &str, file: &Path) -> Result<Vec<Certificate>, Failure> {
    let shown = file.display();
    let bad = |why: String| wrong(action, "ca_file", format_args!("{shown} {why}"));
    let pem = files::read(file, None, MOST_OF_CERTIFICATES).map_err(|error| bad(format!("cannot be read: {error}")))?;
    let found =
        Certificate::from_pem_bundle(&pem).map_err(|error| bad(format!("is no PEM: {}", with_causes(&error))))?;
    if found.is_empty() {
        return Err(bad("has no certificate: it has to have PEM blocks that begin with BEGIN CERTIFICATE".into()));
    }
    Ok(found)
}
