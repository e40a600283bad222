//! Policies from registries: what is fetched, what is believed, and who is told a password. The
//! registry is made up here; `e2e-tests/registry.rs` has a real one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::common::{Folder, Ran, parrot, run};

const MODULE: &str = "application/vnd.wasm.content.layer.v1+wasm";

/// What is answered to a request for a path.
struct Page {
    status: u16,
    header: String,
    body: Vec<u8>,
    /// The `Authorization` that it takes.
    wanted: Option<&'static str>,
}

impl Page {
    fn new(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            header: String::new(),
            body: body.into(),
            wanted: None,
        }
    }
}

/// A registry of one repository, `team/policy`.
struct Registry {
    host: String,
    /// The paths that were asked for, with the `Authorization` that came along.
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Registry {
    /// Serves these pages, and what the last argument says of those that need a login.
    fn start(pages: BTreeMap<String, Page>, challenge: impl Fn(&str) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let challenge = challenge(&host);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        // It ends with the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let Some(request) = lines.next() else {
                    continue;
                };
                let mut authorization = String::new();
                for line in lines.take_while(|line| !line.is_empty()) {
                    let (name, value) = line.split_once(": ").unwrap_or_default();
                    if name.eq_ignore_ascii_case("authorization") {
                        value.clone_into(&mut authorization);
                    }
                }
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                log.lock()
                    .expect("no panic")
                    .push((path.clone(), authorization.clone()));
                let path = path.split('?').next().unwrap_or_default();
                let nothing = Page {
                    status: 404,
                    ..Page::new("")
                };
                let page = pages.get(path).unwrap_or(&nothing);
                let is_in = page.wanted.is_none_or(|wanted| wanted == authorization);
                let (status, header, body) = if is_in {
                    (page.status, page.header.as_str(), page.body.as_slice())
                } else {
                    (401, challenge.as_str(), b"".as_slice())
                };
                let head = format!(
                    "HTTP/1.1 {status} x\r\n{header}content-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.as_bytes(), body].concat());
            }
        });
        Self { host, seen }
    }

    fn paths(&self) -> Vec<(String, String)> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn digest(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    let digits: String = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

fn manifest(layers: Value) -> Vec<u8> {
    json!({"schemaVersion": 2, "layers": layers})
        .to_string()
        .into_bytes()
}

fn layer(media_type: &str) -> Value {
    json!({"mediaType": media_type, "digest": digest(&parrot()), "size": parrot().len()})
}

/// The pages of a registry that has the parrot, as `v1` and by its digest, which is returned.
fn pages(manifest: Vec<u8>) -> (BTreeMap<String, Page>, String) {
    let named = digest(&manifest);
    let path = |what: &str| format!("/v2/team/policy/{what}");
    let pages = [
        (path("manifests/v1"), Page::new(manifest.clone())),
        (path(&format!("manifests/{named}")), Page::new(manifest)),
        (
            path(&format!("blobs/{}", digest(&parrot()))),
            Page::new(parrot()),
        ),
    ];
    (pages.into(), named)
}

fn good() -> (BTreeMap<String, Page>, String) {
    pages(manifest(json!([layer(MODULE)])))
}

/// `bulkhead rules`, asked of a policy in a registry.
fn command(folder: &Folder, policy: &str) -> Command {
    let mut command = folder.bulkhead(&format!("rules --policy {policy}"));
    command.env("HOME", folder.path());
    for name in ["REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"] {
        command.env_remove(name);
    }
    command
}

fn rules(policy: &str) -> Ran {
    run(&mut command(&Folder::new(), policy), b"")
}

#[track_caller]
fn assert_refused(policy: &str, message: &str) {
    let ran = rules(policy);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.stderr, format!("error: {policy}: {message}\n"));
}

#[test]
fn a_policy_is_fetched_by_tag_and_by_digest() {
    let (pages, digest) = good();
    let registry = Registry::start(pages, |_| String::new());
    for (scheme, by) in [
        ("oci", ":v1".to_owned()),
        ("registry", format!("@{digest}")),
    ] {
        // A proxy would see what is asked of this machine.
        let folder = Folder::new();
        let policy = format!("{scheme}://{}/team/policy{by}", registry.host);
        let mut command = command(&folder, &policy);
        command.env("HTTP_PROXY", "http://127.0.0.1:9");
        let ran = run(&mut command, b"");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("host-path"), "{ran:?}");
    }
    assert_eq!(registry.paths().len(), 4, "{:?}", registry.paths());
}

#[test]
fn what_is_not_what_was_named_is_refused() {
    let (mut pages, named) = good();
    let other = manifest(json!([layer(MODULE), layer(MODULE)]));
    let given = digest(&other);
    pages.insert(
        format!("/v2/team/policy/manifests/{named}"),
        Page::new(other),
    );
    let blob = format!("/v2/team/policy/blobs/{}", digest(&parrot()));
    pages.insert(blob, Page::new("\0asm another"));
    let registry = Registry::start(pages, |_| String::new());
    let host = &registry.host;
    assert_refused(
        &format!("oci://{host}/team/policy@{named}"),
        &format!("the manifest has the digest {given}, expected {named}"),
    );
    assert_refused(
        &format!("oci://{host}/team/policy:v1"),
        &format!(
            "the module has the digest {}, expected {}",
            digest(b"\0asm another"),
            digest(&parrot())
        ),
    );
}

