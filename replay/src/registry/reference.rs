//! `HOST[:PORT]/NAME[:TAG][@DIGEST]`, in the grammar of the OCI distribution specification 1.1.

use std::net::IpAddr;

/// A module in a registry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// With its port, if it has one.
    pub(crate) host: String,
    /// The name of the repository.
    pub(crate) name: String,
    pub(crate) tag: Option<String>,
    /// `sha256:` and 64 digits.
    pub(crate) digest: Option<String>,
}

impl Reference {
    /// Reads a reference without its scheme; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (host, path) = rest
            .split_once('/')
            .ok_or_else(|| "no name behind the host".to_owned())?;
        let (name, tag) = match path.split_once(':') {
            Some((name, tag)) => (name, Some(tag)),
            None => (path, None),
        };
        if !is_host(host) {
            return Err(format!("`{host}` is no host"));
        }
        if !name.split('/').all(is_component) {
            return Err(format!("`{name}` is no name of a repository"));
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(format!("`{tag}` is no tag"));
        }
        if let Some(digest) = digest.filter(|digest| !is_digest(digest)) {
            return Err(format!("`{digest}` is no digest, `sha256:` and 64 digits"));
        }
        if tag.is_none() && digest.is_none() {
            return Err("no tag and no digest".to_owned());
        }
        Ok(Self {
            host: host.to_owned(),
            name: name.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }
}

/// Whether a host, with or without a port, is this very machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Letters, digits, dots and dashes, or an IPv6 address in brackets; and a port.
fn is_host(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_ip = address.parse::<std::net::Ipv6Addr>().is_ok();
        return is_ip && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    !name.is_empty() && name.bytes().all(is_of_name) && is_port(port)
}

/// One part of a repository's name.
fn is_component(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().last()];
    ends.into_iter().all(|byte| byte.is_some_and(is_letter))
        && text
            .bytes()
            .all(|byte| is_letter(byte) || b"._-".contains(&byte))
}

fn is_tag(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(is_letter)
        && text
            .bytes()
            .all(|byte| is_letter(byte) || b".-".contains(&byte))
}

/// Whether it is a SHA-256 digest; registries have no others in use.
pub(crate) fn is_digest(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("sha256:")
        .is_some_and(|digits| digits.len() == 64 && digits.bytes().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    #[test]
    fn reads_hosts_names_tags_and_digests() {
        let reference =
            |host: &str, name: &str, tag: Option<&str>, digest: Option<&str>| Reference {
                host: host.to_owned(),
                name: name.to_owned(),
                tag: tag.map(str::to_owned),
                digest: digest.map(str::to_owned),
            };
        for (text, expected) in [
            (
                "ghcr.io/bulkhead-policies/bulkhead:v0.1.0".to_owned(),
                reference(
                    "ghcr.io",
                    "bulkhead-policies/bulkhead",
                    Some("v0.1.0"),
                    None,
                ),
            ),
            (
                format!("localhost:5000/a@{DIGEST}"),
                reference("localhost:5000", "a", None, Some(DIGEST)),
            ),
            (
                format!("[::1]:5000/a/b-c_d.e:1@{DIGEST}"),
                reference("[::1]:5000", "a/b-c_d.e", Some("1"), Some(DIGEST)),
            ),
        ] {
            assert_eq!(Reference::parse(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, expected) in [
            ("ghcr.io", "no name behind the host"),
            ("/a:1", "`` is no host"),
            ("ghcr.io:0/a:1", "`ghcr.io:0` is no host"),
            ("me@ghcr.io/a:1", "no name behind the host"),
            ("ghcr.io/A:1", "`A` is no name of a repository"),
            ("ghcr.io/a/../b:1", "`a/../b` is no name of a repository"),
            ("ghcr.io/a?b:1", "`a?b` is no name of a repository"),
            ("ghcr.io/a//b:1", "`a//b` is no name of a repository"),
            ("ghcr.io/a:", "`` is no tag"),
            ("ghcr.io/a:v1/../../x", "`v1/../../x` is no tag"),
            ("ghcr.io/a", "no tag and no digest"),
            (
                "ghcr.io/a@sha256:44",
                "`sha256:44` is no digest, `sha256:` and 64 digits",
            ),
        ] {
            assert_eq!(Reference::parse(text), Err(expected.to_owned()), "{text}");
        }
    }

    /// Only there may a registry be asked without TLS.
    #[test]
    fn knows_this_machine() {
        for host in [
            "localhost",
            "localhost:5000",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]:5000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example.com",
            "127.0.0.1.example.com",
            "ghcr.io:443",
            "10.0.0.1:5000",
            "0.0.0.0",
            "[::]:5000",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
