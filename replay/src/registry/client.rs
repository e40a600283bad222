//! Two requests of the OCI distribution specification 1.1, and a third for a token where the
//! registry wants one. Over TLS; without it on the loopback alone.

use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::credentials;
use super::error::PullError;
use super::reference::{Reference, is_digest, is_loopback};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// What Kubewarden calls a module, as in oci-client's src/manifest.rs.
const MODULE: &str = "application/vnd.wasm.content.layer.v1+wasm";

/// Bytes of a manifest; registries refuse larger ones.
const MOST_MANIFEST: u64 = 4 << 20;
/// Bytes of a module.
const MOST_MODULE: u64 = 64 << 20;
/// How long everything may take.
const TIME: Duration = Duration::from_secs(120);

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// Fetches the module that a reference names, without its scheme.
pub(crate) fn pull(reference: &str) -> Result<Vec<u8>, PullError> {
    let reference = Reference::parse(reference).map_err(PullError::Reference)?;
    let mut client = Client::new(&reference);
    let by = reference.digest.as_deref().or(reference.tag.as_deref());
    let manifest = client.get(
        &format!("manifests/{}", by.unwrap_or_default()),
        MOST_MANIFEST,
    )?;
    if let Some(digest) = &reference.digest {
        verify("manifest", digest, &manifest)?;
    }
    let no_policy = |why: &str| PullError::NoPolicy(why.to_owned());
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|_| no_policy("the registry's answer is no manifest of an image"))?;
    let [layer] = manifest.layers.as_slice() else {
        return Err(no_policy("its manifest has not one layer"));
    };
    if layer.media_type != MODULE {
        return Err(no_policy(&format!("its layer is `{}`", layer.media_type)));
    }
    if !is_digest(&layer.digest) {
        return Err(no_policy("its layer has no SHA-256 digest"));
    }
    let module = client.get(&format!("blobs/{}", layer.digest), MOST_MODULE)?;
    verify("module", &layer.digest, &module)?;
    Ok(module)
}

fn verify(what: &'static str, expected: &str, bytes: &[u8]) -> Result<(), PullError> {
    let digits = Sha256::digest(bytes);
    let digits: String = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    let given = format!("sha256:{digits}");
    if given == expected {
        return Ok(());
    }
    Err(PullError::OtherDigest {
        what,
        expected: expected.to_owned(),
        given,
    })
}

struct Client {
    agent: Agent,
    /// Up to the name of the repository.
    base: String,
    host: String,
    is_loopback: bool,
    authorization: Option<String>,
}

impl Client {
    fn new(reference: &Reference) -> Self {
        let is_loopback = is_loopback(&reference.host);
        let scheme = if is_loopback { "http" } else { "https" };
        let host = match reference.host.as_str() {
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let mut config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(TIME))
            .http_status_as_error(false)
            .user_agent(concat!("bulkhead/", env!("CARGO_PKG_VERSION")))
            .https_only(!is_loopback);
        if is_loopback {
            // Nothing leaves this machine: not by a proxy, nor by what a registry redirects to.
            config = config.proxy(None).max_redirects(0);
        }
        Self {
            agent: config.build().new_agent(),
            base: format!("{scheme}://{host}/v2/{}", reference.name),
            host: reference.host.clone(),
            is_loopback,
            authorization: None,
        }
    }

    /// Asks for something of the repository, with a login if the registry wants one.
    fn get(&mut self, what: &str, most: u64) -> Result<Vec<u8>, PullError> {
        let url = format!("{}/{what}", self.base);
        let mut response = self.request(&url, &[])?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.authorization = self.login(&response)?;
            if self.authorization.is_some() {
                response = self.request(&url, &[])?;
            }
        }
        body(response, &url, most)
    }

    fn request(&self, url: &str, query: &[(&str, &str)]) -> Result<Response<Body>, PullError> {
        let mut request = self
            .agent
            .get(url)
            .header(header::ACCEPT, format!("{MANIFEST}, */*"));
        for (key, value) in query {
            request = request.query(key, value);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request.call().map_err(|error| {
            let url = url.to_owned();
            match error.to_string() {
                // rustls tells of it within an error of reading.
                error if error.ends_with("UnknownIssuer") => PullError::Untrusted { url },
                error => PullError::Unanswered { url, error },
            }
        })
    }

    /// What to send with the request that was answered so: a login, or a token for it.
    fn login(&mut self, response: &Response<Body>) -> Result<Option<String>, PullError> {
        let challenge = response.headers().get(header::WWW_AUTHENTICATE);
        let challenge = challenge.and_then(|value| value.to_str().ok());
        let Some((scheme, parameters)) = challenge.and_then(|text| text.split_once(' ')) else {
            return Ok(None);
        };
        let login = match self.host.as_str() {
            "docker.io" => credentials::of("https://index.docker.io/v1/"),
            host => credentials::of(host),
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(login);
        }
        let Some(realm) = parameter(parameters, "realm") else {
            return Ok(None);
        };
        if self.is_loopback && !is_here(realm) {
            let error = "the registry sends us to another machine for a token".to_owned();
            let url = realm.to_owned();
            return Err(PullError::Unanswered { url, error });
        }
        self.authorization = login;
        let query: Vec<(&str, &str)> = ["service", "scope"]
            .into_iter()
            .filter_map(|key| Some((key, parameter(parameters, key)?)))
            .collect();
        let token = body(self.request(realm, &query)?, realm, MOST_MANIFEST)?;
        let token: Option<Token> = serde_json::from_slice(&token).ok();
        let token = token.and_then(|token| token.token.or(token.access_token));
        Ok(token.map(|token| format!("Bearer {token}")))
    }
}

/// Whether a URL is on this machine, and in plain HTTP.
fn is_here(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or_default();
    is_loopback(rest.split('/').next().unwrap_or_default())
}

/// One of the quoted parameters of a challenge. A scope may have commas in it.
fn parameter<'t>(parameters: &'t str, key: &str) -> Option<&'t str> {
    let (_, rest) = parameters.split_once(&format!("{key}=\""))?;
    Some(rest.split_once('"')?.0)
}

fn body(mut response: Response<Body>, url: &str, most: u64) -> Result<Vec<u8>, PullError> {
    let url = url.to_owned();
    if response.status() != StatusCode::OK {
        let status = response.status().as_u16();
        return Err(PullError::Refused { url, status });
    }
    let body = response.body_mut().with_config().limit(most).read_to_vec();
    body.map_err(|error| PullError::Unanswered {
        url,
        error: error.to_string(),
    })
}