#[test]
fn what_is_no_policy_is_refused() {
    for (manifest, why) in [
        (
            b"<html>".to_vec(),
            "the registry's answer is no manifest of an image",
        ),
        (manifest(json!([])), "its manifest has not one layer"),
        (
            manifest(json!([layer("application/wasm")])),
            "its layer is `application/wasm`",
        ),
        (
            manifest(json!([{"mediaType": MODULE, "digest": "sha256:../../token"}])),
            "its layer has no SHA-256 digest",
        ),
    ] {
        let registry = Registry::start(pages(manifest).0, |_| String::new());
        let policy = format!("oci://{}/team/policy:v1", registry.host);
        assert_refused(&policy, &format!("no policy for Kubewarden: {why}"));
    }
}

#[test]
fn a_registry_that_has_it_not_is_said_so() {
    let registry = Registry::start(BTreeMap::new(), |_| String::new());
    let host = &registry.host;
    assert_refused(
        &format!("oci://{host}/team/policy:v1"),
        &format!("http://{host}/v2/team/policy/manifests/v1: the registry has none"),
    );
    assert_refused(
        &format!("oci://{host}/team/policy"),
        "no tag and no digest; expected one such as oci://ghcr.io/bulkhead-policies/bulkhead:v0.1.0",
    );
}

/// Nothing on this machine sends us elsewhere.
#[test]
fn a_redirect_of_the_loopback_is_not_followed() {
    let (mut pages, _) = good();
    let away = Page {
        status: 307,
        header: "location: http://192.0.2.1/manifest\r\n".to_owned(),
        ..Page::new("")
    };
    pages.insert("/v2/team/policy/manifests/v1".to_owned(), away);
    let registry = Registry::start(pages, |_| String::new());
    let host = &registry.host;
    assert_refused(
        &format!("oci://{host}/team/policy:v1"),
        &format!("http://{host}/v2/team/policy/manifests/v1: the registry answers 307"),
    );
}

/// The address is this machine's, but not by its name.
#[test]
fn any_other_host_is_asked_over_tls_alone() {
    let (pages, _) = good();
    let registry = Registry::start(pages, |_| String::new());
    let (_, port) = registry.host.split_once(':').expect("a port");
    let policy = format!("oci://[::ffff:127.0.0.1]:{port}/team/policy:v1");
    let ran = rules(&policy);
    assert_eq!(ran.code, 2);
    let start = format!("error: {policy}: https://[::ffff:127.0.0.1]:{port}/v2/team/policy/");
    assert!(ran.stderr.starts_with(&start), "{ran:?}");
    let asked = registry.paths();
    assert!(
        asked.iter().all(|(path, _)| !path.contains("team")),
        "{asked:?}"
    );
}

const LOGIN: &str = "Basic Ym9iOnNlY3JldA==";

/// A folder in which somebody logged in to a host.
fn logged_in(host: &str) -> Folder {
    let folder = Folder::new();
    let auths = json!({"auths": {host: {"auth": "Ym9iOnNlY3JldA=="}}});
    folder.write(".docker/config.json", auths.to_string());
    folder
}

#[test]
fn a_token_is_asked_for_where_one_is_wanted() {
    let (mut pages, _) = good();
    for page in pages.values_mut() {
        page.wanted = Some("Bearer abc");
    }
    pages.insert("/token".to_owned(), Page::new(r#"{"token":"abc"}"#));
    let registry = Registry::start(pages, |host| {
        format!(
            "www-authenticate: Bearer realm=\"http://{host}/token\",service=\"registry\",\
             scope=\"repository:team/policy:pull,push\"\r\n"
        )
    });
    let policy = format!("oci://{}/team/policy:v1", registry.host);
    let folder = logged_in(&registry.host);
    let ran = run(&mut command(&folder, &policy), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let asked = registry.paths();
    let authorizations: Vec<&str> = asked.iter().map(|(_, sent)| sent.as_str()).collect();
    assert_eq!(authorizations, ["", LOGIN, "Bearer abc", "Bearer abc"]);
    let (token, _) = &asked[1];
    assert!(
        token.starts_with("/token?service=registry&scope=repository"),
        "{token}"
    );
    assert!(
        token.contains("pull%2Cpush") || token.ends_with("pull,push"),
        "{token}"
    );
}

#[test]
fn a_login_is_sent_where_one_is_wanted_and_nowhere_else() {
    let challenge = |_: &str| "www-authenticate: Basic realm=\"registry\"\r\n".to_owned();
    let (mut pages, _) = good();
    for page in pages.values_mut() {
        page.wanted = Some(LOGIN);
    }
    let registry = Registry::start(pages, challenge);
    let host = &registry.host;
    let policy = format!("oci://{host}/team/policy:v1");
    let ran = run(&mut command(&logged_in(host), &policy), b"");
    assert_eq!(ran.code, 0, "{ran:?}");

    let ran = run(&mut command(&logged_in("other.example.com"), &policy), b"");
    assert_eq!(ran.code, 2);
    let url = format!("http://{host}/v2/team/policy/manifests/v1");
    let message = "the registry wants a login: run `docker login`, or name another";
    assert_eq!(ran.stderr, format!("error: {policy}: {url}: {message}\n"));
    let (_, sent) = &registry.paths()[3];
    assert_eq!(sent, "");
}

#[test]
fn a_password_goes_to_no_other_machine_for_a_token() {
    let (mut pages, _) = good();
    for page in pages.values_mut() {
        page.wanted = Some("Bearer abc");
    }
    let registry = Registry::start(pages, |_| {
        "www-authenticate: Bearer realm=\"http://192.0.2.1/token\"\r\n".to_owned()
    });
    let policy = format!("oci://{}/team/policy:v1", registry.host);
    let ran = run(&mut command(&logged_in(&registry.host), &policy), b"");
    assert_eq!(ran.code, 2);
    let message = "the registry sends us to another machine for a token";
    let expected = format!("error: {policy}: http://192.0.2.1/token: {message}\n");
    assert_eq!(ran.stderr, expected);
}
