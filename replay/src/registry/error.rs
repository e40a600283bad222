//! Why a policy could not be fetched, and how that is said.

use std::fmt;

/// Why a policy could not be fetched.
#[derive(Debug)]
pub(crate) enum PullError {
    /// The reference is none; what is wrong with it.
    Reference(String),
    /// The registry did not answer a request.
    Unanswered { url: String, error: String },
    /// The registry's certificate is signed by nobody who is trusted.
    Untrusted { url: String },
    /// The registry refused a request.
    Refused { url: String, status: u16 },
    /// What came is not what was named.
    OtherDigest {
        what: &'static str,
        expected: String,
        given: String,
    },
    /// What came is no policy.
    NoPolicy(String),
}

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(what) => write!(
                f,
                "{what}; expected one such as oci://ghcr.io/bulkhead-policies/bulkhead:v0.1.0"
            ),
            Self::Unanswered { url, error } => write!(f, "{url}: {error}"),
            Self::Untrusted { url } => write!(
                f,
                "{url}: the registry's certificate is signed by nobody whom this machine trusts: \
                 name a file with the signer's certificate in `SSL_CERT_FILE`"
            ),
            Self::Refused {
                url,
                status: 401 | 403,
            } => write!(
                f,
                "{url}: the registry wants a login: run `docker login`, or name another"
            ),
            Self::Refused { url, status: 404 } => write!(f, "{url}: the registry has none"),
            Self::Refused { url, status } => write!(f, "{url}: the registry answers {status}"),
            Self::OtherDigest {
                what,
                expected,
                given,
            } => write!(f, "the {what} has the digest {given}, expected {expected}"),
            Self::NoPolicy(why) => write!(f, "no policy for Kubewarden: {why}"),
        }
    }
}
